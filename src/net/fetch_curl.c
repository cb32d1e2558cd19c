#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/fetch_private.h"

enum {
	REDIRECTS_MAX = 8,
	RECEIVE_BUFFER = 256 * 1024
};

struct fetch_socket {
	LIST_ENTRY(fetch_socket) link;
	struct loop_watch *watch;
};

/* libcurl is through, or not yet. */
static void
check_end(struct fetch *fetch)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(fetch->try.multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		fetch_try_ended(fetch, msg->data.result);
		return; /* the fetch may be gone */
	}
}

static void
on_socket_ready_cb(void *arg, int fd, unsigned events)
{
	struct fetch *fetch = arg;
	int mask = 0;
	int running;

	if (events & LOOP_READ)
		mask |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(fetch->try.multi, fd, mask, &running);
	check_end(fetch);
}

static void
on_curl_timer_cb(void *arg)
{
	struct fetch *fetch = arg;
	int running;

	curl_multi_socket_action(
	    fetch->try.multi, CURL_SOCKET_TIMEOUT, 0, &running);
	check_end(fetch);
}

static int
on_set_timer_cb(CURLM *multi, long ms, void *arg)
{
	struct fetch *fetch = arg;

	(void)multi;
	if (ms < 0)
		loop_timer_stop(fetch->try.timer);
	else
		loop_timer_set(fetch->try.timer, ms);
	return 0;
}

static void
socket_free(struct fetch_socket *socket)
{
	LIST_REMOVE(socket, link);
	loop_watch_free(socket->watch);
	free(socket);
}

/* libcurl's five parameters. */
static int
on_set_socket_cb(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct fetch *fetch = arg;
	struct fetch_socket *socket = socket_arg;
	unsigned events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			socket_free(socket);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= LOOP_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= LOOP_WRITE;
	if (socket == NULL) {
		socket = mem_alloc(sizeof *socket);
		socket->watch = loop_watch_new(
		    fetch->loop, fd, 0, on_socket_ready_cb, fetch);
		LIST_INSERT_HEAD(&fetch->try.sockets, socket, link);
		curl_multi_assign(fetch->try.multi, fd, socket);
	}
	loop_watch_set(socket->watch, events);
	return 0;
}

static size_t
on_body_cb(char *data, size_t size, size_t count, void *arg)
{
	struct fetch *fetch = arg;
	int ret = fetch_take_body(fetch, data, size * count);

	if (ret == 0)
		return size * count;
	fetch->try.error = ret;
	return 0; /* ends the transfer */
}

static bool
take_number(const char **pos, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	if (**pos < '0' || **pos > '9')
		return false;
	errno = 0;
	value = strtoull(*pos, &end, 10);
	if (errno != 0)
		return false;
	*pos = end;
	*ret_value = value;
	return true;
}

/* "bytes 5-9/10", the total perhaps "*"; or "bytes", a star, "/10". */
static void
read_content_range(struct fetch_try *try, const char *value)
{
	const char *pos = value;
	uint64_t last;

	if (strncmp(pos, "bytes ", 6) != 0)
		return;
	pos += 6;
	if (*pos == '*') {
		pos++;
	} else if (!take_number(&pos, &try->range_first) || *pos++ != '-' ||
		   !take_number(&pos, &last)) {
		return;
	}
	if (*pos++ == '/')
		(void)take_number(&pos, &try->range_total);
}

static void
read_header(struct fetch_try *try, const char *line)
{
	const char *value = strchr(line, ':');
	size_t name;

	if (strncmp(line, "HTTP/", 5) == 0) { /* another answer begins */
		try->etag[0] = '\0';
		try->modified[0] = '\0';
		try->range_first = 0;
		try->range_total = 0;
		return;
	}
	if (value == NULL)
		return;
	name = (size_t)(value - line);
	value += 1 + strspn(value + 1, " \t");
	if (name == 4 && strncasecmp(line, "ETag", 4) == 0)
		str_copy(try->etag, sizeof try->etag, value);
	else if (name == 13 && strncasecmp(line, "Last-Modified", 13) == 0)
		str_copy(try->modified, sizeof try->modified, value);
	else if (name == 13 && strncasecmp(line, "Content-Range", 13) == 0)
		read_content_range(try, value);
}

static size_t
on_header_cb(char *data, size_t size, size_t count, void *arg)
{
	struct fetch *fetch = arg;
	char line[FETCH_VALIDATOR_MAX + 32];
	size_t len = size * count;

	while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	if (len < sizeof line) { /* a longer one is none of ours */
		memcpy(line, data, len);
		line[len] = '\0';
		read_header(&fetch->try, line);
	}
	return size * count;
}

