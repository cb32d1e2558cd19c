#include "inventory/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/hostrange.h"
#include "inventory/inv_impl.h"
#include "inventory/pattern_part.h"

#define PATTERN_MAX 65536	/* bytes of a whole pattern */
#define PATTERN_PARTS_MAX 10000 /* of one pattern */

static void
add_part(struct ptrs *parts, const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[0]) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	if (len > 0)
		ptrs_add(parts, mem_strndup(text, len));
}

/* Length of a run without blanks and ":", whole [...] taken along. */
static size_t
run_length(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0' && strchr(" \t\r\n:]", text[n]) == NULL) {
		const char *close;

		if (text[n] != '[') {
			n++;
			continue;
		}
		close = strchr(text + n, ']');
		if (close == NULL)
			break;
		n = (size_t)(close - text) + 1;
	}
	return n;
}

/* Ansible's rule: commas if there are any; else one address; else colons. */
static void
split(const char *pattern, struct ptrs *parts)
{
	struct hwaddr mac;
	size_t n;

	if (strchr(pattern, ',') != NULL) {
		for (;; pattern += n + 1) {
			n = strcspn(pattern, ",");
			add_part(parts, pattern, n);
			if (pattern[n] == '\0')
				return;
		}
	}
	if (hwaddr_parse(pattern, &mac) == 0 || hostrange_is_address(pattern)) {
		add_part(parts, pattern, strlen(pattern));
		return;
	}
	while (*pattern != '\0') {
		n = run_length(pattern);
		add_part(parts, pattern, n);
		pattern += n == 0 ? 1 : n;
	}
}

void
pattern_write_parts(const char *pattern, struct buf *out)
{
	struct ptrs parts = {0};
	size_t i;

	split(pattern, &parts);
	for (i = 0; i < parts.count; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_adds(out, parts.at[i]);
		free(parts.at[i]);
	}
	ptrs_done(&parts);
}

/* What has been chosen so far: a list, and by index whether it is in it. */
struct choice {
	struct ptrs hosts;
	bool *in;
};

static void
choose(struct choice *choice, const struct ptrs *hosts)
{
	size_t i;

	for (i = 0; i < hosts->count; i++) {
		struct inv_host *host = hosts->at[i];

		if (choice->in[host->index])
			continue;
		choice->in[host->index] = true;
		ptrs_add(&choice->hosts, host);
	}
}

/* Keeps those that are (or are not) among the hosts. */
static void
filter(struct choice *choice, const struct ptrs *hosts, size_t total, bool keep)
{
	bool *among = mem_array(total, sizeof *among);
	size_t i, kept = 0;

	for (i = 0; i < hosts->count; i++)
		among[((struct inv_host *)hosts->at[i])->index] = true;
	for (i = 0; i < choice->hosts.count; i++) {
		struct inv_host *host = choice->hosts.at[i];

		if (among[host->index] == keep)
			choice->hosts.at[kept++] = host;
	}
	choice->hosts.count = kept;
	free(among);
}

/* All parts that start with `sign`; 0 stands for neither "&" nor "!". */
static int
apply(const struct inventory *inv, const struct ptrs *parts, char sign,
    struct choice *choice, struct err *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < parts->count && ret == 0; i++) {
		const char *part = parts->at[i];
		char own = part[0] == '&' || part[0] == '!' ? part[0] : '\0';
		struct ptrs hosts = {0};

		if (own != sign)
			continue;
		ret = pattern_match_part(
		    inv, own == '\0' ? part : part + 1, &hosts, err);
		if (ret < 0)
			break;
		if (sign == '\0')
			choose(choice, &hosts);
		else
			filter(choice, &hosts, inv->hosts.count, sign == '&');
		ptrs_done(&hosts);
	}
	return ret;
}

static bool
has_plain(const struct ptrs *parts)
{
	size_t i;

	for (i = 0; i < parts->count; i++)
		if (strchr("&!", ((const char *)parts->at[i])[0]) == NULL)
			return true;
	return false;
}

static int
resolve(const struct inventory *inv, struct ptrs *parts, struct choice *choice,
    struct err *err)
{
	int ret;

	if (parts->count == 0 || parts->count > PATTERN_PARTS_MAX) {
		err_set(err, "not a pattern of hosts");
		err_hint(err, "a host, a group, or \"all\"");
		return -EINVAL;
	}
	if (!has_plain(parts))
		ptrs_add(parts, mem_strdup("all"));
	ret = apply(inv, parts, '\0', choice, err);
	if (ret == 0)
		ret = apply(inv, parts, '&', choice, err);
	if (ret == 0)
		ret = apply(inv, parts, '!', choice, err);
	return ret;
}

int
pattern_resolve(const struct inventory *inv, const char *pattern,
    struct inv_hosts *ret_hosts, struct err *err)
{
	struct choice choice = {0};
	struct inv_hosts hosts = {0};
	struct ptrs parts = {0};
	size_t i;
	int ret;

	choice.in = mem_array(inv->hosts.count, sizeof *choice.in);
	if (strlen(pattern) <= PATTERN_MAX)
		split(pattern, &parts);
	ret = resolve(inv, &parts, &choice, err);
	if (ret == 0 && choice.hosts.count == 0) {
		err_set(err, "\"%.200s\" leaves no host", pattern);
		ret = -ENOENT;
	}
	if (ret == 0) {
		hosts.at = mem_array(
		    choice.hosts.count, sizeof(const struct inv_host *));
		for (i = 0; i < choice.hosts.count; i++)
			hosts.at[hosts.count++] = choice.hosts.at[i];
		*ret_hosts = hosts;
	}
	for (i = 0; i < parts.count; i++)
		free(parts.at[i]);
	ptrs_done(&parts);
	ptrs_done(&choice.hosts);
	free(choice.in);
	return ret;
}
