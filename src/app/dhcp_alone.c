#include "app/dhcp_alone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/hwaddr.h"
#include "base/ipv4net.h"
#include "net/dhcpprobe.h"

enum {
	/* dnsmasq and others first ask the network whether an address is free,
	 * which takes three seconds. */
	WAIT_MS = 4500,
	TRIES = 3,
};

struct asking {
	bool done;
	bool found;
	struct dhcpprobe_offer offer;
};

/* Who offers no address is a proxy, such as ourselves elsewhere. */
static void
on_result_cb(void *arg, const struct dhcpprobe_result *result)
{
	struct asking *asking = arg;

	asking->done = true;
	for (size_t i = 0; i < result->count && !asking->found; i++) {
		if (result->offers[i].msg.yiaddr.s_addr == 0)
			continue;
		asking->found = true;
		asking->offer = result->offers[i];
	}
}

static void
explain(const struct asking *asking, const struct iface *iface, struct err *err)
{
	const struct dhcpprobe_offer *offer = &asking->offer;
	const struct iface_addr *list;
	char mac[HWADDR_STRLEN];
	char from[INET_ADDRSTRLEN];
	char addr[INET_ADDRSTRLEN];
	const char *name = "?";
	size_t count;

	list = iface_list(iface, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].ifindex == offer->ifindex)
			name = list[i].name;
	}
	err_set(err,
	    "another DHCP server answers on %s: %s, hardware address %s, "
	    "offers %s",
	    name, ipv4_format(offer->from, from),
	    hwaddr_format(&offer->from_mac, mac),
	    ipv4_format(offer->msg.yiaddr, addr));
	err_hint(err,
	    "serve beside it with --dhcp proxy, or switch it off, or leave "
	    "the interface out with --interface");
}

/* Each interface once; those with several addresses are listed in a row. */
static size_t
served_links(const struct iface *iface, int out[DHCPPROBE_LINKS_MAX])
{
	const struct iface_addr *list;
	size_t count, n = 0;

	list = iface_list(iface, &count);
	for (size_t i = 0; i < count && n < DHCPPROBE_LINKS_MAX; i++) {
		bool known = false;

		for (size_t j = 0; j < n; j++)
			known = known || out[j] == list[i].ifindex;
		if (list[i].served && !known)
			out[n++] = list[i].ifindex;
	}
	return n;
}

int
dhcp_alone_check(
    struct loop *loop, const struct iface *iface, int fd, struct err *err)
{
	struct dhcpprobe_conf conf = {
	    .arch = DHCP_NO_ARCH, .wait_ms = WAIT_MS, .tries = TRIES};
	struct asking asking = {.done = false};
	struct dhcpprobe *probe;
	int ret;

	conf.links = served_links(iface, conf.ifindex);
	if (conf.links == 0) {
		(void)close(fd);
		return 0;
	}
	ret = dhcpprobe_new(loop, fd, &conf, on_result_cb, &asking, &probe);
	if (ret < 0) {
		(void)close(fd);
		err_set(err, "cannot look for other DHCP servers");
		return ret;
	}
	while (ret == 0 && !asking.done)
		ret = loop_turn(loop);
	dhcpprobe_free(probe);
	if (ret == 0 && asking.found) {
		explain(&asking, iface, err);
		ret = -EADDRINUSE;
	}
	return ret;
}
