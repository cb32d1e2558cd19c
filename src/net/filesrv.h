/*
 * Static files for the `files` worker: everything regular and not hidden
 * beneath one directory, to anybody. GET and HEAD, one byte range
 * (RFC 9110 14), If-None-Match, If-Range, strong ETag of inode, size and
 * mtime, sendfile. No listing, no symbolic link that leaves the directory.
 *
 * A published file never changes in place: publish by rename.
 */
#ifndef CONVECT_NET_FILESRV_H
#define CONVECT_NET_FILESRV_H

#include "base/err.h"
#include "net/filesrv_report.h"
#include "net/httpd.h"

struct filesrv;

struct filesrv_config {
	int root_fd; /* the directory; stays the caller's */
	void *arg;
	/*
	 * Called at the end of a request that named a file, and each second
	 * while a large one is sent, of very many in turn; may be NULL.
	 */
	void (*on_report)(void *arg, const struct filesrv_report *report);
	struct httpd_limits limits; /* as the HTTP server's */
};

struct filesrv *filesrv_new(
    struct loop *loop, const struct filesrv_config *config, struct err *err);
/* Owns the listening socket. */
int filesrv_listen(struct filesrv *filesrv, int fd, struct err *err);
void filesrv_free(struct filesrv *filesrv);

#endif
