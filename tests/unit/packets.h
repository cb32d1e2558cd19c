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

/* A DISCOVER with these options behind the magic, given as hex. */
size_t packets_make(uint8_t packet[DHCP_PACKET_MAX], const char *options);
/* From a copy of its own size, so that a sanitizer sees a read past the end. */
enum dhcp_drop packets_decode(
    const uint8_t *packet, size_t len, struct dhcp_msg *ret_msg);
enum dhcp_drop packets_decode_options(
    const char *options, struct dhcp_msg *ret_msg);
/* Fails the test when the option is not this; NULL: not there. */
void packets_assert_option(
    const struct dhcp_msg *msg, enum dhcp_slot slot, const char *hex);

#endif
