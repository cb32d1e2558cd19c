/*
 * Escapers: whatever becomes text of another language passes one of these at
 * the point of output. None of them fails but by the buffer's ceiling.
 */
#ifndef CONVECT_BASE_ESCAPE_H
#define CONVECT_BASE_ESCAPE_H

#include "base/buf.h"

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void escape_json(struct buf *out, const char *str, size_t len);
/* Text or a double-quoted attribute value in HTML. */
void escape_html(struct buf *out, const char *str, size_t len);
/*
 * Words of an iPXE command, which has no quotes and expands ${...} anywhere:
 * what is not a letter, a digit, a blank or one of ".,:_-" becomes '_'.
 */
void escape_ipxe(struct buf *out, const char *str, size_t len);
/* One URL path segment or query value (RFC 3986 unreserved stay). */
void escape_url(struct buf *out, const char *str, size_t len);
/* One word of a POSIX shell, in single quotes when it needs any. */
void escape_shell(struct buf *out, const char *str, size_t len);
/* One line of a log: control bytes and invalid UTF-8 as \xNN. */
void escape_log(struct buf *out, const char *str, size_t len);
/* %NN and, where `plus`, '+' undone; -EINVAL on a broken or a NUL escape. */
int escape_url_decode(struct buf *out, const char *str, size_t len, bool plus);

#endif
