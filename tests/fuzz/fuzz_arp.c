/* Replies of ARP. Input: a packet from ARP's header on. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t probe[ARP_LEN];
	struct arp_reply reply;

	if (arp_decode_reply(data, len, &reply) < 0)
		return 0;
	if (len < ARP_LEN || !hwaddr_is_nic(&reply.mac) ||
	    memcmp(&reply.addr, data + 14, sizeof reply.addr) != 0)
		abort();
	arp_encode_probe(&reply.mac, reply.addr, probe);
	if (arp_decode_reply(probe, sizeof probe, &reply) == 0)
		abort();
	return 0;
}
