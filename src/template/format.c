/* One value by one specification, and the % operator. */
#include "template/format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "template/str.h"
#include "template/utf8.h"

static void
write_fill(const struct format_spec *spec, int64_t times, struct buf *out)
{
	const char *fill = spec->fill[0] == '\0' ? " " : spec->fill;

	while (times-- > 0)
		buf_adds(out, fill);
}

/* Text of a sign and digits, or with no sign at all. */
static void
write_aligned(const struct format_spec *spec, struct span text, char fallback,
    struct buf *out)
{
	char align = spec->align != 0 ? spec->align : fallback;
	int64_t missing = spec->width - (int64_t)utf8_count(text.at, text.len);
	int64_t left = 0;
	size_t sign = 0;

	if (align == '=' && text.len > 0 && strchr("+- ", text.at[0]) != NULL)
		sign = 1;
	if (align == '=' && text.len > sign + 1 && text.at[sign] == '0' &&
	    strchr("xXob", text.at[sign + 1]) != NULL)
		sign += 2;
	if (missing < 0)
		missing = 0;
	if (align == '>' || align == '=')
		left = missing;
	else if (align == '^')
		left = missing / 2;
	buf_add(out, text.at, sign);
	write_fill(spec, left, out);
	buf_add(out, text.at + sign, text.len - sign);
	write_fill(spec, missing - left, out);
}

static void
group_digits(struct buf *text, char group)
{
	size_t start = strspn(text->data, "+- ");
	size_t digits = strspn(text->data + start, "0123456789");
	struct buf out;

	buf_init(&out, 1000);
	buf_add(&out, text->data, start);
	for (size_t i = 0; i < digits; i++) {
		if (i > 0 && (digits - i) % 3 == 0)
			buf_addc(&out, group);
		buf_addc(&out, text->data[start + i]);
	}
	buf_adds(&out, text->data + start + digits);
	buf_reset(text);
	buf_add(text, out.data, out.len);
	buf_done(&out);
}

static void
write_magnitude(uint64_t number, unsigned base, bool upper, struct buf *out)
{
	char digits[65];
	size_t at = sizeof digits;

	do {
		unsigned digit = (unsigned)(number % base);

		digits[--at] =
		    (char)(digit < 10 ? '0' + digit
				      : (upper ? 'A' : 'a') + digit - 10);
		number /= base;
	} while (number > 0);
	buf_add(out, digits + at, sizeof digits - at);
}

static void
write_sign(const struct format_spec *spec, bool negative, struct buf *out)
{
	if (negative)
		buf_addc(out, '-');
	else if (spec->sign != 0)
		buf_addc(out, spec->sign);
}

static int
write_whole(struct vm *vm, const struct format_spec *spec, int64_t number,
    struct buf *out)
{
	uint64_t magnitude =
	    number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	unsigned base = 10;
	struct buf text;

	buf_init(&text, 1000);
	write_sign(spec, number < 0, &text);
	switch (spec->type) {
	case 'x':
	case 'X':
		base = 16;
		break;
	case 'o':
		base = 8;
		break;
	case 'b':
		base = 2;
		break;
	case 'c':
		if (magnitude > 0x10ffff ||
		    (magnitude >= 0xd800 && magnitude < 0xe000)) {
			buf_done(&text);
			return vm_fail(vm, "%%c: no such character");
		}
		utf8_add(&text, (uint32_t)magnitude);
		break;
	default:
		break;
	}
	if (spec->alternate && base != 10) {
		buf_addc(&text, '0');
		buf_addc(&text, spec->type);
	}
	if (spec->type != 'c')
		write_magnitude(magnitude, base, spec->type == 'X', &text);
	if (spec->group != 0)
		group_digits(&text, spec->group);
	write_aligned(spec, (struct span){text.data, text.len},
	    spec->type == 'c' ? '<'
	    : spec->zero      ? '='
			      : '>',
	    out);
	buf_done(&text);
	return 0;
}

/* Without a type: as repr() has it, at least one digit behind the point. */
static void
write_plain_real(double real, int precision, struct buf *text)
{
	char digits[VALUE_FLOAT_STRLEN];

	if (precision < 0) {
		buf_adds(text, value_format_float(real, digits));
		return;
	}
	buf_addf(text, "%.*g", precision == 0 ? 1 : precision, real);
	if (strpbrk(text->data, ".en") == NULL)
		buf_adds(text, ".0");
}