static void
set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(
	    easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	curl_easy_setopt(
	    easy, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

/* Loopback, link-local and the networks of RFC 1918, RFC 6598 and RFC 4193. */
static bool
is_private(const struct sockaddr *addr)
{
	const struct sockaddr_in *in = (const void *)addr;
	const struct sockaddr_in6 *in6 = (const void *)addr;
	uint32_t ip = 0;

	if (addr->sa_family == AF_INET6 &&
	    !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
		       IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr) ||
		       IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) ||
		       (in6->sin6_addr.s6_addr[0] & 0xfe) == 0xfc;
	if (addr->sa_family == AF_INET6)
		memcpy(&ip, &in6->sin6_addr.s6_addr[12], sizeof ip);
	else
		ip = in->sin_addr.s_addr;
	ip = ntohl(ip);
	return ip >> 24 == 0 || ip >> 24 == 10 || ip >> 24 == 127 ||
	       ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 16 == 0xa9fe ||
	       ip >> 22 == 0x191;
}

/* The same machine, whatever the port: http led to its https. */
static bool
is_same_host(const struct sockaddr *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in *first = (const void *)b;
	const struct sockaddr_in6 *in6 = (const void *)a;
	const struct sockaddr_in6 *first6 = (const void *)b;

	if (a->sa_family != b->ss_family)
		return false;
	return a->sa_family == AF_INET6
		   ? memcmp(&in6->sin6_addr, &first6->sin6_addr,
			 sizeof in6->sin6_addr) == 0
		   : in->sin_addr.s_addr == first->sin_addr.s_addr;
}

static curl_socket_t
on_open_socket_cb(
    void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetch *fetch = arg;
	long redirects = 0;

	(void)purpose;
	curl_easy_getinfo(fetch->try.easy, CURLINFO_REDIRECT_COUNT, &redirects);
	if (redirects == 0 && address->addrlen <= sizeof fetch->first)
		memcpy(&fetch->first, &address->addr, address->addrlen);
	if (redirects > 0 && is_private(&address->addr) &&
	    !is_same_host(&address->addr, &fetch->first)) {
		fetch->try.error = -EACCES;
		err_set(&fetch->result.err,
		    "%s: a redirect to a private address", fetch->url);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

static void
set_range(struct fetch *fetch)
{
	struct fetch_try *try = &fetch->try;
	char text[FETCH_VALIDATOR_MAX + 32];

	fetch->asked_from = fetch->part.have;
	if (fetch->part.have == 0 && fetch->if_modified != NULL) {
		snprintf(text, sizeof text, "If-Modified-Since: %s",
		    fetch->if_modified);
		try->headers = curl_slist_append(NULL, text);
		curl_easy_setopt(try->easy, CURLOPT_HTTPHEADER, try->headers);
	}
	if (fetch->part.have == 0)
		return;
	snprintf(text, sizeof text, "%" PRIu64 "-", fetch->part.have);
	curl_easy_setopt(try->easy, CURLOPT_RANGE, text);
	if (fetch->part.validator[0] == '\0')
		return;
	snprintf(text, sizeof text, "If-Range: %s", fetch->part.validator);
	try->headers = curl_slist_append(NULL, text);
	curl_easy_setopt(try->easy, CURLOPT_HTTPHEADER, try->headers);
}

static void
set_blob(CURL *easy, CURLoption option, char *pem)
{
	struct curl_blob blob = {pem, 0, CURL_BLOB_COPY};

	if (pem == NULL)
		return;
	blob.len = strlen(pem);
	curl_easy_setopt(easy, option, &blob);
}

/* Who we are is told to that server alone, and nobody else is taken for it. */
static void
set_pems(struct fetch *fetch)
{
	CURL *easy = fetch->try.easy;

	if (fetch->pem[FETCH_CA] == NULL)
		return;
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	set_blob(easy, CURLOPT_CAINFO_BLOB, fetch->pem[FETCH_CA]);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, fetch->pem[FETCH_CERT]);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, fetch->pem[FETCH_KEY]);
}

static void
set_options(struct fetch *fetch)
{
	CURL *easy = fetch->try.easy;

	curl_easy_setopt(easy, CURLOPT_URL, fetch->url);
	set_protocols(easy);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	curl_easy_setopt(
	    easy, CURLOPT_USERAGENT, "convect-pxed/" PACKAGE_VERSION);
	curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, (long)fetch->spec.connect_ms);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->try.message);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body_cb);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header_cb);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
	if (fetch->spec.direct)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (fetch->spec.public_redirects) {
		curl_easy_setopt(
		    easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket_cb);
		curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
	}
	if (fetch->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, fetch->ca_file);
	if (fetch->spec.method != NULL)
		curl_easy_setopt(
		    easy, CURLOPT_CUSTOMREQUEST, fetch->spec.method);
	set_pems(fetch);
	set_range(fetch);
}

int
fetch_try_start(struct fetch *fetch)
{
	struct fetch_try *try = &fetch->try;

	memset(try, 0, sizeof *try);
	LIST_INIT(&try->sockets);
	try->timer = loop_timer_new(fetch->loop, on_curl_timer_cb, fetch);
	try->multi = curl_multi_init();
	try->easy = curl_easy_init();
	if (try->multi == NULL || try->easy == NULL)
		return -ENOMEM;
	set_options(fetch);
	curl_multi_setopt(
	    try->multi, CURLMOPT_SOCKETFUNCTION, on_set_socket_cb);
	curl_multi_setopt(try->multi, CURLMOPT_SOCKETDATA, fetch);
	curl_multi_setopt(try->multi, CURLMOPT_TIMERFUNCTION, on_set_timer_cb);
	curl_multi_setopt(try->multi, CURLMOPT_TIMERDATA, fetch);
	return curl_multi_add_handle(try->multi, try->easy) == CURLM_OK
		   ? 0
		   : -ENOMEM;
}

void
fetch_try_done(struct fetch *fetch)
{
	struct fetch_try *try = &fetch->try;
	struct fetch_socket *socket, *next;

	if (try->multi != NULL && try->easy != NULL)
		curl_multi_remove_handle(try->multi, try->easy);
	curl_easy_cleanup(try->easy);
	if (try->multi != NULL)
		curl_multi_cleanup(try->multi);
	for (socket = LIST_FIRST(&try->sockets); socket != NULL;
	     socket = next) {
		next = LIST_NEXT(socket, link);
		socket_free(socket);
	}
	curl_slist_free_all(try->headers);
	loop_timer_free(try->timer);
	memset(try, 0, sizeof *try);
}
