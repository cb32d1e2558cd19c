/*
 * What clang-tidy sees in place of uthash. Its real macros are loops within
 * loops inside of our functions: they count as our nesting, and the analyzer
 * loses track of who owns an element and reports uses after free that are none.
 * Here each is a call of an unknown function, which is how a table looks to
 * those who use it. Only `tests/ci` uses this, and nothing is ever linked with
 * it.
 */
#ifndef CONVECT_TIDY_UTHASH_H
#define CONVECT_TIDY_UTHASH_H

#include <stddef.h>
#include <string.h>

typedef struct UT_hash_handle {
	void *prev;
	void *next;
	unsigned hashv;
} UT_hash_handle;

void *tidy_hash_add(void *head, const void *key, size_t len, void *added);
void *tidy_hash_find(const void *head, const void *key, size_t len);
void *tidy_hash_delete(void *head, void *deleted);
void *tidy_hash_next(const void *element);
unsigned tidy_hash_count(const void *head);

#define HASH_ADD_KEYPTR(hh, head, key, len, added)                             \
	((head) = tidy_hash_add(head, key, len, added))
#define HASH_ADD(hh, head, field, len, added)                                  \
	HASH_ADD_KEYPTR(hh, head, &(added)->field, len, added)
#define HASH_ADD_BYHASHVALUE(hh, head, field, len, value, added)               \
	((void)(value), HASH_ADD(hh, head, field, len, added))
#define HASH_ADD_STR(head, field, added)                                       \
	HASH_ADD_KEYPTR(hh, head, (added)->field, strlen((added)->field), added)
#define HASH_ADD_PTR(head, field, added)                                       \
	HASH_ADD(hh, head, field, sizeof(void *), added)
#define HASH_ADD_INT(head, field, added)                                       \
	HASH_ADD(hh, head, field, sizeof(int), added)
#define HASH_FIND(hh, head, key, len, found)                                   \
	((found) = tidy_hash_find(head, key, len))
#define HASH_FIND_STR(head, key, found)                                        \
	HASH_FIND(hh, head, key, strlen(key), found)
#define HASH_FIND_PTR(head, key, found)                                        \
	HASH_FIND(hh, head, key, sizeof(void *), found)
#define HASH_FIND_INT(head, key, found)                                        \
	HASH_FIND(hh, head, key, sizeof(int), found)
#define HASH_DELETE(hh, head, deleted)                                         \
	((head) = tidy_hash_delete(head, deleted))
#define HASH_DEL(head, deleted) HASH_DELETE(hh, head, deleted)
#define HASH_COUNT(head) tidy_hash_count(head)
#define HASH_CLEAR(hh, head) ((head) = NULL)
#define HASH_ITER(hh, head, element, later)                                    \
	for ((element) = (head), (later) = tidy_hash_next(element);            \
	     (element) != NULL;                                                \
	     (element) = (later), (later) = tidy_hash_next(element))

#endif