static int
write_real(const struct format_spec *spec, double real, struct buf *out)
{
	char type = spec->type;
	int precision = spec->precision < 0 ? 6 : spec->precision;
	double size = fabs(real);
	struct buf text;

	if (precision > 300)
		precision = 300;
	buf_init(&text, 1000);
	write_sign(spec, signbit(real) != 0 && !isnan(real), &text);
	if (isnan(real) || isinf(real))
		buf_adds(&text, isnan(real) ? "nan" : "inf");
	else if (type == 0)
		write_plain_real(size, spec->precision, &text);
	else if (type == 'e' || type == 'E')
		buf_addf(&text, type == 'e' ? "%.*e" : "%.*E", precision, size);
	else if (type == 'g' || type == 'G' || type == 'n')
		buf_addf(&text, type == 'G' ? "%.*G" : "%.*g",
		    precision == 0 ? 1 : precision, size);
	else
		buf_addf(
		    &text, "%.*f", precision, type == '%' ? size * 100 : size);
	if (type == '%')
		buf_addc(&text, '%');
	if (spec->group != 0)
		group_digits(&text, spec->group);
	write_aligned(spec, (struct span){text.data, text.len},
	    spec->zero ? '=' : '>', out);
	buf_done(&text);
	return 0;
}

static int
write_text(struct vm *vm, const struct format_spec *spec, struct value value,
    struct buf *out)
{
	struct value text = {0};
	struct span shown;
	int ret = text_of(vm, value, &text);

	if (ret != 0)
		return ret;
	shown = str_span(text);
	if (spec->precision >= 0)
		shown.len =
		    utf8_offset(shown.at, shown.len, (size_t)spec->precision);
	write_aligned(spec, shown, '<', out);
	value_unref(text);
	return 0;
}

static int
write_repr(struct vm *vm, const struct format_spec *spec, struct value value,
    struct buf *out)
{
	struct format_spec as_text = *spec;
	struct value text = {0};
	struct buf repr;
	int ret;

	vm_buf_init(&repr);
	ret = text_repr(vm, value, &repr);
	if (ret != 0) {
		buf_done(&repr);
		return ret;
	}
	ret = vm_buf_take(vm, &repr, &text);
	if (ret != 0)
		return ret;
	as_text.type = 's';
	ret = write_text(vm, &as_text, text, out);
	value_unref(text);
	return ret;
}

static bool
is_in(char c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

int
format_write(struct vm *vm, const struct format_spec *spec, struct value value,
    struct buf *out)
{
	bool whole = value.type == VALUE_INT || value.type == VALUE_BOOL;
	int64_t number = value.type == VALUE_BOOL ? value.u.b : value.u.i;

	if (value.type == VALUE_UNDEFINED)
		return vm_undefined(vm, value);
	if (spec->type == 'r')
		return write_repr(vm, spec, value, out);
	if (spec->type == 's' ||
	    (spec->type == 0 && !whole && value.type != VALUE_FLOAT))
		return write_text(vm, spec, value, out);
	if (whole && (spec->type == 0 || is_in(spec->type, "dxXobcn")))
		return write_whole(vm, spec, number, out);
	if (whole && is_in(spec->type, "eEfFgG%"))
		return write_real(spec, (double)number, out);
	if (value.type == VALUE_FLOAT &&
	    (spec->type == 0 || is_in(spec->type, "eEfFgG%n")))
		return write_real(spec, value.u.f, out);
	return vm_fail(vm, "a %s can not be formatted as '%c'",
	    value_type_name(value), spec->type);
}

/* ---- the % operator ---- */

struct percent {
	struct vm *vm;
	struct value args;
	size_t used;
	const char *at;
	const char *end;
};

/* The value of a "%s"; a tuple gives one after the other. */
static int
next_arg(struct percent *p, struct value *ret_value)
{
	bool many =
	    p->args.type == VALUE_LIST && (p->args.flags & VALUE_TUPLE) != 0;

	if (p->used >= (many ? value_len(p->args) : 1))
		return vm_fail(p->vm, "there are too few values to format");
	*ret_value = many ? value_list_at(p->args, p->used) : p->args;
	p->used++;
	return 0;
}

/* Behind "%": "(name)" when there is one. */
static int
named_arg(struct percent *p, struct value *ret_value)
{
	const char *close;
	struct value key;

	close = memchr(p->at, ')', (size_t)(p->end - p->at));
	if (close == NULL)
		return vm_fail(p->vm, "a name in the format is never closed");
	if (p->args.type != VALUE_MAP)
		return vm_fail(p->vm, "names in a format need a map");
	key = value_string_len(p->at + 1, (size_t)(close - p->at - 1));
	*ret_value = value_map_find(p->args, key);
	if (ret_value->type == VALUE_UNDEFINED)
		vm_fail(
		    p->vm, "there is no value '%s' to format", value_str(key));
	value_unref(key);
	p->at = close + 1;
	p->used = 1;
	return ret_value->type == VALUE_UNDEFINED ? -EINVAL : 0;
}

static int
read_count(struct percent *p, int *ret_count)
{
	struct value value = {0};
	int count = 0;
	int ret;

	if (p->at < p->end && *p->at == '*') {
		p->at++;
		ret = next_arg(p, &value);
		if (ret != 0)
			return ret;
		if (value.type != VALUE_INT || value.u.i < 0 ||
		    value.u.i > FORMAT_WIDTH_MAX)
			return vm_fail(p->vm, "a bad '*' in the format");
		*ret_count = (int)value.u.i;
		return 0;
	}
	while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
		count = count * 10 + (*p->at++ - '0');
		if (count > FORMAT_WIDTH_MAX)
			return vm_fail(p->vm,
			    "a width in a format is at most "
			    "%d",
			    FORMAT_WIDTH_MAX);
	}
	*ret_count = count;
	return 0;
}

