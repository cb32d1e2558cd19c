#include "inventory/pattern_part.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hwaddr.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/hostrange.h"
#include "inventory/hostregex.h"

/* "[3]", "[-1]", "[1:3]" or "[1:]" behind an expression. */
struct subscript {
	bool given;
	bool is_range;
	int64_t start;
	int64_t end; /* -1: to the end */
};

struct resolver {
	const struct inventory *inv;
	struct err *err;
};

/* What one part matches, in Ansible's order; may hold a host twice. */
struct matches {
	struct ptrs hosts;
	bool any; /* a group or a host has the name, even an empty group */
};

static void
add_group_hosts(const struct inventory *inv, const struct inv_group *group,
    struct ptrs *hosts)
{
	struct inv_hosts found;
	size_t i;

	inv_group_hosts(group, &found);
	for (i = 0; i < found.count; i++)
		ptrs_add(hosts, inv->hosts.at[found.at[i]->index]);
	inv_hosts_done(&found);
}

/* A compiled expression: "~regex", or a glob. */
struct matcher {
	const char *glob;
	regex_t regex;
};

static bool
matcher_fits(const struct matcher *m, const char *name)
{
	if (m->glob != NULL)
		return str_glob(m->glob, name);
	return regexec(&m->regex, name, 0, NULL, 0) == 0;
}

static void
match_names(const struct inventory *inv, const struct matcher *m,
    bool hosts_too, struct matches *found)
{
	size_t i;

	for (i = 0; i < inv->groups.count; i++) {
		const struct inv_group *group = inv->groups.at[i];

		if (!matcher_fits(m, group->name))
			continue;
		add_group_hosts(inv, group, &found->hosts);
		found->any = true;
	}
	for (i = 0; i < inv->hosts.count && (hosts_too || !found->any); i++) {
		struct inv_host *host = inv->hosts.at[i];

		if (matcher_fits(m, host->name))
			ptrs_add(&found->hosts, host);
	}
	found->any = found->any || found->hosts.count > 0;
}

/* Names that need no matching are looked up. */
static bool
match_exact(
    const struct inventory *inv, const char *expr, struct matches *found)
{
	const struct inv_group *group;
	struct inv_host *host;

	if (expr[0] == '~' || strpbrk(expr, "?*[\\") != NULL)
		return false;
	group = inv_get_group(inv, expr);
	host = inv_get_host(inv, expr);
	if (group != NULL)
		add_group_hosts(inv, group, &found->hosts);
	if (host != NULL && (group == NULL || strchr(expr, '.') != NULL))
		ptrs_add(&found->hosts, host);
	found->any = group != NULL || host != NULL;
	return true;
}

static int
match_expr(const struct resolver *r, const char *expr, struct matches *found)
{
	struct matcher m = {.glob = expr};
	int ret;

	if (match_exact(r->inv, expr, found))
		return 0;
	if (expr[0] == '~') {
		m.glob = NULL;
		ret = hostregex_compile(expr + 1, &m.regex, r->err);
		if (ret < 0)
			return ret;
	}
	match_names(
	    r->inv, &m, expr[0] == '~' || strpbrk(expr, ".?*[") != NULL, found);
	if (m.glob == NULL)
		regfree(&m.regex);
	return 0;
}

/* Cuts a subscript off; false: there is none, or it is no number. */
static bool
cut_subscript(char *expr, struct subscript *ret_sub)
{
	struct subscript sub = {.given = true, .end = -1};
	size_t len = strlen(expr);
	char *open = strrchr(expr, '['), *sep;

	if (expr[0] == '~' || len < 4 || expr[len - 1] != ']' || open == NULL ||
	    open == expr)
		return false;
	expr[len - 1] = '\0';
	sep = open + 1 + strspn(open + 1, "0123456789");
	if (str_to_i64(open + 1, INT32_MIN, INT32_MAX, &sub.start) < 0) {
		if (sep == open + 1 || (*sep != ':' && *sep != '-') ||
		    (sep[1] != '\0' &&
			str_to_i64(sep + 1, 0, INT32_MAX, &sub.end) < 0)) {
			expr[len - 1] = ']';
			return false;
		}
		*sep = '\0';
		sub.is_range = true;
		if (str_to_i64(open + 1, 0, INT32_MAX, &sub.start) < 0)
			sub.start = INT32_MAX;
	}
	*open = '\0';
	*ret_sub = sub;
	return true;
}

/* Python's slices; a range that ends at 0 is its start alone. */
static int
apply_subscript(const struct subscript *sub, const char *part,
    struct ptrs *hosts, struct err *err)
{
	bool single = !sub->is_range || sub->end == 0;
	int64_t count = (int64_t)hosts->count, start = sub->start;
	int64_t end =
	    sub->end == -1 || sub->end >= count ? count - 1 : sub->end;

