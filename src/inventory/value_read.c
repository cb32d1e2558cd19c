/* Values compared, and read as what a known variable should be. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inventory/value.h"
#include "inventory/value_impl.h"

static bool
is_number(struct value value)
{
	return value.type >= VALUE_BOOL && value.type <= VALUE_FLOAT;
}

static int64_t
whole(struct value value)
{
	return value.type == VALUE_BOOL ? value.u.b : value.u.i;
}

/* Exact even where a double can not hold the integer. */
static bool
equal_numbers(struct value a, struct value b)
{
	double f;
	int64_t i;

	if (a.type == VALUE_FLOAT && b.type == VALUE_FLOAT)
		return a.u.f <= b.u.f && a.u.f >= b.u.f;
	if (a.type != VALUE_FLOAT && b.type != VALUE_FLOAT)
		return whole(a) == whole(b);
	f = a.type == VALUE_FLOAT ? a.u.f : b.u.f;
	i = a.type == VALUE_FLOAT ? whole(b) : whole(a);
	if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0))
		return false;
	return trunc(f) >= f && trunc(f) <= f && (int64_t)f == i;
}

static bool equal_deep(struct value a, struct value b, int depth);

/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
static bool
equal_lists(struct value a, struct value b, int depth)
{
	if (value_len(a) != value_len(b) ||
	    ((a.flags ^ b.flags) & VALUE_TUPLE) != 0)
		return false;
	for (size_t i = 0; i < a.u.l->len; i++)
		if (!equal_deep(a.u.l->items[i], b.u.l->items[i], depth))
			return false;
	return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
static bool
equal_maps(struct value a, struct value b, int depth)
{
	if (value_len(a) != value_len(b))
		return false;
	for (size_t i = 0; i < a.u.m->len; i++) {
		struct value other = value_map_find(b, a.u.m->items[i].key);

		if (other.type == VALUE_UNDEFINED ||
		    !equal_deep(a.u.m->items[i].item, other, depth))
			return false;
	}
	return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
static bool
equal_deep(struct value a, struct value b, int depth)
{
	if (is_number(a) && is_number(b))
		return equal_numbers(a, b);
	if (a.type != b.type || depth > VALUE_DEPTH_MAX)
		return false;
	switch (a.type) {
	case VALUE_STRING:
		return a.u.s->len == b.u.s->len &&
		       memcmp(a.u.s->data, b.u.s->data, a.u.s->len) == 0;
	case VALUE_LIST:
		return equal_lists(a, b, depth + 1);
	case VALUE_MAP:
		return equal_maps(a, b, depth + 1);
	case VALUE_OBJECT:
		return a.u.o == b.u.o;
	default:
		return true;
	}
}

bool
value_equal(struct value a, struct value b)
{
	return equal_deep(a, b, 0);
}

int
value_as_bool(struct value value, bool *ret_bool)
{
	static const char *const yes[] = {"yes", "true", "on", "1", "y", "t"};
	static const char *const no[] = {"no", "false", "off", "0", "n", "f"};

	if (value.type == VALUE_UNDEFINED || value.type == VALUE_NULL)
		return -ENOENT;
	if (is_number(value)) {
		if (!equal_numbers(value, value_int(0)) &&
		    !equal_numbers(value, value_int(1)))
			return -EINVAL;
		*ret_bool = value_truth(value);
		return 0;
	}
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (str_eq_nocase(value_str(value), yes[i])) {
			*ret_bool = true;
			return 0;
		}
		if (str_eq_nocase(value_str(value), no[i])) {
			*ret_bool = false;
			return 0;
		}
	}
	return -EINVAL;
}

int
value_as_int(struct value value, int64_t *ret_int)
{
	if (value.type == VALUE_UNDEFINED || value.type == VALUE_NULL)
		return -ENOENT;
	if (value.type == VALUE_INT) {
		*ret_int = value.u.i;
		return 0;
	}
	if (value.type != VALUE_STRING ||
	    strlen(value.u.s->data) != value.u.s->len)
		return -EINVAL;
	return str_to_i64(value.u.s->data, INT64_MIN, INT64_MAX, ret_int) == 0
		   ? 0
		   : -EINVAL;
}
