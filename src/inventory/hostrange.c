#include "inventory/hostrange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/hostaddr.h"

#define RANGE_NESTING_MAX 16 /* ranges in one name */
#define BOUND_MAX ((int64_t)1 << 60)
static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* A view of an address and the port that was split off. */
struct hostport {
	const char *text;
	size_t len;
	int64_t port; /* 0: none */
};

/* The digits behind the last ":" that ends the text; -1: not that form. */
static ptrdiff_t
port_start(const char *text, size_t len)
{
	size_t at = len;

	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	if (at == len || at == 0 || text[at - 1] != ':')
		return -1;
	return (ptrdiff_t)at;
}

static int64_t
port_value(const char *digits, size_t len)
{
	int64_t port = 0;

	for (; len > 0; len--, digits++)
		if (port < INT32_MAX)
			port = port * 10 + (*digits - '0');
	return port;
}

/* No ":" and no lone bracket outside of [...]. */
static bool
is_plain_host(const char *text, size_t len)
{
	bool inside = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (inside)
			inside = text[i] != ']';
		else if (text[i] == '[')
			inside = true;
		else if (text[i] == ':' || text[i] == ']')
			return false;
	}
	return !inside;
}

/* "[address]:port" and then "host:port" on what is left, as Ansible. */
static void
split_port(struct hostport *hp)
{
	ptrdiff_t at = port_start(hp->text, hp->len);

	if (at > 3 && hp->text[0] == '[' && hp->text[at - 2] == ']') {
		hp->port = port_value(hp->text + at, hp->len - (size_t)at);
		hp->len = (size_t)at - 3;
		hp->text++;
		at = port_start(hp->text, hp->len);
	}
	if (at > 0 && is_plain_host(hp->text, (size_t)at - 1)) {
		hp->port = port_value(hp->text + at, hp->len - (size_t)at);
		hp->len = (size_t)at - 1;
	}
}

static bool
is_address(const struct hostport *hp)
{
	return hp->len > 0 && (hostaddr_is_name(hp->text, hp->len) ||
				  hostaddr_is_ipv6(hp->text, hp->len));
}

bool
hostrange_is_address(const char *text)
{
	struct hostport hp = {text, strlen(text), 0};

	split_port(&hp);
	return is_address(&hp);
}

bool
hostrange_is_ip(const char *text)
{
	return hostaddr_is_ipv4(text, strlen(text)) ||
	       hostaddr_is_ipv6(text, strlen(text));
}

/* The first [begin:end:step] of a name, and what is around it. */
struct bounds {
	const char *head;
	size_t head_len;
	const char *tail;
	char begin[24];
	char end[24];
	char step[24];
	int64_t from;
	int64_t to;
	int64_t by;
	int width; /* of zero-padded numbers, else 0 */
	bool alpha;
};

static int
wrong(struct err *err, const char *name, const char *text)
{
	err_set(err, "the range in \"%.200s\" %s", name, text);
	err_hint(err, "a range is [begin:end] or [begin:end:step]");
	return -EINVAL;
}

/* Cuts the text between ":"; false: not two or three short parts. */
static bool
cut_bounds(const char *text, size_t len, struct bounds *b)
{
	char *const parts[] = {b->begin, b->end, b->step};
	size_t i, n;

	str_copy(b->step, sizeof b->step, "1");
	for (i = 0; i < 3; i++) {
		const char *colon = memchr(text, ':', len);

		n = colon == NULL ? len : (size_t)(colon - text);
		if (n >= sizeof b->begin)
			return false;
		memcpy(parts[i], text, n);
		parts[i][n] = '\0';
		if (colon == NULL)
			return i > 0;
		text += n + 1;
		len -= n + 1;
	}
	return false;
}

/* Ansible marks both brackets by "|" and cuts there; order does not count. */
static int
find_bounds(const char *name, struct bounds *b, struct err *err)
{
	const char *open = strchr(name, '[');
	const char *close = strchr(name, ']');
	const char *first, *last;

	if (close == NULL)
		return wrong(err, name, "has no \"]\"");
	if (strchr(name, '|') != NULL)
		return wrong(err, name, "stands in a name with \"|\"");
	first = open < close ? open : close;
	last = open < close ? close : open;
	if (!cut_bounds(first + 1, (size_t)(last - first) - 1, b))
		return wrong(err, name, "must be begin:end or begin:end:step");
	b->head = name;
	b->head_len = (size_t)(first - name);
	b->tail = last + 1;
	if (b->begin[0] == '\0')
		str_copy(b->begin, sizeof b->begin, "0");
	if (b->end[0] == '\0')
		return wrong(err, name, "has no end");
	return 0;
}

