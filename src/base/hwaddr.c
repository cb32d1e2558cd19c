#include "base/hwaddr.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

/* Takes out `sep`, which has to stand after each `group` digits. */
static int
strip(const char *str, char sep, size_t group, char digits[2 * HWADDR_LEN + 1])
{
	size_t n = 0;
	size_t len = strlen(str);

	for (size_t i = 0; i < len; i++) {
		if (i % (group + 1) == group) {
			if (str[i] != sep)
				return -EINVAL;
			continue;
		}
		if (n == 2 * HWADDR_LEN)
			return -EINVAL;
		digits[n++] = str[i];
	}
	digits[n] = '\0';
	return n == 2 * HWADDR_LEN && str[len - 1] != sep ? 0 : -EINVAL;
}

int
hwaddr_parse(const char *str, struct hwaddr *ret_addr)
{
	char digits[2 * HWADDR_LEN + 1];
	struct hwaddr addr;
	int ret;

	if (strchr(str, ':') != NULL)
		ret = strip(str, ':', 2, digits);
	else if (strchr(str, '-') != NULL)
		ret = strip(str, '-', 2, digits);
	else if (strchr(str, '.') != NULL)
		ret = strip(str, '.', 4, digits);
	else
		ret = strip(str, '\0', 2 * HWADDR_LEN, digits);
	if (ret < 0 || str_unhex(digits, addr.b, HWADDR_LEN) < 0 ||
	    !hwaddr_is_nic(&addr))
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

bool
hwaddr_is_nic(const struct hwaddr *addr)
{
	static const struct hwaddr zero;

	return (addr->b[0] & 1) == 0 && !hwaddr_eq(addr, &zero);
}

bool
hwaddr_eq(const struct hwaddr *a, const struct hwaddr *b)
{
	return memcmp(a->b, b->b, HWADDR_LEN) == 0;
}

const char *
hwaddr_format_sep(const struct hwaddr *addr, char sep, char out[HWADDR_STRLEN])
{
	char *p = out;

	for (size_t i = 0; i < HWADDR_LEN; i++) {
		if (i > 0 && sep != '\0')
			*p++ = sep;
		str_hex(addr->b + i, 1, p);
		p += 2;
	}
	return out;
}

const char *
hwaddr_format(const struct hwaddr *addr, char out[HWADDR_STRLEN])
{
	return hwaddr_format_sep(addr, ':', out);
}
