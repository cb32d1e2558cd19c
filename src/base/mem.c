#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *ptr)
{
	static const char msg[] = "convect: out of memory\n";

	if (ptr != NULL)
		return ptr;
	fputs(msg, stderr);
	abort();
}

void *
mem_alloc(size_t size)
{
	return checked(calloc(1, size == 0 ? 1 : size));
}

void *
mem_array(size_t count, size_t size)
{
	return checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *
mem_resize(void *ptr, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return checked(NULL);
	return checked(realloc(ptr, bytes == 0 ? 1 : bytes));
}

char *
mem_strdup(const char *str)
{
	return checked(strdup(str));
}

char *
mem_strndup(const char *str, size_t len)
{
	return checked(strndup(str, len));
}

char *
mem_printf(const char *fmt, ...)
{
	char *out = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&out, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : out);
}
