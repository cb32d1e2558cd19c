#include "net/readback.h"

#include <errno.h>

#include <curl/curl.h>

#define BLOCK_SIZE 1468L /* a full Ethernet packet; EDK2's */

static size_t
on_bytes_cb(char *data, size_t size, size_t count, void *arg)
{
	struct buf *out = arg;

	buf_add(out, data, size * count);
	return buf_bad(out) ? 0 : size * count;
}

static void
set_options(CURL *curl, const struct readback_spec *spec, struct buf *out)
{
	curl_easy_setopt(curl, CURLOPT_URL, spec->url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,tftp");
#else
	curl_easy_setopt(
	    curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_TFTP);
#endif
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, spec->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_TFTP_BLKSIZE, BLOCK_SIZE);
	curl_easy_setopt(curl, CURLOPT_NOBODY, spec->head ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_RANGE, spec->range);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes_cb);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
}

static void
read_result(CURL *curl, CURLcode code, struct readback *ret)
{
	curl_off_t length = -1;
	curl_off_t us = 0;

	*ret = (struct readback){
	    .no_answer = code == CURLE_OPERATION_TIMEDOUT ||
			 code == CURLE_COULDNT_CONNECT ||
			 code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
			 code == CURLE_GOT_NOTHING};
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
	(void)curl_easy_getinfo(
	    curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	(void)curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us);
	ret->length = length;
	ret->ms = us / 1000;
}

int
readback_get(const struct readback_spec *spec, struct buf *out,
    struct readback *ret, struct err *err)
{
	CURL *curl = curl_easy_init();
	char reason[CURL_ERROR_SIZE] = "";
	CURLcode code;

	if (curl == NULL) {
		err_set(err, "libcurl can not be used");
		return -ENOMEM;
	}
	set_options(curl, spec, out);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	code = curl_easy_perform(curl);
	read_result(curl, code, ret);
	curl_easy_cleanup(curl);
	if (code == CURLE_OK)
		return 0;
	err_set(
	    err, "%s", reason[0] != '\0' ? reason : curl_easy_strerror(code));
	return -EIO;
}
