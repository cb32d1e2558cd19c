#include "base/str.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool
str_starts(const char *str, const char *prefix)
{
	return strncmp(str, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *str, const char *suffix)
{
	size_t len = strlen(str);
	size_t tail = strlen(suffix);

	return len >= tail && strcmp(str + len - tail, suffix) == 0;
}

bool
str_is_inner_path(const char *path)
{
	if (path[0] == '\0' || path[0] == '/')
		return false;
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.')
			return false;
		path += len;
		path += *path == '/';
	}
	return true;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
str_eq_nocase(const char *a, const char *b)
{
	for (; *a != '\0' && lower(*a) == lower(*b); a++)
		b++;
	return *a == '\0' && *b == '\0';
}

int
str_to_i64(const char *str, int64_t min, int64_t max, int64_t *ret_value)
{
	bool negative = *str == '-';
	int64_t value = 0;

	str += negative;
	if (*str == '\0')
		return -EINVAL;
	for (; *str != '\0'; str++) {
		if (*str < '0' || *str > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *str - '0', &value))
			return -ERANGE;
	}
	/* Summed below zero, where INT64_MIN fits too. */
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return -ERANGE;
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

void
str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (size == 0)
		return;
	if (len >= size)
		len = size - 1;
	memmove(dst, src, len);
	dst[len] = '\0';
}

void
str_hex(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
str_unhex(const char *hex, uint8_t *ret_data, size_t len)
{
	if (strlen(hex) != 2 * len)
		return -EINVAL;
	for (size_t i = 0; i < 2 * len; i++) {
		if (hex_digit(hex[i]) < 0)
			return -EINVAL;
	}
	for (size_t i = 0; i < len; i++)
		ret_data[i] = (uint8_t)((unsigned)hex_digit(hex[2 * i]) << 4 |
					(unsigned)hex_digit(hex[2 * i + 1]));
	return 0;
}

/* Bytes that follow a lead byte, and the range of the first of them. */
static size_t
utf8_tail(unsigned char lead, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef)
		return 2;
	return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
}

/* Length of one that is valid and no ASCII, or 0. */
static size_t
utf8_sequence(const unsigned char *p, size_t left)
{
	unsigned char high;
	unsigned char low;
	size_t tail;

	tail = utf8_tail(p[0], &low, &high);
	if (tail == 0 || tail >= left || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i <= tail; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return tail + 1;
}

/* Eight bytes at a time: most text has nothing else. */
static size_t
ascii_len(const unsigned char *p, size_t len)
{
	size_t pos = 0;
	uint64_t eight;

	while (len - pos >= sizeof eight) {
		memcpy(&eight, p + pos, sizeof eight);
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
		pos += sizeof eight;
	}
	while (pos < len && p[pos] < 0x80)
		pos++;
	return pos;
}

size_t
str_utf8_valid_len(const char *str, size_t len)
{
	const unsigned char *p = (const unsigned char *)str;
	size_t pos = 0;

	while (pos < len) {
		size_t n = ascii_len(p + pos, len - pos);

		if (n == 0)
			n = utf8_sequence(p + pos, len - pos);
		if (n == 0)
			break;
		pos += n;
	}
	return pos;
}

enum {
	DISTANCE_MAX = 64
};

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
str_distance(const char *a, const char *b)
{
	size_t row[DISTANCE_MAX + 1];
	size_t len_a = strlen(a);
	size_t len_b = strlen(b);

	if (len_a >= DISTANCE_MAX || len_b >= DISTANCE_MAX)
		return DISTANCE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t cost = a[i - 1] != b[j - 1];
			size_t above = row[j];

			row[j] =
			    least(above + 1, row[j - 1] + 1, diagonal + cost);
			diagonal = above;
		}
	}
	return row[len_b];
}

bool
str_glob(const char *pattern, const char *str)
{
	return fnmatch(pattern, str, 0) == 0;
}

const char *
str_size(uint64_t bytes, char out[STR_SIZE_LEN])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		(void)snprintf(out, STR_SIZE_LEN, "%u B", (unsigned)bytes);
		return out;
	}
	while (size >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
		size /= 1024;
		unit++;
	}
	(void)snprintf(out, STR_SIZE_LEN, "%.1f %s", size, units[unit]);
	return out;
}