/* Python's int(): blanks around, a sign, single underscores inside. */
static bool
python_int(const char *text, int64_t *ret_int)
{
	char digits[24];
	size_t n = 0;

	text += strspn(text, " \t");
	if (*text == '+' || *text == '-')
		digits[n++] = *text++;
	for (; *text != '\0' && *text != ' ' && *text != '\t'; text++) {
		if (*text == '_' && n > 0 && text[-1] != '_' &&
		    text[1] >= '0' && text[1] <= '9')
			continue;
		if (n + 1 >= sizeof digits)
			return false;
		digits[n++] = *text;
	}
	digits[n] = '\0';
	if (text[strspn(text, " \t")] != '\0')
		return false;
	return str_to_i64(digits[0] == '+' ? digits + 1 : digits, -BOUND_MAX,
		   BOUND_MAX, ret_int) == 0;
}

static bool
letter_index(const char *text, int64_t *ret_index)
{
	const char *at = strstr(letters, text);

	if (at == NULL)
		return false;
	*ret_index = at - letters;
	return true;
}

static int
read_bounds(const char *name, struct bounds *b, struct err *err)
{
	size_t len = strlen(b->begin);

	if (b->begin[0] == '0' && len > 1) {
		if (len != strlen(b->end))
			return wrong(err, name,
			    "needs begin and end of the same length");
		b->width = (int)len;
	}
	if (!python_int(b->step, &b->by) || b->by == 0)
		return wrong(err, name, "has a step that is no number");
	b->alpha =
	    letter_index(b->begin, &b->from) && letter_index(b->end, &b->to);
	if (b->alpha)
		return b->from > b->to
			   ? wrong(err, name, "ends before it begins")
			   : 0;
	if (!python_int(b->begin, &b->from) || !python_int(b->end, &b->to))
		return wrong(err, name, "mixes letters and numbers");
	return 0;
}

/* What one expansion may still cost. */
struct expansion {
	struct hostrange *range;
	size_t max;
	size_t work; /* names made, also those with ranges left in them */
	struct err *err;
};

static int
too_many(struct expansion *exp)
{
	err_set(exp->err, "a range of more than %zu hosts", exp->max);
	err_hint(exp->err, "is there a digit too many? A range is [begin:end]");
	return -E2BIG;
}

static int
add_name(struct expansion *exp, char *name)
{
	struct hostrange *range = exp->range;

	if (range->count == exp->max) {
		free(name);
		return too_many(exp);
	}
	if (range->count == range->size) {
		range->size = range->size == 0 ? 1 : range->size * 2;
		range->names = mem_resize(
		    range->names, range->size, sizeof range->names[0]);
	}
	range->names[range->count++] = name;
	return 0;
}

/* One name of the range; numbers padded as str.zfill() does. */
static char *
bounds_name(const struct bounds *b, int64_t at)
{
	char number[32];

	if (b->alpha) {
		number[0] = letters[at];
		number[1] = '\0';
	} else if (b->width > 0 && b->width < (int)sizeof number) {
		snprintf(
		    number, sizeof number, "%0*lld", b->width, (long long)at);
	} else {
		snprintf(number, sizeof number, "%lld", (long long)at);
	}
	return mem_printf(
	    "%.*s%s%s", (int)b->head_len, b->head, number, b->tail);
}

/* NOLINTBEGIN(misc-no-recursion): RANGE_NESTING_MAX bounds it */

/* Takes over the name and writes out its first range. */
static int
expand(struct expansion *exp, char *name, unsigned depth)
{
	struct bounds b = {0};
	int64_t at;
	int ret;

	if (strchr(name, '[') == NULL)
		return add_name(exp, name);
	if (depth == RANGE_NESTING_MAX)
		ret = wrong(exp->err, name, "comes after too many others");
	else
		ret = find_bounds(name, &b, exp->err);
	if (ret == 0)
		ret = read_bounds(name, &b, exp->err);
	/* Python's range(): the end belongs to it, a step may be negative. */
	for (at = b.from; ret == 0; at += b.by) {
		if (b.by > 0 ? at > b.to : at <= b.to + 1)
			break;
		if (exp->work++ >= exp->max * 2)
			ret = too_many(exp);
		else
			ret = expand(exp, bounds_name(&b, at), depth + 1);
	}
	free(name);
	return ret;
}

/* NOLINTEND(misc-no-recursion) */

int
hostrange_expand(const char *pattern, size_t max, struct hostrange *ret_range,
    struct err *err)
{
	struct hostrange range = {0};
	struct expansion exp = {.range = &range, .max = max, .err = err};
	struct hostport hp = {pattern, strlen(pattern), 0};
	int ret;

	split_port(&hp);
	if (is_address(&hp))
		range.port = hp.port;
	else
		hp = (struct hostport){pattern, strlen(pattern), 0};
	ret = expand(&exp, mem_strndup(hp.text, hp.len), 0);
	if (ret < 0)
		hostrange_done(&range);
	else
		*ret_range = range;
	return ret;
}

void
hostrange_done(struct hostrange *range)
{
	size_t i;

	for (i = 0; i < range->count; i++)
		free(range->names[i]);
	free(range->names);
	memset(range, 0, sizeof *range);
}
