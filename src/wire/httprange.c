#include "wire/httprange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_space(const char *pos)
{
	while (*pos == ' ' || *pos == '\t')
		pos++;
	return pos;
}

/* Digits up to the first other byte; a number too large stays at the top. */
static const char *
read_number(const char *pos, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (; is_digit(*pos); pos++) {
		uint64_t digit = (uint64_t)(*pos - '0');

		if (value > (UINT64_MAX - digit) / 10)
			value = UINT64_MAX;
		else
			value = value * 10 + digit;
	}
	*ret_value = value;
	return pos;
}

struct range_spec {
	bool has_first;
	bool has_last;
	uint64_t first;
	uint64_t last; /* without a first: the length of the suffix */
};

/* One int-range or suffix-range and nothing behind it. */
static bool
read_spec(const char *header, struct range_spec *ret_spec)
{
	static const char unit[] = "bytes";
	struct range_spec spec = {0};
	const char *pos = skip_space(header);

	if (strncasecmp(pos, unit, sizeof unit - 1) != 0)
		return false;
	pos = skip_space(pos + sizeof unit - 1);
	if (*pos != '=')
		return false;
	pos = skip_space(pos + 1);
	spec.has_first = is_digit(*pos);
	pos = read_number(pos, &spec.first);
	if (*pos != '-')
		return false;
	pos++;
	spec.has_last = is_digit(*pos);
	pos = skip_space(read_number(pos, &spec.last));
	if (*pos != '\0' || (!spec.has_first && !spec.has_last))
		return false;
	if (spec.has_first && spec.has_last && spec.first > spec.last)
		return false;
	*ret_spec = spec;
	return true;
}

static enum httprange
resolve(const struct range_spec *spec, uint64_t size,
    struct httprange_span *ret_span)
{
	struct httprange_span span = {0};

	if (!spec->has_first) {
		span.len = spec->last < size ? spec->last : size;
		span.first = size - span.len;
	} else if (spec->first < size) {
		span.first = spec->first;
		span.len = size - spec->first;
		if (spec->has_last && spec->last - spec->first < span.len)
			span.len = spec->last - spec->first + 1;
	}
	if (span.len == 0)
		span.first = 0;
	*ret_span = span;
	return span.len > 0 ? HTTPRANGE_PART : HTTPRANGE_UNSATISFIABLE;
}

enum httprange
httprange_parse(
    const char *header, uint64_t size, struct httprange_span *ret_span)
{
	struct range_spec spec;

	if (header != NULL && read_spec(header, &spec))
		return resolve(&spec, size, ret_span);
	ret_span->first = 0;
	ret_span->len = size;
	return HTTPRANGE_WHOLE;
}

const char *
httprange_date(time_t when, char out[HTTPRANGE_DATE_STRLEN])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900)
		return out;
	(void)snprintf(out, HTTPRANGE_DATE_STRLEN,
	    "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	    days + (size_t)tm.tm_wday * 3, tm.tm_mday,
	    months + (size_t)tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
	return out;
}

/* `pos` names `text` and after it comes nothing but spaces or `stop`. */
static bool
is_word(const char *pos, const char *text, char stop)
{
	size_t len = strlen(text);

	if (len == 0 || strncmp(pos, text, len) != 0)
		return false;
	pos = skip_space(pos + len);
	return *pos == '\0' || *pos == stop;
}

bool
httprange_if_range(const char *header, const char *etag, time_t mtime)
{
	char date[HTTPRANGE_DATE_STRLEN];

	if (header == NULL)
		return true;
	header = skip_space(header);
	/* Strong comparison: a weak tag, theirs or ours, never matches. */
	if (header[0] == '"')
		return etag[0] == '"' && is_word(header, etag, '\0');
	return is_word(header, httprange_date(mtime, date), '\0');
}

/* Past one entity tag, or NULL where there is none. */
static const char *
skip_tag(const char *pos)
{
	if (strncmp(pos, "W/", 2) == 0)
		pos += 2;
	if (*pos != '"')
		return NULL;
	pos = strchr(pos + 1, '"');
	return pos == NULL ? NULL : pos + 1;
}

static const char *
without_weak(const char *tag)
{
	return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool
httprange_etag_listed(const char *header, const char *etag)
{
	const char *pos;

	if (header == NULL)
		return false;
	pos = skip_space(header);
	if (is_word(pos, "*", '\0'))
		return true;
	etag = without_weak(etag);
	while (*pos != '\0') {
		if (is_word(without_weak(pos), etag, ','))
			return true;
		pos = skip_tag(pos);
		if (pos == NULL)
			return false;
		pos = skip_space(pos);
		while (*pos == ',')
			pos = skip_space(pos + 1);
	}
	return false;
}
