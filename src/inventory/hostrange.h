/*
 * Host names as inventories write them: "gpu[01:16].rack", "web:2222",
 * "[2001:db8::1]:22". Ansible's rules, oddities included.
 */
#ifndef CONVECT_INVENTORY_HOSTRANGE_H
#define CONVECT_INVENTORY_HOSTRANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Names in order; a list that owns its strings. */
struct hostrange {
	char **names;
	size_t count;
	size_t size;
	int64_t port; /* 0: none given */
};

/*
 * Splits off a port and writes every range out. At most `max` names, else
 * -E2BIG; -EINVAL: a range that makes no sense. A range may be empty.
 */
int hostrange_expand(const char *pattern, size_t max,
    struct hostrange *ret_range, struct err *err);
void hostrange_done(struct hostrange *range);

/* Whether Ansible sees a host with an optional port in it. */
bool hostrange_is_address(const char *text);
/* An IPv4 or IPv6 address; such names have no short form. */
bool hostrange_is_ip(const char *text);

#endif
