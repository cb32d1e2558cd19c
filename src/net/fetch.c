#include "net/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/fetch_private.h"

enum {
	PROGRESS_MS = 100,
	BACKOFF_MAX_MS = 60000
};

static void
fetch_free(struct fetch *fetch)
{
	fetch_try_done(fetch);
	fetch_part_done(&fetch->part);
	loop_timer_free(fetch->retry);
	loop_timer_free(fetch->stall);
	loop_timer_free(fetch->total);
	loop_timer_free(fetch->progress);
	free(fetch->url);
	free(fetch->ca_file);
	for (size_t i = 0; i < FETCH_PEMS; i++) {
		if (fetch->pem[i] != NULL)
			explicit_bzero(fetch->pem[i], strlen(fetch->pem[i]));
		free(fetch->pem[i]);
	}
	free(fetch);
	curl_global_cleanup();
}

static void
stop_timers(struct fetch *fetch)
{
	loop_timer_stop(fetch->retry);
	loop_timer_stop(fetch->stall);
	loop_timer_stop(fetch->total);
	loop_timer_stop(fetch->progress);
}

static void
finish(struct fetch *fetch, int error)
{
	struct fetch_result *result = &fetch->result;

	stop_timers(fetch);
	fetch_try_done(fetch);
	if (error == 0)
		error = fetch_part_finish(&fetch->part);
	result->error = error;
	result->fd = -1;
	result->resumed = fetch->resumed;
	if (error == 0 || fetch_part_resumable(&fetch->part))
		result->size = fetch->part.have;
	if (error == 0) {
		result->fd = fetch->part.fd;
		result->data = fetch->part.mem.data;
		fetch->part.fd = -1;
		err_clear(&result->err);
	} else {
		err_set(&result->err, "%s: %s", fetch->url, strerror(-error));
	}
	fetch->spec.on_done(fetch->spec.arg, result);
	fetch_free(fetch);
}

static void
start_try(struct fetch *fetch)
{
	err_clear(&fetch->result.err);
	fetch->result.status = 0;
	fetch->tries++;
	fetch->size = 0;
	loop_timer_set(fetch->stall, fetch->spec.stall_ms);
	if (fetch_try_start(fetch) < 0)
		finish(fetch, -ENOMEM);
}

