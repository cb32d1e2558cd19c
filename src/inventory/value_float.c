/* Floats as Python's repr() writes them. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "inventory/value.h"

struct digits {
	char text[VALUE_FLOAT_STRLEN];
	int len;
	int exponent; /* of the first digit */
};

/* The fewest digits that read back as the same number: at most 17. */
static void
shortest_digits(double f, struct digits *digits)
{
	char text[VALUE_FLOAT_STRLEN];
	const char *end;
	int prec = f < DBL_MIN ? 0 : 14; /* denormals hold fewer digits */

	for (; prec <= 16; prec++) {
		double back;

		snprintf(text, sizeof text, "%.*e", prec, f);
		back = strtod(text, NULL);
		if (back >= f && back <= f)
			break;
	}
	end = strchr(text, 'e');
	digits->exponent = (int)strtol(end + 1, NULL, 10);
	for (const char *at = text; at < end; at++)
		if (*at != '.')
			digits->text[digits->len++] = *at;
	while (digits->len > 1 && digits->text[digits->len - 1] == '0')
		digits->len--;
}

static void
put_zeros(struct wr *wr, int count)
{
	for (int i = 0; i < count; i++)
		wr_u8(wr, '0');
}

static void
put_scientific(struct wr *wr, const struct digits *digits)
{
	int size = abs(digits->exponent);

	wr_u8(wr, (uint8_t)digits->text[0]);
	if (digits->len > 1) {
		wr_u8(wr, '.');
		wr_bytes(wr, digits->text + 1, (size_t)digits->len - 1);
	}
	wr_u8(wr, 'e');
	wr_u8(wr, digits->exponent < 0 ? '-' : '+');
	if (size >= 100)
		wr_u8(wr, (uint8_t)('0' + size / 100));
	wr_u8(wr, (uint8_t)('0' + size / 10 % 10));
	wr_u8(wr, (uint8_t)('0' + size % 10));
}

static void
put_plain(struct wr *wr, const struct digits *digits)
{
	int whole = digits->exponent + 1; /* digits before the point */

	if (whole <= 0) {
		wr_bytes(wr, "0.", 2);
		put_zeros(wr, -whole);
		wr_bytes(wr, digits->text, (size_t)digits->len);
	} else if (digits->len <= whole) {
		wr_bytes(wr, digits->text, (size_t)digits->len);
		put_zeros(wr, whole - digits->len);
		wr_bytes(wr, ".0", 2);
	} else {
		wr_bytes(wr, digits->text, (size_t)whole);
		wr_u8(wr, '.');
		wr_bytes(
		    wr, digits->text + whole, (size_t)(digits->len - whole));
	}
}

const char *
value_format_float(double f, char out[VALUE_FLOAT_STRLEN])
{
	struct digits digits = {0};
	struct wr wr;

	if (isnan(f)) {
		str_copy(out, VALUE_FLOAT_STRLEN, "nan");
		return out;
	}
	if (isinf(f)) {
		str_copy(out, VALUE_FLOAT_STRLEN, f < 0 ? "-inf" : "inf");
		return out;
	}
	wr_init(&wr, out, VALUE_FLOAT_STRLEN);
	if (signbit(f))
		wr_u8(&wr, '-');
	shortest_digits(fabs(f), &digits);
	if (digits.exponent < -4 || digits.exponent >= 16)
		put_scientific(&wr, &digits);
	else
		put_plain(&wr, &digits);
	wr_u8(&wr, '\0');
	return out;
}
