/* Values to JSON as Python writes it, and back by jansson. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/value.h"
#include "inventory/value_impl.h"

struct writer {
	const struct value_json_style *style;
	struct buf *out;
};

static void
write_float(double f, struct buf *out)
{
	char text[VALUE_FLOAT_STRLEN];

	if (isnan(f))
		buf_adds(out, "NaN");
	else if (isinf(f))
		buf_adds(out, f < 0 ? "-Infinity" : "Infinity");
	else
		buf_adds(out, value_format_float(f, text));
}

/* The code point at valid UTF-8; *at moves behind it. */
static uint32_t
take_code_point(const unsigned char **at)
{
	const unsigned char *s = *at;

	if (s[0] < 0x80) {
		*at += 1;
		return s[0];
	}
	if (s[0] < 0xe0) {
		*at += 2;
		return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3fU);
	}
	if (s[0] < 0xf0) {
		*at += 3;
		return (uint32_t)(s[0] & 0x0f) << 12 |
		       (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3fU);
	}
	*at += 4;
	return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
	       (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3fU);
}

static void
write_escaped(uint32_t c, struct buf *out)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = c == 0 || c > 0x7f ? NULL : strchr(from, (int)c);

	if (at != NULL) {
		buf_addc(out, '\\');
		buf_addc(out, to[at - from]);
	} else if (c > 0xffff) {
		c -= 0x10000;
		buf_addf(out, "\\u%04x\\u%04x", 0xd800 | c >> 10,
		    0xdc00 | (c & 0x3ff));
	} else {
		buf_addf(out, "\\u%04x", c);
	}
}

static bool
is_plain(unsigned char c, bool utf8)
{
	return c >= 0x20 && c != '"' && c != '\\' && (c < 0x7f || utf8);
}

/* Bytes that are not UTF-8 come out as U+FFFD. */
static void
write_string(const struct writer *w, const char *str, size_t len)
{
	const unsigned char *at = (const unsigned char *)str;
	const unsigned char *end = at + len;
	const unsigned char *valid = at + str_utf8_valid_len(str, len);

	buf_addc(w->out, '"');
	while (at < end) {
		const unsigned char *start = at;

		while (at < valid && is_plain(*at, w->style->utf8))
			at++;
		buf_add(w->out, start, (size_t)(at - start));
		if (at < valid) {
			write_escaped(take_code_point(&at), w->out);
		} else if (at < end) {
			buf_adds(w->out,
			    w->style->utf8 ? "\xef\xbf\xbd" : "\\ufffd");
			at++;
			valid = at + str_utf8_valid_len(
					 (const char *)at, (size_t)(end - at));
		}
	}
	buf_addc(w->out, '"');
}

static void
write_break(const struct writer *w, int depth)
{
	if (w->style->indent < 0)
		return;
	buf_addc(w->out, '\n');
	for (int i = 0; i < depth * w->style->indent; i++)
		buf_addc(w->out, ' ');
}

static void
write_item_sep(const struct writer *w)
{
	if (w->style->item_sep != NULL)
		buf_adds(w->out, w->style->item_sep);
	else
		buf_adds(w->out, w->style->indent < 0 ? ", " : ",");
}

static void write_deep(const struct writer *w, struct value value, int depth);

static void
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
write_list(const struct writer *w, struct value list, int depth)
{
	buf_addc(w->out, '[');
	for (size_t i = 0; i < list.u.l->len; i++) {
		if (i > 0)
			write_item_sep(w);
		write_break(w, depth);
		write_deep(w, list.u.l->items[i], depth);
	}
	if (list.u.l->len > 0)
		write_break(w, depth - 1);
	buf_addc(w->out, ']');
}

static double
key_number(struct value key)
{
	if (key.type == VALUE_FLOAT)
		return key.u.f;
	return key.type == VALUE_BOOL ? key.u.b : (double)key.u.i;
}

/* Numbers by size and before words, words by code point. */
static int
compare_keys(const void *a, const void *b, void *map)
{
	const struct value *m = map;
	const uint32_t *x = a;
	const uint32_t *y = b;
	struct value left = m->u.m->items[*x].key;
	struct value right = m->u.m->items[*y].key;
	bool left_word = left.type == VALUE_STRING || left.type == VALUE_NULL;
	bool right_word =
	    right.type == VALUE_STRING || right.type == VALUE_NULL;

	if (left_word != right_word)
		return left_word ? 1 : -1;
	if (left_word)
		return strcmp(
		    value_map_key_at(*m, *x), value_map_key_at(*m, *y));
	if (key_number(left) < key_number(right))
		return -1;
	return key_number(left) > key_number(right);
}

