/*
 * A reply whose bytes are written as they come up, and the writer can see how
 * much is waiting: without an end for server-sent events, or of a length that
 * is known.
 */
#ifndef CONVECT_NET_HTTPD_STREAM_H
#define CONVECT_NET_HTTPD_STREAM_H

#include "net/httpd.h"

struct http_stream;

/*
 * Ends the request with a status of 200 and an open body. NULL when the peer
 * has gone or asked by HEAD; the request is ended then too.
 */
struct http_stream *http_stream_open(struct http_req *req, const char *type);
/*
 * The same with a status and a Content-Length: exactly `len` bytes must be
 * written, or the stream be cut.
 */
struct http_stream *http_stream_open_sized(
    struct http_req *req, int status, const char *type, uint64_t len);
/* on_close: the peer has gone; the stream is freed when it returns.
 * on_drain: everything written has left. */
void http_stream_set_cbs(struct http_stream *stream, loop_cb *on_close,
    loop_cb *on_drain, void *arg);
void http_stream_write(
    struct http_stream *stream, const void *data, size_t len);
size_t http_stream_queued(const struct http_stream *stream);
/* Ends the reply and frees the stream; on_close is not called. With `cut`
 * the connection is closed and what waits is thrown away. */
void http_stream_close(struct http_stream *stream, bool cut);

#endif
