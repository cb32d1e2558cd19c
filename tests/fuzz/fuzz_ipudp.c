/*
 * IPv4 and UDP. Input: a byte of flags for the decoder, then the packet. What
 * is taken lies within the input, and encoding it again gives a packet that
 * decodes to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ipudp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
check_again(const struct ipudp *msg)
{
	static uint8_t packet[IPUDP_SIZE(UINT16_MAX)];
	struct ipudp got;
	size_t len;

	check(ipudp_encode(msg, IPUDP_ETHERNET, packet, sizeof packet, &len) ==
	      0);
	check(len == IPUDP_SIZE(msg->len));
	check(ipudp_decode(packet, len, IPUDP_ETHERNET, &got) == IPUDP_OK);
	check(got.from.s_addr == msg->from.s_addr);
	check(got.to.s_addr == msg->to.s_addr);
	check(got.from_port == msg->from_port && got.to_port == msg->to_port);
	check(got.len == msg->len);
	check(msg->len == 0 || memcmp(got.data, msg->data, msg->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ipudp msg;

	if (len == 0)
		return 0;
	if (ipudp_decode(data + 1, len - 1, data[0], &msg) != IPUDP_OK)
		return 0;
	check(msg.data > data && msg.data <= data + len);
	check(msg.len <= (size_t)(data + len - msg.data));
	check_again(&msg);
	return 0;
}