static uint32_t *
entry_order(struct value map, bool sort)
{
	uint32_t *order;

	if (!sort || map.u.m->len < 2)
		return NULL;
	order = mem_array(map.u.m->len, sizeof *order);
	for (uint32_t i = 0; i < map.u.m->len; i++)
		order[i] = i;
	qsort_r(order, map.u.m->len, sizeof *order, compare_keys, &map);
	return order;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
write_map(const struct writer *w, struct value map, int depth)
{
	uint32_t *order = entry_order(map, w->style->sort);

	buf_addc(w->out, '{');
	for (size_t i = 0; i < map.u.m->len; i++) {
		size_t at = order == NULL ? i : order[i];
		struct value key = map.u.m->items[at].key;
		const char *name = value_map_key_at(map, at);

		if (i > 0)
			write_item_sep(w);
		write_break(w, depth);
		write_string(w, name,
		    key.type == VALUE_STRING ? key.u.s->len : strlen(name));
		buf_adds(w->out,
		    w->style->key_sep == NULL ? ": " : w->style->key_sep);
		write_deep(w, map.u.m->items[at].item, depth);
	}
	if (map.u.m->len > 0)
		write_break(w, depth - 1);
	buf_addc(w->out, '}');
	free(order);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
write_deep(const struct writer *w, struct value value, int depth)
{
	if (depth > VALUE_DEPTH_MAX)
		w->out->bad = true;
	if (w->out->bad)
		return;
	if (w->style->mask && (value.flags & VALUE_SECRET) != 0) {
		buf_adds(w->out, "\"********\"");
		return;
	}
	switch (value.type) {
	case VALUE_BOOL:
		buf_adds(w->out, value.u.b ? "true" : "false");
		break;
	case VALUE_INT:
		buf_addf(w->out, "%lld", (long long)value.u.i);
		break;
	case VALUE_FLOAT:
		write_float(value.u.f, w->out);
		break;
	case VALUE_STRING:
		if ((value.flags & VALUE_NUMBER) != 0)
			buf_add(w->out, value.u.s->data, value.u.s->len);
		else
			write_string(w, value.u.s->data, value.u.s->len);
		break;
	case VALUE_LIST:
		write_list(w, value, depth + 1);
		break;
	case VALUE_MAP:
		write_map(w, value, depth + 1);
		break;
	default:
		buf_adds(w->out, "null");
		break;
	}
}

void
value_write_json_as(
    struct value value, const struct value_json_style *style, struct buf *out)
{
	struct writer w = {.style = style, .out = out};

	write_deep(&w, value, 0);
}

void
value_write_json(struct value value, int indent, bool sort, struct buf *out)
{
	struct value_json_style style = {.indent = indent, .sort = sort};

	value_write_json_as(value, &style, out);
}

static int from_json(json_t *json, int depth, struct value *ret_value);

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
from_array(json_t *json, int depth, struct value *ret_value)
{
	struct value list = value_list_new();

	for (size_t i = 0; i < json_array_size(json); i++) {
		struct value item;
		int ret = from_json(json_array_get(json, i), depth, &item);

		if (ret != 0) {
			value_unref(list);
			return ret;
		}
		value_list_add(list, item);
	}
	*ret_value = list;
	return 0;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
from_object(json_t *json, int depth, struct value *ret_value)
{
	struct value map = value_map_new();
	const char *key;
	json_t *member;

	json_object_foreach(json, key, member)
	{
		struct value item;
		int ret = from_json(member, depth, &item);

		if (ret != 0) {
			value_unref(map);
			return ret;
		}
		value_map_set(map, key, item);
	}
	*ret_value = map;
	return 0;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
from_json(json_t *json, int depth, struct value *ret_value)
{
	if (depth > VALUE_DEPTH_MAX)
		return -E2BIG;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return from_object(json, depth + 1, ret_value);
	case JSON_ARRAY:
		return from_array(json, depth + 1, ret_value);
	case JSON_STRING:
		*ret_value = value_string_len(
		    json_string_value(json), json_string_length(json));
		return 0;
	case JSON_INTEGER:
		*ret_value = value_int(json_integer_value(json));
		return 0;
	case JSON_REAL:
		*ret_value = value_float(json_real_value(json));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret_value = value_bool(json_is_true(json));
		return 0;
	case JSON_NULL:
	default:
		*ret_value = value_null();
		return 0;
	}
}

int
value_parse_json(
    const char *text, size_t len, struct value *ret_value, struct err *err)
{
	json_error_t error;
	json_t *json;
	int ret;

	json = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (json == NULL) {
		err_at(err, NULL, error.line, error.column, "not JSON: %s",
		    error.text);
		return -EINVAL;
	}
	ret = from_json(json, 0, ret_value);
	if (ret != 0)
		err_set(err, "JSON nested deeper than %d", VALUE_DEPTH_MAX);
	json_decref(json);
	return ret;
}
