/*
 * Memory that can not be had ends the process: the engine's whole state is on
 * disk and its parent starts it again, which is safer than a daemon that goes
 * on with half an object. Everything whose size a stranger chooses lives in a
 * struct buf, which has a ceiling and fails softly instead.
 */
#ifndef CONVECT_BASE_MEM_H
#define CONVECT_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);		    /* zeroed */
void *mem_array(size_t count, size_t size); /* zeroed; checks the product */
void *mem_resize(void *ptr, size_t count, size_t size);
char *mem_strdup(const char *str);
char *mem_strndup(const char *str, size_t len);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