static void
read_flags(struct percent *p, struct format_spec *spec)
{
	for (; p->at < p->end; p->at++) {
		switch (*p->at) {
		case '-':
			spec->align = '<';
			break;
		case '+':
			spec->sign = '+';
			break;
		case ' ':
			if (spec->sign == 0)
				spec->sign = ' ';
			break;
		case '#':
			spec->alternate = true;
			break;
		case '0':
			spec->zero = true;
			break;
		default:
			return;
		}
	}
}

/* %d takes a float by its whole part, as Python does. */
static int
write_percent(struct percent *p, struct format_spec *spec, struct value value,
    struct buf *out)
{
	if (is_in(spec->type, "iu"))
		spec->type = 'd';
	if (spec->type == 'a')
		spec->type = 'r';
	if (!is_in(spec->type, "dxXocrseEfFgG"))
		return vm_fail(p->vm, "'%%%c' is no conversion", spec->type);
	if (spec->type == 'd' && value.type == VALUE_FLOAT &&
	    fabs(value.u.f) < 9.2e18)
		value = value_int((int64_t)value.u.f);
	if (spec->type == 'c' && value.type == VALUE_STRING)
		spec->type = 's';
	if (spec->align == 0)
		spec->align =
		    spec->zero && !is_in(spec->type, "src") ? '=' : '>';
	if (spec->align == '=')
		memcpy(spec->fill, "0", 2);
	return format_write(p->vm, spec, value, out);
}

static int
convert(struct percent *p, struct buf *out)
{
	struct format_spec spec = {.precision = -1};
	struct value value = {0};
	bool named = p->at < p->end && *p->at == '(';
	int ret = named ? named_arg(p, &value) : 0;

	if (ret == 0) {
		read_flags(p, &spec);
		ret = read_count(p, &spec.width);
	}
	if (ret == 0 && p->at < p->end && *p->at == '.') {
		p->at++;
		ret = read_count(p, &spec.precision);
	}
	if (ret != 0)
		return ret;
	while (p->at < p->end && is_in(*p->at, "hlL"))
		p->at++;
	if (p->at >= p->end)
		return vm_fail(p->vm, "the format ends in a '%%'");
	spec.type = *p->at++;
	if (spec.type == '%') {
		buf_addc(out, '%');
		return 0;
	}
	if (!named)
		ret = next_arg(p, &value);
	return ret == 0 ? write_percent(p, &spec, value, out) : ret;
}

int
format_percent(struct vm *vm, struct value format, struct value args,
    struct value *ret_value)
{
	struct percent p = {.vm = vm,
	    .args = args,
	    .at = value_str(format),
	    .end = value_str(format) + value_str_len(format)};
	struct buf out;
	int ret = 0;

	vm_buf_init(&out);
	while (ret == 0 && p.at < p.end) {
		const char *sign = memchr(p.at, '%', (size_t)(p.end - p.at));
		size_t plain = (size_t)((sign == NULL ? p.end : sign) - p.at);

		buf_add(&out, p.at, plain);
		p.at += plain;
		if (p.at >= p.end)
			break;
		p.at++;
		ret = vm_work(vm, 1);
		if (ret == 0)
			ret = convert(&p, &out);
	}
	/* Python takes lists and maps for sources of names: no complaint. */
	if (ret == 0 && args.type != VALUE_MAP &&
	    (args.type != VALUE_LIST || (args.flags & VALUE_TUPLE) != 0) &&
	    p.used < ((args.flags & VALUE_TUPLE) != 0 ? value_len(args) : 1))
		ret = vm_fail(vm, "not all values have been formatted");
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}
