/* urlsplit, and the tests uri, url and urn: Python's urllib.parse. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "template/str.h"

struct url {
	struct span scheme, netloc, path, query, fragment;
	struct span user, password, host;
	struct span port; /* digits; at NULL when there is none */
};

/* Up to `byte`, which is dropped; `rest` is what is behind it. */
static bool
cut(struct span *text, char byte, struct span *ret_rest)
{
	const char *found = memchr(text->at, byte, text->len);

	if (found == NULL)
		return false;
	ret_rest->at = found + 1;
	ret_rest->len = text->len - (size_t)(found + 1 - text->at);
	text->len = (size_t)(found - text->at);
	return true;
}

/* Without leading controls and blanks, and without any tab or line break. */
static void
clean(struct span text, struct buf *out)
{
	while (text.len > 0 && (unsigned char)*text.at <= ' ') {
		text.at++;
		text.len--;
	}
	for (; text.len > 0; text.at++, text.len--)
		if (*text.at != '\t' && *text.at != '\r' && *text.at != '\n')
			buf_addc(out, *text.at);
}

static void
split_scheme(struct span *rest, struct span *ret_scheme)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+-.";
	struct span scheme = *rest;
	struct span behind;

	if (!cut(&scheme, ':', &behind) || scheme.len == 0 ||
	    memchr(letters, *scheme.at, sizeof letters - 1) == NULL)
		return;
	for (size_t i = 0; i < scheme.len; i++)
		if (memchr(allowed, scheme.at[i], sizeof allowed - 1) == NULL)
			return;
	*ret_scheme = scheme;
	*rest = behind;
}

static void
split_netloc(struct span *rest, struct span *ret_netloc)
{
	size_t len = 2;

	if (rest->len < 2 || memcmp(rest->at, "//", 2) != 0)
		return;
	while (len < rest->len && strchr("/?#", rest->at[len]) == NULL)
		len++;
	*ret_netloc = (struct span){rest->at + 2, len - 2};
	rest->at += len;
	rest->len -= len;
}

/* "::1", also with a zone, or the form that RFC 3986 keeps for the future. */
static const char *
check_bracketed(struct span host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	struct span zone = {0};
	size_t at = 1;

	if (host.len > 0 && *host.at == 'v') {
		while (at < host.len &&
		       strchr("0123456789abcdefABCDEF", host.at[at]) != NULL)
			at++;
		return at > 1 && at + 1 < host.len && host.at[at] == '.'
			   ? NULL
			   : "no address in its brackets";
	}
	if (cut(&host, '%', &zone) &&
	    (zone.len == 0 || memchr(zone.at, '%', zone.len) != NULL))
		return "a broken zone in its brackets";
	if (host.len >= sizeof text)
		return "no IPv6 address in its brackets";
	memcpy(text, host.at, host.len);
	text[host.len] = '\0';
	return strlen(text) == host.len &&
		       inet_pton(AF_INET6, text, &address) == 1
		   ? NULL
		   : "no IPv6 address in its brackets";
}

static const char *
check_port(struct span port)
{
	unsigned long number = 0;

	for (size_t i = 0; i < port.len; i++) {
		if (port.at[i] < '0' || port.at[i] > '9')
			return "a port that is no number";
		if (number <= 65535)
			number =
			    number * 10 + (unsigned long)(port.at[i] - '0');
	}
	return number <= 65535 ? NULL : "a port above 65535";
}

/* The host with its port, which may stand in brackets. */
static const char *
split_host(struct url *url, struct span host)
{
	struct span inner;
	struct span behind = {0};
	struct span before = host;
	struct span all = url->netloc;
	bool open = memchr(all.at, '[', all.len) != NULL;

	if (open != (memchr(all.at, ']', all.len) != NULL))
		return "a bracket without its other half";
	if (!open) {
		(void)cut(&host, ':', &behind);
		url->host = host;
		url->port = behind;
		return NULL;
	}
	if (!cut(&before, '[', &inner) || before.len > 0 ||
	    !cut(&inner, ']', &behind) || (behind.len > 0 && *behind.at != ':'))
		return "text beside its brackets";
	url->host = inner;
	if (behind.len > 1)
		url->port = (struct span){behind.at + 1, behind.len - 1};
	return check_bracketed(inner);
}

/* NULL, or what is wrong with "user:password@host:port". */
static const char *
split_authority(struct url *url)
{
	struct span host = url->netloc;
	size_t at = host.len;

	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.at[i] >= 0x80)
			return "a host that is not ASCII";
	while (at > 0 && host.at[at - 1] != '@')
		at--;
	if (at > 0) {
		url->user = (struct span){host.at, at - 1};
		(void)cut(&url->user, ':', &url->password);
		host = (struct span){host.at + at, host.len - at};
	}
	return host.len > 0 ? split_host(url, host) : NULL;
}

/* The spans are of `text`; the port is not looked at. */
static const char *
split_url(struct span text, struct url *ret_url)
{
	*ret_url = (struct url){0};
	split_scheme(&text, &ret_url->scheme);
	split_netloc(&text, &ret_url->netloc);
	(void)cut(&text, '#', &ret_url->fragment);
	(void)cut(&text, '?', &ret_url->query);
	ret_url->path = text;
	return ret_url->netloc.len > 0 ? split_authority(ret_url) : NULL;
}

