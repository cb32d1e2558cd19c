/*
 * The image worker's downloads. It has nothing else to do meanwhile, so each
 * one is a loop of its own that runs to the download's end.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/image_work.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/fetch.h"

#define FETCH_TRIES 6 /* further ones that bring nothing */
#define FETCH_WAIT_MIN_MS 200

/* A download that runs, and then what came of it. */
struct transfer {
	struct image_fetch *fetch;
	struct loop *loop;
	int ret;
	int status;
	int fd;
	struct buf text; /* of one into memory */
	struct err *err;
};

void
image_fetch_init(
    struct image_fetch *fetch, struct image_progress *progress, const char *url)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};

	memset(fetch, 0, sizeof *fetch);
	fetch->progress = progress;
	fetch->url = url;
	fetch->dirfd = -1;
	fetch->sums = "SHA256SUMS";
	(void)EVP_Digest(url, strlen(url), sum, NULL, EVP_sha256(), NULL);
	str_hex(sum, 16, fetch->key);
	(void)snprintf(fetch->part, sizeof fetch->part, "%s.part", fetch->key);
}

void
image_fetch_forget(const struct image_fetch *fetch)
{
	fetch_forget(fetch->dirfd, fetch->key);
}

static void
hint_failed(struct err *err, int error, uint64_t kept)
{
	if (error == -ENOSPC || error == -EDQUOT)
		err_hint(err,
		    "make room (convect-pxectl image remove NAME) and run it "
		    "again: what is there is kept");
	else if (kept > 0)
		err_hint(err, "run it again: the first %.1f MiB are kept",
		    (double)kept / (1 << 20));
}

static void
on_done_cb(void *arg, struct fetch_result *result)
{
	struct transfer *t = arg;

	t->ret = result->error;
	t->status = result->status;
	t->fd = result->fd;
	if (result->data != NULL)
		buf_add(&t->text, result->data, result->size);
	if (result->error < 0) {
		err_set(t->err, "getting %s", result->err.text);
		err_hint(t->err, "%s", result->err.hint);
		hint_failed(t->err, result->error, result->size);
	}
	loop_stop(t->loop);
}

static int
transfer_run(struct transfer *t, struct fetch_spec *spec)
{
	spec->url = t->fetch->url;
	spec->backoff_ms = FETCH_WAIT_MIN_MS;
	spec->on_done = on_done_cb;
	spec->arg = t;
	t->fd = -1;
	t->loop = loop_new();
	if (fetch_start(t->loop, spec, t->err) == NULL)
		t->ret = -EINVAL;
	else
		(void)loop_run(t->loop);
	loop_free(t->loop);
	return t->ret;
}

/* ---- the sum beside the URL --------------------------------------------- */

static int
sums_take(struct image_fetch *fetch, const struct buf *text, const char *name,
    struct err *err)
{
	int ret = sha256sums_find(text->data, text->len, name, fetch->sha256);

	if (ret == -ENOENT) {
		image_progress_note(fetch->progress,
		    "%s beside it does not name %s: the content is not "
		    "checked",
		    fetch->sums, name);
		return 0;
	}
	if (ret < 0)
		err_set(
		    err, "%s beside it holds no sum for %s", fetch->sums, name);
	return ret;
}

static int
sums_get(struct image_fetch *fetch, const char *url, const char *name,
    struct err *err)
{
	struct image_fetch beside = {.url = url};
	struct err reason = {0};
	struct transfer t = {.fetch = &beside, .err = &reason};
	struct fetch_spec spec = {
	    .dir_fd = -1, .size_max = SHA256SUMS_MAX, .retries = 1};
	int ret;

	buf_init(&t.text, SHA256SUMS_MAX);
	ret = transfer_run(&t, &spec);
	if (ret == 0) {
		ret = sums_take(fetch, &t.text, name, err);
	} else if (t.status == 404 || t.status == 403 || t.status == 410) {
		image_progress_note(fetch->progress,
		    "no %s beside it: the content is not checked", fetch->sums);
		ret = 0;
	} else {
		/* Not to be taken for "there is none". */
		err_set(err, "%s", reason.text);
		err_hint(err, "--sha256 HEX makes it unnecessary");
	}
	buf_done(&t.text);
	return ret;
}

int
image_fetch_sum(struct image_fetch *fetch, struct err *err)
{
	size_t len = strcspn(fetch->url, "?#");
	size_t dir = len;
	char *name;
	char *sums;
	int ret;

	if (fetch->sha256[0] != '\0')
		return 0;
	while (dir > 0 && fetch->url[dir - 1] != '/')
		dir--;
	name = mem_strndup(fetch->url + dir, len - dir);
	sums = mem_printf("%.*s%s", (int)dir, fetch->url, fetch->sums);
	ret = sums_get(fetch, sums, name, err);
	free(name);
	free(sums);
	return ret;
}

/* ---- the file -------------------------------------------------------------
 */

static int
on_begin_cb(void *arg, uint64_t have, uint64_t total, struct err *err)
{
	struct transfer *t = arg;

	if (have > 0)
		image_progress_note(t->fetch->progress,
		    "going on after %.1f MiB", (double)have / (1 << 20));
	return image_check_space(
	    t->fetch->dirfd, total > have ? (int64_t)(total - have) : 0, err);
}

static void
on_progress_cb(void *arg, uint64_t now, uint64_t total)
{
	struct transfer *t = arg;

	image_progress_step(
	    t->fetch->progress, "download", (int64_t)now, (int64_t)total);
}

int
image_fetch_file(struct image_fetch *fetch, int *ret_fd, struct err *err)
{
	struct transfer t = {.fetch = fetch, .err = err};
	struct fetch_spec spec = {.dir_fd = fetch->dirfd,
	    .key = fetch->key,
	    .size_max = (uint64_t)IMAGE_BYTES_MAX,
	    .sum_known = fetch->sha256[0] != '\0',
	    .retries = FETCH_TRIES,
	    .on_begin = on_begin_cb,
	    .on_progress = on_progress_cb};
	int ret = transfer_run(&t, &spec);

	if (ret == 0)
		*ret_fd = t.fd;
	return ret;
}

int
image_fetch_into(struct image_fetch *fetch, int store_fd, const char *sha256,
    int *ret_fd, struct err *err)
{
	int ret =
	    image_open_dir(store_fd, IMAGE_DOWNLOADS_DIR, &fetch->dirfd, err);

	if (ret < 0)
		return ret;
	if (sha256 != NULL)
		(void)sha256_parse(sha256, fetch->sha256);
	ret = image_fetch_sum(fetch, err);
	return ret == 0 ? image_fetch_file(fetch, ret_fd, err) : ret;
}
