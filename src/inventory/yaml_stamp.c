#include "inventory/yaml_stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* Reads min to max digits; -1 when there are fewer. */
static int
take_number(const char **text, size_t min, size_t max)
{
	size_t n = strspn(*text, DIGITS);
	int value = 0;

	if (n < min)
		return -1;
	for (n = 0; n < max && **text >= '0' && **text <= '9'; n++)
		value = value * 10 + (*(*text)++ - '0');
	return value;
}

static bool
take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool
take_zone(const char **text, struct yaml_stamp *stamp)
{
	int sign, hours, minutes = 0;

	if (**text == '\0')
		return true;
	*text += strspn(*text, " \t");
	stamp->has_zone = true;
	if (take_char(text, 'Z'))
		return true;
	sign = **text == '-' ? -1 : 1;
	if (!take_char(text, '-') && !take_char(text, '+'))
		return false;
	hours = take_number(text, 1, 2);
	if (hours >= 0 && take_char(text, ':'))
		minutes = take_number(text, 2, 2);
	stamp->zone = sign * (hours * 60 + minutes);
	return hours >= 0 && minutes >= 0;
}

static void
take_fraction(const char **text, struct yaml_stamp *stamp)
{
	size_t n = strspn(*text, DIGITS);

	if (n == 0)
		return;
	memset(stamp->fraction, '0', 6);
	memcpy(stamp->fraction, *text, n < 6 ? n : 6);
	if (strcmp(stamp->fraction, "000000") == 0)
		stamp->fraction[0] = '\0';
	*text += n;
}

static bool
take_time(const char **text, struct yaml_stamp *stamp)
{
	size_t blanks = strspn(*text, " \t");

	if (blanks > 0)
		*text += blanks;
	else if (!take_char(text, 'T') && !take_char(text, 't'))
		return false;
	stamp->has_time = true;
	stamp->hour = take_number(text, 1, 2);
	if (stamp->hour < 0 || !take_char(text, ':'))
		return false;
	stamp->minute = take_number(text, 2, 2);
	if (stamp->minute < 0 || !take_char(text, ':'))
		return false;
	stamp->second = take_number(text, 2, 2);
	if (stamp->second < 0)
		return false;
	if (take_char(text, '.'))
		take_fraction(text, stamp);
	return take_zone(text, stamp);
}

bool
yaml_stamp_read(const char *text, struct yaml_stamp *ret_stamp)
{
	struct yaml_stamp stamp = {0};
	const char *p = text;
	bool ok;

	if (strspn(p, DIGITS) != 4)
		return false;
	stamp.year = take_number(&p, 4, 4);
	if (!take_char(&p, '-'))
		return false;
	stamp.month = take_number(&p, 1, 2);
	if (stamp.month < 0 || !take_char(&p, '-'))
		return false;
	stamp.day = take_number(&p, 1, 2);
	if (stamp.day < 0)
		return false;
	if (*p == '\0') /* without a time, only with all the digits */
		ok = strlen(text) == strlen("2001-12-14");
	else
		ok = take_time(&p, &stamp) && *p == '\0';
	if (ok)
		*ret_stamp = stamp;
	return ok;
}

static bool
stamp_exists(const struct yaml_stamp *stamp)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y = stamp->year, last;

	if (y < 1 || stamp->month < 1 || stamp->month > 12)
		return false;
	last = days[stamp->month - 1];
	if (stamp->month == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		last = 29;
	return stamp->day >= 1 && stamp->day <= last && stamp->hour < 24 &&
	       stamp->minute < 60 && stamp->second < 60 &&
	       abs(stamp->zone) < 24 * 60;
}

const char *
yaml_stamp_value(const struct yaml_stamp *stamp, struct value *ret_value)
{
	char out[64], zone[16] = "";
	int east = abs(stamp->zone);

	if (!stamp_exists(stamp))
		return "no such date or time";
	if (!stamp->has_time) {
		snprintf(out, sizeof out, "%04d-%02d-%02d", stamp->year,
		    stamp->month, stamp->day);
		*ret_value = value_string(out);
		return NULL;
	}
	if (stamp->has_zone)
		snprintf(zone, sizeof zone, "%c%02d:%02d",
		    stamp->zone < 0 ? '-' : '+', east / 60, east % 60);
	snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d%s%s%s",
	    stamp->year, stamp->month, stamp->day, stamp->hour, stamp->minute,
	    stamp->second, stamp->fraction[0] == '\0' ? "" : ".",
	    stamp->fraction, zone);
	*ret_value = value_string(out);
	return NULL;
}
