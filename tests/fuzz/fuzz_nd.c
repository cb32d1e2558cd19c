/*
 * Router solicitations. Input: a packet from the IPv6 header on. The checksum
 * is also made right first, or hardly any input would come past it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/nd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	PACKET_MAX = 2048,
	HEADER = 40,
	CHECKSUM_AT = 42,
};

static void
decode(const uint8_t *packet, size_t len)
{
	struct nd_solicit solicit;
	uint8_t advert[ND_ADVERT_LEN];

	if (nd_decode_solicit(packet, len, &solicit) != ND_OK)
		return;
	if (len < HEADER + 8 || packet[7] != 255 ||
	    memcmp(&solicit.from, packet + 8, sizeof solicit.from) != 0)
		abort();
	if (solicit.has_link && IN6_IS_ADDR_UNSPECIFIED(&solicit.from))
		abort();
	nd_encode_advert(&solicit.from, &solicit.from, advert);
	if (nd_decode_solicit(advert, sizeof advert, &solicit) != ND_DROP_TYPE)
		abort();
}

static void
mend_checksum(uint8_t *packet, size_t len)
{
	size_t end = HEADER + (size_t)(packet[4] << 8 | packet[5]);
	uint32_t sum = 58 + (uint32_t)(end - HEADER);

	if (end > len || end < HEADER + 4)
		return;
	packet[CHECKSUM_AT] = packet[CHECKSUM_AT + 1] = 0;
	for (size_t i = 8; i < end; i++)
		sum += (uint32_t)packet[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	packet[CHECKSUM_AT] = (uint8_t)(~sum >> 8);
	packet[CHECKSUM_AT + 1] = (uint8_t)~sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t packet[PACKET_MAX];

	decode(data, len);
	if (len > sizeof packet || len < HEADER)
		return 0;
	memcpy(packet, data, len);
	mend_checksum(packet, len);
	decode(packet, len);
	return 0;
}
