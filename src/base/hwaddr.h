/*
 * Ethernet hardware addresses. Any usual spelling is read (aa:bb:.., AA-BB-..,
 * aabb.ccdd.eeff, twelve digits); one is written: lower case with colons.
 */
#ifndef CONVECT_BASE_HWADDR_H
#define CONVECT_BASE_HWADDR_H

#include <stdbool.h>
#include <stdint.h>

#define HWADDR_LEN 6
#define HWADDR_STRLEN 18 /* with the terminator */

struct hwaddr {
	uint8_t b[HWADDR_LEN];
};

/*
 * -EINVAL: not an address, or one that no NIC has (all zero, or the multicast
 * bit set, which includes broadcast).
 */
int hwaddr_parse(const char *str, struct hwaddr *ret_addr);
bool hwaddr_is_nic(const struct hwaddr *addr);
bool hwaddr_eq(const struct hwaddr *a, const struct hwaddr *b);
/* Colons; `sep` of hwaddr_format_sep() may be '-' or 0 for none. */
const char *hwaddr_format(const struct hwaddr *addr, char out[HWADDR_STRLEN]);
const char *hwaddr_format_sep(
    const struct hwaddr *addr, char sep, char out[HWADDR_STRLEN]);

#endif
