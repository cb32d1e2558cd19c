#include "core/sha256sums.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define SUM_DIGITS (SHA256_HEXLEN - 1)

int
sha256_parse(const char *hex, char ret_hex[SHA256_HEXLEN])
{
	uint8_t sum[SUM_DIGITS / 2];

	if (strlen(hex) != SUM_DIGITS || str_unhex(hex, sum, sizeof sum) < 0)
		return -EINVAL;
	str_hex(sum, sizeof sum, ret_hex);
	return 0;
}

/* The line's file name, which may stand behind "./"; NULL: not a sum line. */
static const char *
line_name(const char *line, size_t len, size_t *ret_len)
{
	const char *name;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len < SUM_DIGITS + 3 || line[SUM_DIGITS] != ' ')
		return NULL;
	if (line[SUM_DIGITS + 1] != ' ' && line[SUM_DIGITS + 1] != '*')
		return NULL;
	name = line + SUM_DIGITS + 2;
	len -= SUM_DIGITS + 2;
	if (len > 2 && name[0] == '.' && name[1] == '/') {
		name += 2;
		len -= 2;
	}
	*ret_len = len;
	return name;
}

static int
line_match(
    const char *line, size_t len, const char *name, char ret_hex[SHA256_HEXLEN])
{
	char hex[SHA256_HEXLEN];
	size_t name_len = 0;
	const char *found = line_name(line, len, &name_len);

	if (found == NULL || name_len != strlen(name) ||
	    memcmp(found, name, name_len) != 0)
		return -ENOENT;
	memcpy(hex, line, SUM_DIGITS);
	hex[SUM_DIGITS] = '\0';
	return sha256_parse(hex, ret_hex) < 0 ? -EBADMSG : 0;
}

int
sha256sums_find(
    const char *text, size_t len, const char *name, char ret_hex[SHA256_HEXLEN])
{
	int ret = -ENOENT;

	while (len > 0 && ret == -ENOENT) {
		const char *end = memchr(text, '\n', len);
		size_t line = end == NULL ? len : (size_t)(end - text);

		ret = line_match(text, line, name, ret_hex);
		text += line;
		len -= line;
		if (len > 0) {
			text++;
			len--;
		}
	}
	return ret;
}