	if (!sub->given || count == 0)
		return 0;
	if (single && start < 0)
		start += count;
	if (single && (start < 0 || start >= count)) {
		err_set(err, "\"%s\": there are only %zu hosts", part,
		    hosts->count);
		return -ENOENT;
	}
	if (single)
		end = start;
	hosts->count = end < start ? 0 : (size_t)(end - start + 1);
	if (start > 0 && hosts->count > 0)
		memmove(hosts->at, hosts->at + start,
		    hosts->count * sizeof hosts->at[0]);
	return 0;
}

/* "gpu[01:16]" as names: true when every one of them is a host. */
static bool
match_range(const struct resolver *r, const char *part, struct ptrs *hosts)
{
	struct hostrange range;
	size_t i;

	if (part[0] == '~' || strchr(part, '[') == NULL ||
	    strchr(part, ':') == NULL || strpbrk(part, "*?") != NULL ||
	    hostrange_expand(part, r->inv->hosts.count, &range, NULL) < 0)
		return false;
	for (i = 0; i < range.count; i++) {
		struct inv_host *host = inv_get_host(r->inv, range.names[i]);

		if (host == NULL)
			break;
		ptrs_add(hosts, host);
	}
	if (i < range.count)
		hosts->count = 0;
	hostrange_done(&range);
	return hosts->count > 0;
}

static bool
same_hosts(const struct ptrs *a, const struct ptrs *b)
{
	return a->count == b->count &&
	       memcmp(a->at, b->at, a->count * sizeof a->at[0]) == 0;
}

static void
suggest(const struct resolver *r, const char *part)
{
	const char *best = NULL;
	size_t nearest = 3, i;

	for (i = 0; i < r->inv->groups.count + r->inv->hosts.count; i++) {
		const char *name =
		    i < r->inv->groups.count
			? ((struct inv_group *)r->inv->groups.at[i])->name
			: ((struct inv_host *)
				  r->inv->hosts.at[i - r->inv->groups.count])
			      ->name;
		size_t distance = str_distance(part, name);

		if (distance >= nearest || distance >= strlen(part))
			continue;
		nearest = distance;
		best = name;
	}
	if (best != NULL)
		err_hint(r->err, "did you mean \"%s\"?", best);
}

/*
 * A range of names and a subscript look alike. Padded numbers are names; else
 * the two must not disagree, since somebody's disk may hang on it.
 */
static int
settle_range(const struct resolver *r, const char *part, struct ptrs *names,
    struct ptrs *hosts)
{
	const char *open = strrchr(part, '[');
	bool padded =
	    open != NULL && open[1] == '0' && isdigit((unsigned char)open[2]);

	if (hosts->count > 0 && !padded && !same_hosts(names, hosts)) {
		err_set(r->err,
		    "\"%s\" may mean the hosts of these names, or a part of "
		    "the group",
		    part);
		err_hint(r->err, "pad the numbers, or name the hosts");
		return -EINVAL;
	}
	ptrs_done(hosts);
	*hosts = *names;
	memset(names, 0, sizeof *names);
	return 0;
}

static int
match_subscripted(
    const struct resolver *r, const char *part, struct matches *found)
{
	struct subscript sub = {.given = false};
	struct err err = {0};
	struct ptrs names = {0};
	char *expr = mem_strdup(part);
	int ret;

	cut_subscript(expr, &sub);
	ret = match_expr(r, expr, found);
	free(expr);
	if (ret < 0)
		return ret;
	ret = apply_subscript(&sub, part, &found->hosts, &err);
	if (match_range(r, part, &names)) {
		if (ret < 0)
			found->hosts.count = 0;
		ret = settle_range(r, part, &names, &found->hosts);
		found->any = true;
	} else if (ret < 0) {
		err_set(r->err, "%s", err.text);
	}
	ptrs_done(&names);
	return ret;
}

int
pattern_match_part(const struct inventory *inv, const char *part,
    struct ptrs *ret_hosts, struct err *err)
{
	struct resolver r = {inv, err};
	const struct inv_host *host = NULL;
	struct matches found = {0};
	struct hwaddr mac;
	int ret = 0;

	if (hwaddr_parse(part, &mac) == 0)
		host = inventory_find_mac(inv, &mac);
	if (host == NULL)
		host = inv_get_host(inv, part);
	if (host != NULL) {
		ptrs_add(&found.hosts, inv->hosts.at[host->index]);
		found.any = true;
	} else {
		ret = match_subscripted(&r, part, &found);
	}
	if (ret == 0 && !found.any) {
		err_set(err, "\"%s\" matches no host and no group", part);
		suggest(&r, part);
		ret = -ENOENT;
	}
	if (ret < 0)
		ptrs_done(&found.hosts);
	else
		*ret_hosts = found.hosts;
	return ret;
}
