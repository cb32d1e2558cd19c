/* The recorded packets of tests/data/dhcp, for tests. */
#ifndef CONVECT_TESTS_PACKETS_H
#define CONVECT_TESTS_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/dhcp.h"

#define PACKETS_MAX 64

struct packet {
	char name[64];
	uint8_t data[DHCP_PACKET_MAX];
	size_t len;
};

/* All of them; read once, fails the test when they are not there. */
const struct packet *packets_all(size_t *ret_count);
/* One of them, by name. */
const struct packet *packets_get(const char *name);

#endif
