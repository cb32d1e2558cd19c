/* proxyDHCP with a node to boot and no sockets, for tests of exchanges. */
#ifndef CONVECT_TESTS_PROXYDHCP_WORLD_H
#define CONVECT_TESTS_PROXYDHCP_WORLD_H

#include "app/proxydhcp.h"
#include "packets.h"

#define WORLD_IFINDEX 7

enum {
	XID_AT = 4,
	SECS_AT = 8,
	MAC_AT = 28
};

struct world {
	struct clock clock;
	struct iface *iface;
	struct proxydhcp *proxydhcp;
	struct proxydhcp_answer answer;
	unsigned asked;
	unsigned sightings;
	unsigned traces;
	struct hwaddr trace_mac;
	char trace_drop[32]; /* "" for a reply */
	bool replied;
	enum proxydhcp_drop drop;
	struct in_addr from; /* of what comes to port 67 */
	char stage[16];
	char arch[24];
	char client[16];
	char problem[256];
	const char *vendor_class;
	unsigned sent;
	struct proxydhcp_reply reply;
	struct dhcp_msg got;
};

struct in_addr addr(const char *text);
/* For cmocka: *state is the world, with three loaders and the node "gpu1". */
int setup(void **state);
int teardown(void **state);
/* True when it was answered; the reply is decoded to world->got. */
bool feed(struct world *world, uint16_t port, const struct packet *packet);
/* The same with a recorded packet. */
bool feed_name(struct world *world, uint16_t port, const char *name);
uint64_t counter(const struct world *world, const char *name);
/* For proxydhcp_post(): counts in world->sent. */
void on_send(void *arg, const struct proxydhcp_reply *reply);

#endif
