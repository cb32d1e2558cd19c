#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	BUF_FIRST = 64
};

void
buf_init(struct buf *buf, size_t max)
{
	memset(buf, 0, sizeof *buf);
	buf->max = max;
	buf->cap = BUF_FIRST;
	buf->data = mem_alloc(buf->cap);
}

void
buf_done(struct buf *buf)
{
	free(buf->data);
	memset(buf, 0, sizeof *buf);
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->data[0] = '\0';
	buf->bad = false;
}

/* Room for `more` bytes and the terminator; false turns the buffer bad. */
static bool
buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap;

	if (buf->bad || more > buf->max - buf->len) {
		buf->bad = true;
		return false;
	}
	while (cap - buf->len <= more)
		cap *= 2;
	if (cap != buf->cap) {
		buf->data = mem_resize(buf->data, cap, 1);
		buf->cap = cap;
	}
	return true;
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
	if (len == 0 || !buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_adds(struct buf *buf, const char *str)
{
	buf_add(buf, str, strlen(str));
}

void
buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void
buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		buf->bad = true;
		return;
	}
	if (!buf_reserve(buf, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)n;
}

bool
buf_bad(const struct buf *buf)
{
	return buf->bad;
}

char *
buf_take(struct buf *buf, size_t *ret_len)
{
	char *data = buf->data;

	if (ret_len != NULL)
		*ret_len = buf->len;
	memset(buf, 0, sizeof *buf);
	return data;
}
