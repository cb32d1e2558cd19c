#include "net/filesrv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "wire/httprange.h"

enum {
	TICK_MS = 1000,
	TICK_REPORTS = 200, /* of all that are sent, no more a tick */
	LARGE = 1 << 20	    /* bytes: what is smaller is soon over */
};

struct filesrv {
	struct httpd *httpd;
	struct filesrv_config config;
	struct loop_timer *tick;
	unsigned turn; /* of those that are told of when there are many */
	unsigned seen;
	unsigned count; /* at the last tick */
};

/* An open file and what the headers say of it. */
struct target {
	int fd;
	uint64_t size;
	time_t mtime;
	char etag[64];
	char modified[HTTPRANGE_DATE_STRLEN];
};

static const char *
content_type(const char *path)
{
	/* UEFI decides by these (pxe-protocol: HTTP boot). */
	static const struct {
		const char *suffix;
		const char *type;
	} rows[] = {
	    {".efi", "application/efi"},
	    {".iso", "application/vnd.efi-iso"},
	    {".img", "application/vnd.efi-img"},
	    {".txt", "text/plain; charset=utf-8"},
	    {".ipxe", "text/plain; charset=utf-8"},
	    {".yaml", "text/plain; charset=utf-8"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(path);
		size_t suffix = strlen(rows[i].suffix);

		if (len > suffix &&
		    str_eq_nocase(path + len - suffix, rows[i].suffix))
			return rows[i].type;
	}
	return "application/octet-stream";
}

/* A segment that begins with a dot: never published. */
static bool
is_hidden(const char *path)
{
	return strstr(path, "/.") != NULL;
}

static int
target_open(int root_fd, const char *path, struct target *ret_target)
{
	struct target target = {.fd = -1};
	struct stat st;

	if (is_hidden(path))
		return -ENOENT;
	/* O_NONBLOCK: a FIFO must not stop the whole worker. */
	target.fd = file_open_beneath(
	    root_fd, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (target.fd < 0)
		return target.fd;
	if (fstat(target.fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(target.fd);
		return -ENOENT;
	}
	target.size = (uint64_t)st.st_size;
	target.mtime = st.st_mtim.tv_sec;
	snprintf(target.etag, sizeof target.etag,
	    "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%lx\"", (uint64_t)st.st_ino,
	    target.size, (uint64_t)st.st_mtim.tv_sec,
	    (unsigned long)st.st_mtim.tv_nsec);
	httprange_date(target.mtime, target.modified);
	*ret_target = target;
	return 0;
}

static void
reply_headers(struct http_req *req, const struct target *target)
{
	http_reply_header(
	    req, "Content-Type", content_type(http_req_path(req)));
	http_reply_header(req, "ETag", target->etag);
	http_reply_header(req, "Last-Modified", target->modified);
	http_reply_header(req, "Accept-Ranges", "bytes");
	/* Ask again each time: names may get other content. */
	http_reply_header(req, "Cache-Control", "no-cache");
}

static bool
is_unchanged(const struct http_req *req, const struct target *target)
{
	const char *listed = http_req_header(req, "If-None-Match");

	return listed != NULL && httprange_etag_listed(listed, target->etag);
}

static enum httprange
asked_range(const struct http_req *req, const struct target *target,
    struct httprange_span *ret_span)
{
	const char *range = http_req_header(req, "Range");
	const char *guard = http_req_header(req, "If-Range");

	/* RFC 9110 14.2: a range has a meaning on GET only. */
	if (http_req_method(req) != HTTP_GET ||
	    !httprange_if_range(guard, target->etag, target->mtime))
		range = NULL;
	return httprange_parse(range, target->size, ret_span);
}

static void
reply_target(struct http_req *req, const struct target *target)
{
	struct httprange_span span;
	char range[80];

	reply_headers(req, target);
	switch (asked_range(req, target, &span)) {
	case HTTPRANGE_WHOLE:
		http_reply_file(req, 200, target->fd, 0, target->size);
		return;
	case HTTPRANGE_PART:
		snprintf(range, sizeof range,
		    "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, span.first,
		    span.first + span.len - 1, target->size);
		http_reply_header(req, "Content-Range", range);
		http_reply_file(req, 206, target->fd, span.first, span.len);
		return;
	case HTTPRANGE_UNSATISFIABLE:
	default:
		close(target->fd);
		snprintf(range, sizeof range, "bytes */%" PRIu64, target->size);
		http_reply_header(req, "Content-Range", range);
		http_reply_text(req, 416, NULL);
		return;
	}
}

static void
on_file_request(void *arg, struct http_req *req)
{
	struct filesrv *filesrv = arg;
	struct target target;
	int ret =
	    target_open(filesrv->config.root_fd, http_req_path(req), &target);

	if (ret == -EMFILE || ret == -ENFILE || ret == -ENOMEM || ret == -EIO) {
		log_warn(
		    NULL, "files: %s: %s", http_req_path(req), strerror(-ret));
		http_reply_text(req, 503, NULL);
		return;
	}
	if (ret < 0) {
		http_reply_text(req, 404, NULL);
		return;
	}
	if (is_unchanged(req, &target)) {
		close(target.fd);
		reply_headers(req, &target);
		http_reply(req, 304, NULL, NULL, 0);
		return;
	}
	reply_target(req, &target);
}

static void
tell(struct filesrv *filesrv, const struct http_result *result, bool running)
{
	struct filesrv_report report = {.status = result->status};

	str_copy(report.peer, sizeof report.peer, result->peer);
	str_copy(report.path, sizeof report.path, result->path);
	/* Workers share the clients of a machine. */
	report.id = (uint64_t)getpid() << 40 ^ result->id;
	report.running = running;
	report.head = result->method == HTTP_HEAD;
	report.bytes = result->bytes;
	report.ms = (uint32_t)result->ms;
	report.complete = result->complete;
	report.offset = result->offset;
	report.length = result->length;
	filesrv->config.on_report(filesrv->config.arg, &report);
}

static void
on_result(void *arg, const struct http_result *result)
{
	struct filesrv *filesrv = arg;

	if (filesrv->config.on_report != NULL && result->route != NULL)
		tell(filesrv, result, false);
}

/* Of many only each so many-th, another time others. */
static void
on_file_cb(void *arg, const struct http_result *result)
{
	struct filesrv *filesrv = arg;
	unsigned every = filesrv->count / TICK_REPORTS + 1;

	if (result->length < LARGE)
		return;
	if (filesrv->seen++ % every == filesrv->turn % every)
		tell(filesrv, result, true);
}

static void
on_tick_cb(void *arg)
{
	struct filesrv *filesrv = arg;

	filesrv->seen = 0;
	httpd_each_file(filesrv->httpd, on_file_cb, filesrv);
	filesrv->count = filesrv->seen;
	filesrv->turn++;
}

static const struct http_route file_routes[] = {
    {HTTP_GET, "/{path...}", HTTP_ACCESS_PUBLIC, 0, on_file_request},
};

struct filesrv *
filesrv_new(
    struct loop *loop, const struct filesrv_config *config, struct err *err)
{
	struct filesrv *filesrv = mem_alloc(sizeof *filesrv);
	struct httpd_config httpd_config = {
	    .routes = file_routes,
	    .route_count = 1,
	    .arg = filesrv,
	    .on_result = on_result,
	    .limits = config->limits,
	};

	filesrv->config = *config;
	filesrv->httpd = httpd_new(loop, &httpd_config, err);
	if (filesrv->httpd == NULL) {
		free(filesrv);
		return NULL;
	}
	filesrv->tick = loop_timer_new(loop, on_tick_cb, filesrv);
	if (config->on_report != NULL)
		loop_timer_every(filesrv->tick, TICK_MS);
	return filesrv;
}

int
filesrv_listen(struct filesrv *filesrv, int fd, struct err *err)
{
	return httpd_listen(filesrv->httpd, fd, err);
}

void
filesrv_free(struct filesrv *filesrv)
{
	if (filesrv == NULL)
		return;
	loop_timer_free(filesrv->tick);
	httpd_free(filesrv->httpd);
	free(filesrv);
}
