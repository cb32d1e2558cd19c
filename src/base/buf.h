/*
 * A growing byte buffer that is born with its ceiling.
 *
 * Appending never fails at the call: a buffer that would pass its ceiling
 * turns bad, keeps what it had and takes no more. Ask buf_bad() once, at the
 * end. `data` is always terminated by a NUL that `len` does not count.
 */
#ifndef CONVECT_BASE_BUF_H
#define CONVECT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* never NULL after buf_init() */
	size_t len;
	size_t cap;
	size_t max; /* bytes, the terminator not counted */
	bool bad;
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);
void buf_reset(struct buf *buf); /* empty and good again, memory kept */
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_adds(struct buf *buf, const char *str);
void buf_addc(struct buf *buf, char c);
/* Plain text only: text in another language goes through base/escape.h. */
void buf_addf(struct buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool buf_bad(const struct buf *buf);
/* Hands the bytes to the caller, who frees them; the buffer is done. */
char *buf_take(struct buf *buf, size_t *ret_len);

#endif