static int64_t
backoff_ms(const struct fetch *fetch)
{
	int64_t ms = fetch->spec.backoff_ms;

	for (unsigned i = 1; i < fetch->tries && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

/* The try has failed: another one, when that may help, or the end. */
static void
fail_try(struct fetch *fetch, int error, bool may_pass)
{
	int64_t wait;

	/* Never more tries than bytes: what it has is measured by its best. */
	if (fetch->part.have > fetch->best) {
		fetch->best = fetch->part.have;
		fetch->tries = 1;
	}
	if (!may_pass || fetch->tries > fetch->spec.retries) {
		finish(fetch, error);
		return;
	}
	wait = backoff_ms(fetch);
	fetch_try_done(fetch);
	loop_timer_stop(fetch->stall);
	/* Bytes that can not be told from other bytes are of no use. */
	if (!fetch_part_resumable(&fetch->part)) {
		int ret = fetch_part_restart(&fetch->part, fetch->url, "");

		if (ret < 0) {
			finish(fetch, ret);
			return;
		}
	}
	loop_timer_set(fetch->retry, wait);
	if (fetch->spec.on_retry != NULL)
		fetch->spec.on_retry(fetch->spec.arg, &fetch->result.err, wait);
}

static void
on_retry_cb(void *arg)
{
	start_try(arg);
}

static void
on_stall_cb(void *arg)
{
	struct fetch *fetch = arg;

	err_set(&fetch->result.err, "%s: nothing received for %d s", fetch->url,
	    (fetch->spec.stall_ms + 999) / 1000);
	fail_try(fetch, -ETIMEDOUT, true);
}

static void
on_total_cb(void *arg)
{
	struct fetch *fetch = arg;

	err_clear(&fetch->result.err);
	err_set(&fetch->result.err, "%s: not complete within the time allowed",
	    fetch->url);
	finish(fetch, -ETIMEDOUT);
}

static void
on_progress_cb(void *arg)
{
	struct fetch *fetch = arg;

	if (fetch->told == fetch->part.have)
		return;
	fetch->told = fetch->part.have;
	fetch->spec.on_progress(fetch->spec.arg, fetch->part.have, fetch->size);
}

static int
status_of(const struct fetch *fetch)
{
	long status = 0;

	curl_easy_getinfo(fetch->try.easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

/* What If-Range takes: a strong tag, else the date. */
static const char *
validator_of(const struct fetch_try *try)
{
	return try->etag[0] == '"' ? try->etag : try->modified;
}

static int
too_large(struct fetch *fetch)
{
	err_set(&fetch->result.err, "%s: larger than the limit of %llu bytes",
	    fetch->url, (unsigned long long)fetch->spec.size_max);
	return -EFBIG;
}

/* The first bytes of a body that counts: do they go on where we stopped? */
static int
begin_body(struct fetch *fetch, int status)
{
	curl_off_t length = -1;

	fetch->try.body_begun = true;
	curl_easy_getinfo(
	    fetch->try.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (status == 206) {
		if (fetch->asked_from == 0 ||
		    fetch->try.range_first != fetch->asked_from) {
			err_set(&fetch->result.err,
			    "%s: the server sent another range than asked for",
			    fetch->url);
			return -EPROTO;
		}
		fetch->resumed = true;
	} else {
		int ret = fetch_part_restart(
		    &fetch->part, fetch->url, validator_of(&fetch->try));

		fetch->resumed = false;
		if (ret < 0)
			return ret;
	}
	if (length >= 0)
		fetch->size = fetch->part.have + (uint64_t)length;
	if (fetch->size > fetch->spec.size_max)
		return too_large(fetch);
	if (fetch->spec.on_begin == NULL)
		return 0;
	return fetch->spec.on_begin(
	    fetch->spec.arg, fetch->part.have, fetch->size, &fetch->result.err);
}

int
fetch_take_body(struct fetch *fetch, const void *data, size_t len)
{
	int status = status_of(fetch);
	int ret;

	loop_timer_set(fetch->stall, fetch->spec.stall_ms);
	if (status != 200 && status != 206)
		return 0; /* an error's page */
	if (!fetch->try.body_begun) {
		ret = begin_body(fetch, status);
		if (ret < 0)
			return ret;
	}
	if (len > fetch->spec.size_max - fetch->part.have)
		return too_large(fetch);
	ret = fetch_part_add(&fetch->part, data, len);
	if (ret < 0)
		err_set(&fetch->result.err, "%s: %s", fetch->part.name,
		    strerror(-ret));
	return ret;
}

static bool
code_may_pass(CURLcode code)
{
	static const CURLcode rows[] = {CURLE_COULDNT_RESOLVE_PROXY,
	    CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
	    CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_PARTIAL_FILE,
	    CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR,
	    CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
	    CURLE_HTTP2_STREAM};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i] == code)
			return true;
	}
	return false;
}

/* What we have is not the beginning of what they have. An error here comes
 * back with the next byte that is written. */
static void
start_anew(struct fetch *fetch)
{
	(void)fetch_part_restart(&fetch->part, fetch->url, "");
}

static void
end_with_curl_error(struct fetch *fetch, CURLcode code)
{
	const char *message = fetch->try.message;
	int own = fetch->try.error;

	if (own != 0) {
		/* A range that is not ours: from the beginning, then. */
		if (own == -EPROTO)
			start_anew(fetch);
		fail_try(fetch, own, own == -EPROTO);
		return;
	}
	err_set(&fetch->result.err, "%s: %s", fetch->url,
	    *message != '\0' ? message : curl_easy_strerror(code));
	fail_try(fetch, code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO,
	    code_may_pass(code));
}

static void
end_with_status(struct fetch *fetch, int status)
{
	bool may_pass = status == 408 || status == 429 || status >= 500;
	int error = status == 404 || status == 410 ? -ENOENT : -EIO;

	if (status == 401 || status == 403)
		error = -EACCES;
	err_set(&fetch->result.err, "%s: the server answered with status %d",
	    fetch->url, status);
	fail_try(fetch, error, may_pass);
}

/* 416 to a resumed one: we have it all, or something else than they do. */
static void
end_unsatisfiable(struct fetch *fetch)
{
	if (fetch->asked_from > 0 &&
	    fetch->try.range_total == fetch->part.have &&
	    fetch->part.have <= fetch->spec.size_max) {
		fetch->resumed = true;
		finish(fetch, 0);
		return;
	}
	err_set(&fetch->result.err, "%s: it has changed meanwhile", fetch->url);
	start_anew(fetch);
	fail_try(fetch, -EIO, fetch->asked_from > 0);
}

/* An empty file comes without any body. */
static void
end_well(struct fetch *fetch, int status)
{
	int ret = fetch->try.body_begun ? 0 : begin_body(fetch, status);

	finish(fetch, ret);
}

void
fetch_try_ended(struct fetch *fetch, CURLcode code)
{
	int status = status_of(fetch);

	fetch->result.status = status;
	if (code != CURLE_OK)
		end_with_curl_error(fetch, code);
	else if (status == 200 || status == 206)
		end_well(fetch, status);
	else if (status == 304 && fetch->if_modified != NULL)
		finish(fetch, -EALREADY);
	else if (status == 416)
		end_unsatisfiable(fetch);
	else
		end_with_status(fetch, status);
}

static int
check_spec(const struct fetch_spec *spec, struct err *err)
{
	const char *fault = NULL;

	if (spec->url == NULL ||
	    (strncasecmp(spec->url, "http://", 7) != 0 &&
		strncasecmp(spec->url, "https://", 8) != 0) ||
	    strpbrk(spec->url, "\r\n\t ") != NULL)
		fault = "not an http:// or https:// URL";
	else if (spec->size_max == 0 || spec->on_done == NULL)
		fault = "download without a limit or an end";
	else if (spec->dir_fd >= 0 &&
		 (spec->key == NULL || spec->key[0] == '\0' ||
		     strlen(spec->key) > FETCH_KEY_MAX ||
		     strchr(spec->key, '/') != NULL))
		fault = "download with a bad file name";
	if (fault == NULL)
		return 0;
	err_set(err, "%s: %s", spec->url == NULL ? "?" : spec->url, fault);
	return -EINVAL;
}

static void
set_default(int *value, int fallback)
{
	if (*value == 0)
		*value = fallback;
}

static void
copy_pems(struct fetch *fetch)
{
	const char *const from[FETCH_PEMS] = {[FETCH_CA] = fetch->spec.ca_pem,
	    [FETCH_CERT] = fetch->spec.cert_pem,
	    [FETCH_KEY] = fetch->spec.key_pem};

	for (size_t i = 0; i < FETCH_PEMS; i++)
		fetch->pem[i] = from[i] == NULL ? NULL : mem_strdup(from[i]);
}

struct fetch *
fetch_start(struct loop *loop, const struct fetch_spec *spec, struct err *err)
{
	struct fetch *fetch;

	if (check_spec(spec, err) < 0)
		return NULL;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	fetch = mem_alloc(sizeof *fetch);
	fetch->loop = loop;
	fetch->spec = *spec;
	set_default(&fetch->spec.connect_ms, 15000);
	set_default(&fetch->spec.stall_ms, 30000);
	set_default(&fetch->spec.backoff_ms, 1000);
	fetch->url = mem_strdup(spec->url);
	fetch->ca_file =
	    spec->ca_file == NULL ? NULL : mem_strdup(spec->ca_file);
	copy_pems(fetch);
	fetch->if_modified =
	    spec->if_modified == NULL ? NULL : mem_strdup(spec->if_modified);
	fetch->part.fd = -1;
	fetch->retry = loop_timer_new(loop, on_retry_cb, fetch);
	fetch->stall = loop_timer_new(loop, on_stall_cb, fetch);
	fetch->total = loop_timer_new(loop, on_total_cb, fetch);
	fetch->progress = loop_timer_new(loop, on_progress_cb, fetch);
	if (spec->dir_fd < 0)
		buf_init(&fetch->part.mem, (size_t)spec->size_max);
	if (fetch_part_open(&fetch->part, spec, err) < 0) {
		fetch_free(fetch);
		return NULL;
	}
	fetch->best = fetch->part.have;
	if (spec->on_progress != NULL)
		loop_timer_every(fetch->progress, PROGRESS_MS);
	if (spec->total_ms > 0)
		loop_timer_set(fetch->total, spec->total_ms);
	/* From the loop, so that on_done never comes before we return. */
	loop_timer_set(fetch->retry, 0);
	return fetch;
}

const char *
fetch_modified(const struct fetch *fetch)
{
	return fetch->try.modified;
}

void
fetch_cancel(struct fetch *fetch)
{
	if (fetch != NULL)
		fetch_free(fetch);
}
