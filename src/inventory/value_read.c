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

struct comparison {
	uint64_t *budget;
	int depth;
};

static bool
spend(struct comparison *c, uint64_t cost)
{
	if (*c->budget < cost) {
		*c->budget = 0;
		return false;
	}
	*c->budget -= cost;
	return true;
}

static bool equal_deep(struct comparison *c, struct value a, struct value b);

static bool
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
equal_lists(struct comparison *c, struct value a, struct value b)
{
	if (value_len(a) != value_len(b) ||
	    ((a.flags ^ b.flags) & VALUE_TUPLE) != 0)
		return false;
	for (size_t i = 0; i < a.u.l->len; i++)
		if (!equal_deep(c, a.u.l->items[i], b.u.l->items[i]))
			return false;
	return true;
}

static bool
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
equal_maps(struct comparison *c, struct value a, struct value b)
{
	if (value_len(a) != value_len(b))
		return false;
	for (size_t i = 0; i < a.u.m->len; i++) {
		struct value other = value_map_find(b, a.u.m->items[i].key);

		if (other.type == VALUE_UNDEFINED ||
		    !equal_deep(c, a.u.m->items[i].item, other))
			return false;
	}
	return true;
}

static bool
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
equal_deep(struct comparison *c, struct value a, struct value b)
{
	bool equal = false;

	if (is_number(a) && is_number(b))
		return equal_numbers(a, b);
	if (a.type != b.type || !spend(c, 1 + value_str_len(a) / 256))
		return false;
	switch (a.type) {
	case VALUE_STRING:
		return a.u.s->len == b.u.s->len &&
		       memcmp(a.u.s->data, b.u.s->data, a.u.s->len) == 0;
	case VALUE_LIST:
	case VALUE_MAP:
		if (c->depth++ < VALUE_DEPTH_MAX)
			equal = a.type == VALUE_LIST ? equal_lists(c, a, b)
						     : equal_maps(c, a, b);
		c->depth--;
		return equal;
	case VALUE_OBJECT:
		return a.u.o == b.u.o;
	default:
		return true;
	}
}

bool
value_equal_within(struct value a, struct value b, uint64_t *budget)
{
	struct comparison c = {.budget = budget};

	return equal_deep(&c, a, b);
}

bool
value_equal(struct value a, struct value b)
{
	uint64_t budget = UINT64_MAX;

	return value_equal_within(a, b, &budget);
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

#define LIMB 1000000000u
#define LIMBS_MAX 64 /* enough for VALUE_DIGITS_MAX digits of base 16 */

static uint32_t
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	return (uint32_t)((c | 0x20) - 'a') + 10;
}

struct value
value_big_int(const char *digits, int base)
{
	uint32_t limbs[LIMBS_MAX] = {0};
	size_t count = 1, i;
	struct value value;
	struct buf text;

	buf_init(&text, LIMBS_MAX * 9 + 1);
	if (*digits == '-')
		buf_addc(&text, *digits++);
	for (; *digits != '\0'; digits++) {
		uint64_t carry = digit_value(*digits);

		for (i = 0; i < count; i++) {
			carry += (uint64_t)limbs[i] * (uint64_t)base;
			limbs[i] = (uint32_t)(carry % LIMB);
			carry /= LIMB;
		}
		if (carry > 0 && count < LIMBS_MAX)
			limbs[count++] = (uint32_t)carry;
	}
	buf_addf(&text, "%u", limbs[--count]);
	while (count > 0)
		buf_addf(&text, "%09u", limbs[--count]);
	value = value_string_len(text.data, text.len);
	value.flags = VALUE_NUMBER;
	buf_done(&text);
	return value;
}
