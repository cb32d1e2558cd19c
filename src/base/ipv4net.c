#include "base/ipv4net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"

static int
parse(const char *text, struct ipv4net *net)
{
	char addr[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	int64_t bits = 32;

	if (len >= sizeof addr)
		return -EINVAL;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (inet_pton(AF_INET, addr, &net->addr) != 1)
		return -EINVAL;
	if (slash != NULL && str_to_i64(slash + 1, 1, 32, &bits) < 0)
		return -EINVAL;
	net->mask.s_addr = htonl(UINT32_MAX << (32 - bits));
	return 0;
}

int
ipv4net_parse(const char *text, struct ipv4net *ret_net, struct err *err)
{
	struct ipv4net net;
	char addr[INET_ADDRSTRLEN];

	if (parse(text, &net) < 0) {
		err_set(err, "\"%s\" is not an IPv4 network", text);
		err_hint(err, "written as in \"10.80.0.0/16\"");
		return -EINVAL;
	}
	if ((net.addr.s_addr & ~net.mask.s_addr) != 0) {
		net.addr.s_addr &= net.mask.s_addr;
		(void)inet_ntop(AF_INET, &net.addr, addr, sizeof addr);
		err_set(err, "\"%s\" has bits set behind its prefix", text);
		err_hint(err, "the network is %s%s", addr, strchr(text, '/'));
		return -EINVAL;
	}
	*ret_net = net;
	return 0;
}

bool
ipv4net_holds(const struct ipv4net *net, struct in_addr addr)
{
	return (addr.s_addr & net->mask.s_addr) == net->addr.s_addr;
}

char *
ipv4_format(struct in_addr addr, char out[INET_ADDRSTRLEN])
{
	const uint8_t *byte = (const uint8_t *)&addr.s_addr;
	char *at = out;

	for (int i = 0; i < 4; i++) {
		if (byte[i] >= 100)
			*at++ = (char)('0' + byte[i] / 100);
		if (byte[i] >= 10)
			*at++ = (char)('0' + byte[i] / 10 % 10);
		*at++ = (char)('0' + byte[i] % 10);
		*at++ = i < 3 ? '.' : '\0';
	}
	return out;
}

bool
ipv4net_is_host(struct in_addr addr)
{
	uint32_t first = ntohl(addr.s_addr) >> 24;

	return first != 0 && first != 127 && first < 224;
}