/* ---- the filter ---- */

static struct value
text_value(struct span text)
{
	return value_string_len(text.at == NULL ? "" : text.at, text.len);
}

/* None where the URL has no such part. */
static struct value
maybe_value(struct span text)
{
	return text.at == NULL ? value_null() : text_value(text);
}

/* Lower case, but for the zone of an IPv6 address. */
static struct value
host_value(struct vm *vm, struct span host)
{
	struct span name = host;
	struct span zone = {0};
	struct value value;
	struct buf out;

	if (host.len == 0)
		return value_null();
	(void)cut(&name, '%', &zone);
	buf_init(&out, host.len);
	str_write_case(vm, name, CASE_LOWER, &out);
	buf_add(&out, host.at + name.len, host.len - name.len);
	value = value_string_len(out.data, out.len);
	buf_done(&out);
	return value;
}

static struct value
scheme_value(struct vm *vm, struct span scheme)
{
	struct value value;
	struct buf out;

	buf_init(&out, scheme.len);
	str_write_case(vm, scheme, CASE_LOWER, &out);
	value = value_string_len(out.data, out.len);
	buf_done(&out);
	return value;
}

static struct value
url_map(struct vm *vm, const struct url *url)
{
	struct value map = vm_map();

	value_map_set(map, "fragment", text_value(url->fragment));
	value_map_set(map, "hostname", host_value(vm, url->host));
	value_map_set(map, "netloc", text_value(url->netloc));
	value_map_set(map, "password", maybe_value(url->password));
	value_map_set(map, "path", text_value(url->path));
	value_map_set(map, "port",
	    url->port.len == 0 ? value_null()
			       : value_int(strtol(url->port.at, NULL, 10)));
	value_map_set(map, "query", text_value(url->query));
	value_map_set(map, "scheme", scheme_value(vm, url->scheme));
	value_map_set(map, "username", maybe_value(url->user));
	return map;
}

static int
pick_part(
    struct vm *vm, struct value map, const char *part, struct value *ret_value)
{
	struct value found = value_map_get(map, part);

	if (part[0] == '\0')
		*ret_value = value_ref(map);
	else if (found.type == VALUE_UNDEFINED)
		return vm_fail(vm, "urlsplit: a URL has no part '%s'", part);
	else
		*ret_value = value_ref(found);
	return 0;
}

static int
filter_urlsplit(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *part;
	const char *why;
	struct value map;
	struct buf text;
	struct url url;
	int ret = call_need_str(vm, call, call->self, "the URL");

	if (ret == 0)
		ret = call_str(vm, call, 0, "", &part);
	if (ret == 0)
		ret = vm_charge(vm, 1024 + 4 * value_str_len(call->self));
	if (ret != 0)
		return ret;
	vm_buf_init(&text);
	clean(str_span(call->self), &text);
	why = split_url((struct span){text.data, text.len}, &url);
	if (why == NULL)
		why = check_port(url.port);
	if (why != NULL) {
		ret = vm_fail(vm, "urlsplit: the URL has %s", why);
	} else {
		map = url_map(vm, &url);
		ret = pick_part(vm, map, part, ret_value);
		value_unref(map);
	}
	buf_done(&text);
	return ret;
}

const struct builtin filters_url[] = {
    {"urlsplit", filter_urlsplit, "query", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};

/* ---- the tests ---- */

/*
 * Nearly every string is a URI; so is what Python finds false, since
 * urlparse() takes it for an empty one.
 */
static int
is_uri(struct vm *vm, struct value subject, struct value schemes, bool url,
    struct value *ret_value)
{
	struct value scheme;
	struct buf text;
	struct url parts;
	bool is;
	int ret = vm_charge(vm, 64 + 2 * value_str_len(subject));

	if (ret != 0)
		return ret;
	vm_buf_init(&text);
	clean(str_span(subject), &text);
	is = (subject.type == VALUE_STRING || !value_truth(subject)) &&
	     split_url((struct span){text.data, text.len}, &parts) == NULL;
	if (is && value_truth(schemes) && subject.type != VALUE_STRING) {
		is = false; /* its scheme is no text */
	} else if (is && value_truth(schemes)) {
		scheme = scheme_value(vm, parts.scheme);
		ret = ops_contains(vm, scheme, schemes, &is);
		value_unref(scheme);
	}
	if (is && url)
		is = parts.netloc.len > 0 ||
		     (parts.scheme.len == 4 &&
			 strncasecmp(parts.scheme.at, "file", 4) == 0);
	buf_done(&text);
	if (ret == 0)
		*ret_value = value_bool(is);
	return ret;
}

static int
test_uri(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return is_uri(vm, call->self, call->args[0], false, ret_value);
}

static int
test_url(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return is_uri(vm, call->self, call->args[0], true, ret_value);
}

static int
test_urn(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value urn = value_string("urn");
	struct value schemes = value_list_new();
	int ret;

	value_list_add(schemes, urn);
	ret = is_uri(vm, call->self, schemes, false, ret_value);
	value_unref(schemes);
	return ret;
}

const struct builtin tests_url[] = {
    {"uri", test_uri, "schemes", 0, 1, 0},
    {"url", test_url, "schemes", 0, 1, 0},
    {"urn", test_urn, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
