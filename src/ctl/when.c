#include "ctl/when.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

static const struct {
	char letter;
	int64_t seconds;
} when_units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

/* ".123": milliseconds; what is finer is cut. */
static int64_t
fraction_ms(const char *digits, size_t count)
{
	int64_t ms = 0;

	for (size_t i = 0; i < 3; i++)
		ms = 10 * ms + (i < count ? digits[i] - '0' : 0);
	return ms;
}

int
when_parse(const char *text, int64_t *ret_ms)
{
	static const char *const shapes[] = {
	    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"};

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct tm tm = {0};
		const char *end = strptime(text, shapes[i], &tm);
		int64_t ms = 0;

		if (end == NULL)
			continue;
		if (*end == '.') {
			size_t digits = strspn(end + 1, "0123456789");

			ms = fraction_ms(end + 1, digits);
			end += 1 + digits;
		}
		if (strcmp(end, "Z") != 0 && *end != '\0')
			continue;
		*ret_ms = (int64_t)timegm(&tm) * 1000 + ms;
		return 0;
	}
	return -EINVAL;
}

const char *
when_ago(int64_t then_ms, int64_t now_ms, char out[WHEN_STRLEN])
{
	int64_t seconds = (now_ms - then_ms) / 1000;

	str_copy(out, WHEN_STRLEN, "now");
	if (seconds < 1)
		return out;
	for (size_t i = 0; i < sizeof when_units / sizeof when_units[0]; i++) {
		if (seconds < when_units[i].seconds)
			continue;
		(void)snprintf(out, WHEN_STRLEN, "%lld%c",
		    (long long)(seconds / when_units[i].seconds),
		    when_units[i].letter);
		break;
	}
	return out;
}

int
when_since(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	char digits[16];
	size_t len = strlen(text);
	int64_t count;

	if (len < 2 || len > sizeof digits)
		return when_parse(text, ret_ms);
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	for (size_t i = 0; i < sizeof when_units / sizeof when_units[0]; i++) {
		if (text[len - 1] != when_units[i].letter)
			continue;
		if (str_to_i64(digits, 0, 36500 * 86400LL, &count) < 0)
			return -EINVAL;
		*ret_ms = now_ms - count * when_units[i].seconds * 1000;
		return 0;
	}
	return when_parse(text, ret_ms);
}
