#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/image_work.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define FETCH_TRIES 7 /* in a row that bring nothing */
#define FETCH_WAIT_MIN_MS 200
#define FETCH_CONNECT_S 20L
#define FETCH_STALL_S 30L
#define FETCH_REDIRECTS 5L
#define VALIDATOR_SIZE 160

/* One download over several requests. */
struct transfer {
	struct image_fetch *fetch;
	CURL *curl;
	int fd;
	int64_t have;			/* bytes in the part */
	int64_t total;			/* 0: unknown */
	char validator[VALIDATOR_SIZE]; /* of the part: ETag or date */
	/* of the running response */
	bool started;
	int64_t range_start; /* of Content-Range; -1: none */
	int64_t range_total;
	int64_t length; /* Content-Length; -1: none */
	char etag[VALIDATOR_SIZE];
	char modified[VALIDATOR_SIZE];
	struct err *err;
};

void
image_fetch_init(
    struct image_fetch *fetch, struct image_progress *progress, const char *url)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	char hex[33];

	memset(fetch, 0, sizeof *fetch);
	fetch->progress = progress;
	fetch->url = url;
	fetch->dirfd = -1;
	(void)EVP_Digest(url, strlen(url), sum, NULL, EVP_sha256(), NULL);
	str_hex(sum, 16, hex);
	(void)snprintf(fetch->part, sizeof fetch->part, "%s.part", hex);
	(void)snprintf(fetch->meta, sizeof fetch->meta, "%s.meta", hex);
}

