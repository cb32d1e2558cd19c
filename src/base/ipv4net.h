/* IPv4 networks as an operator writes them: "10.80.0.0/16". */
#ifndef CONVECT_BASE_IPV4NET_H
#define CONVECT_BASE_IPV4NET_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"

struct ipv4net {
	struct in_addr addr;
	struct in_addr mask;
};

/*
 * An address, "/" and 1 to 32 bits; without them it is that address alone.
 * -EINVAL: anything else, host bits that are set, and 0.0.0.0/0, since "all
 * of the world" is nobody's network.
 */
int ipv4net_parse(const char *text, struct ipv4net *ret_net, struct err *err);
bool ipv4net_holds(const struct ipv4net *net, struct in_addr addr);
/*
 * As inet_ntop() writes it, without its printf: this is on the way of every
 * DHCP reply. Returns `out`.
 */
char *ipv4_format(struct in_addr addr, char out[INET_ADDRSTRLEN]);
/* A unicast address; not of "this network", loopback, multicast and above. */
bool ipv4net_is_host(struct in_addr addr);

#endif