static void
set_protocols(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	(void)curl_easy_setopt(
	    curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	(void)curl_easy_setopt(
	    curl, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static CURL *
fetch_handle(const char *url)
{
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		return NULL;
	set_protocols(curl);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, FETCH_REDIRECTS);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, FETCH_CONNECT_S);
	(void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, FETCH_STALL_S);
	(void)curl_easy_setopt(
	    curl, CURLOPT_USERAGENT, "convect-pxed/" PACKAGE_VERSION);
	return curl;
}

static long
response_code(CURL *curl)
{
	long code = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	return code;
}

/* ---- the sum beside the URL --------------------------------------------- */

static size_t
on_sums_cb(char *data, size_t size, size_t count, void *arg)
{
	struct buf *text = arg;

	buf_add(text, data, size * count);
	return buf_bad(text) ? 0 : size * count;
}

static int
sums_take(struct image_fetch *fetch, const struct buf *text, const char *name,
    struct err *err)
{
	int ret = sha256sums_find(text->data, text->len, name, fetch->sha256);

	if (ret == -ENOENT) {
		image_progress_note(fetch->progress,
		    "SHA256SUMS beside it does not name %s: the content is "
		    "not checked",
		    name);
		return 0;
	}
	if (ret < 0)
		err_set(err, "SHA256SUMS beside it holds no sum for %s", name);
	return ret;
}

static int
sums_get(struct image_fetch *fetch, const char *url, const char *name,
    struct err *err)
{
	CURL *curl = fetch_handle(url);
	struct buf text;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long status = 0;
	int ret = 0;

	buf_init(&text, SHA256SUMS_MAX);
	if (curl != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_sums_cb);
		(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
		code = curl_easy_perform(curl);
		status = response_code(curl);
	}
	if (code == CURLE_OK) {
		ret = sums_take(fetch, &text, name, err);
	} else if (status == 404 || status == 403 || status == 410) {
		image_progress_note(fetch->progress,
		    "no SHA256SUMS beside it: the content is not checked");
	} else {
		/* Not to be taken for "there is none". */
		err_set(err, "getting %s: %s", url, curl_easy_strerror(code));
		err_hint(err, "--sha256 HEX makes it unnecessary");
		ret = -EIO;
	}
	curl_easy_cleanup(curl);
	buf_done(&text);
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
	sums = mem_printf("%.*sSHA256SUMS", (int)dir, fetch->url);
	ret = sums_get(fetch, sums, name, err);
	free(name);
	free(sums);
	return ret;
}

/* ---- the part and what is known of it ----------------------------------- */

static void
meta_load(struct transfer *t)
{
	json_t *meta;
	const char *validator = "";
	int fd;

	fd = openat(
	    t->fetch->dirfd, t->fetch->meta, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	meta = json_loadfd(fd, 0, NULL);
	if (json_unpack(meta, "{s:s}", "validator", &validator) == 0)
		str_copy(t->validator, sizeof t->validator, validator);
	json_decref(meta);
	close(fd);
}

/* Before the part's first byte, so that the two always belong together. */
static void
meta_save(struct transfer *t)
{
	json_t *meta;
	char *text;

	str_copy(t->validator, sizeof t->validator,
	    t->etag[0] != '\0' ? t->etag : t->modified);
	meta = json_pack(
	    "{s:s, s:s}", "url", t->fetch->url, "validator", t->validator);
	text = meta == NULL ? NULL : json_dumps(meta, JSON_COMPACT);
	if (text != NULL)
		(void)file_write_atomic(t->fetch->dirfd, t->fetch->meta, text,
		    strlen(text), 0600, NULL);
	free(text);
	json_decref(meta);
}

void
image_fetch_forget(const struct image_fetch *fetch)
{
	(void)unlinkat(fetch->dirfd, fetch->meta, 0);
	(void)unlinkat(fetch->dirfd, fetch->part, 0);
}

static int
part_open(struct transfer *t, struct err *err)
{
	struct stat st;

	t->fd = openat(t->fetch->dirfd, t->fetch->part,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (t->fd < 0 || fstat(t->fd, &st) < 0)
		return image_write_error(err, t->fetch->part, errno);
	meta_load(t);
	t->have = st.st_size;
	/* Nothing says that the rest would fit: start anew. */
	if (t->validator[0] == '\0' && t->fetch->sha256[0] == '\0')
		t->have = 0;
	if (t->have > 0)
		image_progress_note(t->fetch->progress,
		    "going on after %lld MiB", (long long)(t->have >> 20));
	return 0;
}

/* ---- one response ------------------------------------------------------- */

static bool
header_is(const char *line, size_t len, const char *name, const char **ret)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	*ret = line + n + 1 + strspn(line + n + 1, " \t");
	return true;
}

static void
copy_header(char out[VALIDATOR_SIZE], const char *value)
{
	size_t len = strcspn(value, "\r\n");

	out[0] = '\0';
	/* A weak ETag is of no use to If-Range (RFC 9110 13.1.5). */
	if (len >= VALIDATOR_SIZE || str_starts(value, "W/"))
		return;
	memcpy(out, value, len);
	out[len] = '\0';
}

static void
response_reset(struct transfer *t)
{
	t->started = false;
	t->range_start = -1;
	t->range_total = 0;
	t->length = -1;
	t->etag[0] = t->modified[0] = '\0';
}

static void
take_range(struct transfer *t, const char *value)
{
	char *end;

	if (!str_starts(value, "bytes "))
		return;
	t->range_start = strtoll(value + 6, &end, 10);
	end = strchr(end, '/');
	if (end != NULL && end[1] != '*')
		t->range_total = strtoll(end + 1, NULL, 10);
}

static size_t
on_header_cb(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	char line[512];
	const char *value;
	size_t len = size * count;

	if (len >= sizeof line)
		return len;
	memcpy(line, data, len);
	line[len] = '\0';
	if (str_starts(line, "HTTP/"))
		response_reset(t);
	else if (header_is(line, len, "ETag", &value))
		copy_header(t->etag, value);
	else if (header_is(line, len, "Last-Modified", &value))
		copy_header(t->modified, value);
	else if (header_is(line, len, "Content-Range", &value))
		take_range(t, value);
	else if (header_is(line, len, "Content-Length", &value))
		t->length = strtoll(value, NULL, 10);
	return len;
}

/* The body begins: does it go on where the part ends, or start anew? */
static int
body_start(struct transfer *t)
{
	bool goes_on = response_code(t->curl) == 206 &&
		       t->range_start == t->have && t->have > 0;

	t->started = true;
	if (goes_on) {
		t->total = t->range_total;
	} else {
		t->have = 0;
		t->total = t->length > 0 ? t->length : 0;
		meta_save(t);
	}
	if (ftruncate(t->fd, t->have) < 0 ||
	    lseek(t->fd, t->have, SEEK_SET) < 0)
		return image_write_error(t->err, "the download", errno);
	if (t->total > IMAGE_BYTES_MAX) {
		err_set(t->err, "a file of more than %lld GiB",
		    (long long)(IMAGE_BYTES_MAX >> 30));
		return -EFBIG;
	}
	return image_check_space(t->fetch->dirfd, t->total - t->have, t->err);
}

static void
body_write_failed(struct transfer *t, int error)
{
	err_set(t->err, "writing the download: %s", strerror(error));
	err_hint(t->err,
	    "make room (convect-pxectl image remove NAME) and run it again: "
	    "what is there is kept");
}

static size_t
on_body_cb(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;
	int ret;

	if (!t->started && body_start(t) < 0)
		return 0;
	if (t->have + (int64_t)len > IMAGE_BYTES_MAX) {
		err_set(t->err, "a file of more than %lld GiB",
		    (long long)(IMAGE_BYTES_MAX >> 30));
		return 0;
	}
	ret = image_write_all(t->fd, data, len);
	if (ret < 0) {
		body_write_failed(t, -ret);
		return 0;
	}
	t->have += (int64_t)len;
	image_progress_step(t->fetch->progress, "download", t->have, t->total);
	return len;
}

/* ---- requests until it is whole ----------------------------------------- */

static CURLcode
transfer_once(struct transfer *t)
{
	struct curl_slist *headers = NULL;
	char range[32];
	char *if_range;
	CURLcode code;

	response_reset(t);
	(void)curl_easy_setopt(t->curl, CURLOPT_RANGE, NULL);
	if (t->have > 0) {
		(void)snprintf(
		    range, sizeof range, "%lld-", (long long)t->have);
		(void)curl_easy_setopt(t->curl, CURLOPT_RANGE, range);
	}
	if (t->have > 0 && t->validator[0] != '\0') {
		if_range = mem_printf("If-Range: %s", t->validator);
		headers = curl_slist_append(NULL, if_range);
		free(if_range);
	}
	(void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(t->curl);
	(void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return code;
}

static bool
is_passing(const struct transfer *t, CURLcode code)
{
	static const CURLcode passing[] = {CURLE_COULDNT_RESOLVE_HOST,
	    CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT,
	    CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
	    CURLE_HTTP2_STREAM};
	long status = response_code(t->curl);

	if (code == CURLE_HTTP_RETURNED_ERROR)
		return status >= 500 || status == 408 || status == 429;
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (passing[i] == code)
			return true;
	return false;
}

static void
wait_ms(long ms)
{
	struct timespec pause = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&pause, NULL);
}

static int
transfer_failed(struct transfer *t, CURLcode code)
{
	long status = response_code(t->curl);

	if (code == CURLE_HTTP_RETURNED_ERROR)
		err_set(t->err, "getting %s: the server answers %ld",
		    t->fetch->url, status);
	else
		err_set(t->err, "getting %s: %s", t->fetch->url,
		    curl_easy_strerror(code));
	if (t->have > 0)
		err_hint(t->err, "run it again: the first %lld MiB are kept",
		    (long long)(t->have >> 20));
	return code == CURLE_WRITE_ERROR ? -ENOSPC : -EIO;
}

/* 0: whole; 1: try again; negative: it failed. */
static int
transfer_judge(struct transfer *t, CURLcode code)
{
	if (code == CURLE_OK && (t->total == 0 || t->have == t->total))
		return 0;
	if (code == CURLE_OK)
		code = CURLE_PARTIAL_FILE;
	/* 416: the part is not of this file, or longer. */
	if (code == CURLE_HTTP_RETURNED_ERROR && t->have > 0 &&
	    response_code(t->curl) == 416) {
		t->have = 0;
		t->validator[0] = '\0';
		return 1;
	}
	return is_passing(t, code) ? 1 : transfer_failed(t, code);
}

static int
transfer_run(struct transfer *t)
{
	int64_t before;
	int tries = 0;
	CURLcode code;
	int ret;

	for (;;) {
		before = t->have;
		code = transfer_once(t);
		ret = transfer_judge(t, code);
		if (ret <= 0)
			return ret;
		tries = t->have > before ? 0 : tries + 1;
		if (tries >= FETCH_TRIES)
			return transfer_failed(t, code);
		wait_ms(FETCH_WAIT_MIN_MS << tries);
	}
}

int
image_fetch_file(struct image_fetch *fetch, int *ret_fd, struct err *err)
{
	struct transfer t = {.fetch = fetch, .fd = -1, .err = err};
	int ret = part_open(&t, err);

	if (ret < 0)
		goto out;
	t.curl = fetch_handle(fetch->url);
	if (t.curl == NULL) {
		err_set(err, "libcurl does not start");
		ret = -ENOMEM;
		goto out;
	}
	(void)curl_easy_setopt(t.curl, CURLOPT_HEADERFUNCTION, on_header_cb);
	(void)curl_easy_setopt(t.curl, CURLOPT_HEADERDATA, &t);
	(void)curl_easy_setopt(t.curl, CURLOPT_WRITEFUNCTION, on_body_cb);
	(void)curl_easy_setopt(t.curl, CURLOPT_WRITEDATA, &t);
	ret = transfer_run(&t);
	if (ret == 0 && fsync(t.fd) < 0)
		ret = image_write_error(err, "the download", errno);
out:
	curl_easy_cleanup(t.curl);
	if (ret < 0 && t.fd >= 0)
		close(t.fd);
	if (ret == 0)
		*ret_fd = t.fd;
	return ret;
}
