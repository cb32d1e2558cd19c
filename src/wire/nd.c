#include "wire/nd.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

enum {
	IPV6_VERSION = 6,
	IPV6_HEADER = 40,
	ICMPV6 = 58,
	HOP_LIMIT = 255,
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	SOLICIT_LEN = 8,
	ADVERT_LEN = ND_ADVERT_LEN - IPV6_HEADER,
	OPTION_SOURCE_LINK = 1,
	OPTION_UNIT = 8, /* lengths of options are in these */
	CHECKSUM_AT = 2,
};

static const char *const drop_names[ND_DROP_COUNT] = {
    [ND_OK] = "none",
    [ND_DROP_SHORT] = "short",
    [ND_DROP_TYPE] = "type",
    [ND_DROP_LENGTH] = "length",
    [ND_DROP_HOP_LIMIT] = "hop-limit",
    [ND_DROP_SOURCE] = "source-address",
    [ND_DROP_CHECKSUM] = "checksum",
    [ND_DROP_OPTION] = "option",
};

const char *
nd_drop_name(enum nd_drop drop)
{
	return (unsigned)drop < ND_DROP_COUNT ? drop_names[drop] : "?";
}

static uint32_t
add_words(uint32_t sum, const void *data, size_t len)
{
	struct rd rd;

	rd_init(&rd, data, len);
	while (rd_left(&rd) >= 2)
		sum += rd_u16be(&rd);
	if (rd_left(&rd) > 0)
		sum += (uint32_t)rd_u8(&rd) << 8;
	return sum;
}

/*
 * Over the pseudo header of RFC 8200 section 8.1, too. 0 for a message whose
 * checksum is right; else what to put where a zero is.
 */
static uint16_t
checksum(const struct in6_addr *from, const struct in6_addr *to,
    const uint8_t *message, size_t len)
{
	uint32_t sum = ICMPV6 + (uint32_t)len;

	sum = add_words(sum, from, sizeof *from);
	sum = add_words(sum, to, sizeof *to);
	sum = add_words(sum, message, len);
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)~sum;
}

struct header {
	struct in6_addr from;
	struct in6_addr to;
	const uint8_t *message;
	size_t len;
};

static void
read_address(struct rd *rd, struct in6_addr *ret_addr)
{
	const uint8_t *bytes = rd_bytes(rd, sizeof *ret_addr);

	if (bytes != NULL)
		memcpy(ret_addr, bytes, sizeof *ret_addr);
}

/* No extension headers: nothing that boots sends them here. */
static enum nd_drop
read_header(const void *packet, size_t len, struct header *ret_header)
{
	struct header header;
	uint8_t next, hops;
	uint32_t first;
	struct rd rd;

	rd_init(&rd, packet, len);
	first = rd_u32be(&rd);
	header.len = rd_u16be(&rd);
	next = rd_u8(&rd);
	hops = rd_u8(&rd);
	read_address(&rd, &header.from);
	read_address(&rd, &header.to);
	if (rd_bad(&rd))
		return ND_DROP_SHORT;
	if (first >> 28 != IPV6_VERSION || next != ICMPV6)
		return ND_DROP_TYPE;
	header.message = rd_bytes(&rd, header.len);
	if (header.message == NULL)
		return ND_DROP_LENGTH;
	if (hops != HOP_LIMIT)
		return ND_DROP_HOP_LIMIT;
	*ret_header = header;
	return ND_OK;
}

static enum nd_drop
read_options(struct rd *rd, struct nd_solicit *solicit)
{
	while (rd_left(rd) > 0) {
		uint8_t type = rd_u8(rd);
		size_t len = (size_t)rd_u8(rd) * OPTION_UNIT;
		const uint8_t *value = len == 0 ? NULL : rd_bytes(rd, len - 2);

		if (value == NULL)
			return ND_DROP_OPTION;
		if (type != OPTION_SOURCE_LINK || len != OPTION_UNIT)
			continue;
		solicit->has_link = true;
		memcpy(solicit->link.b, value, HWADDR_LEN);
	}
	return ND_OK;
}

enum nd_drop
nd_decode_solicit(
    const void *packet, size_t len, struct nd_solicit *ret_solicit)
{
	struct nd_solicit solicit = {.has_link = false};
	struct header header;
	enum nd_drop drop = read_header(packet, len, &header);
	uint8_t type, code;
	struct rd rd;

	if (drop != ND_OK)
		return drop;
	rd_init(&rd, header.message, header.len);
	type = rd_u8(&rd);
	code = rd_u8(&rd);
	(void)rd_bytes(&rd, SOLICIT_LEN - 2); /* checksum, reserved */
	if (rd_bad(&rd))
		return ND_DROP_SHORT;
	if (type != ROUTER_SOLICITATION || code != 0)
		return ND_DROP_TYPE;
	if (IN6_IS_ADDR_MULTICAST(&header.from) ||
	    IN6_IS_ADDR_LOOPBACK(&header.from))
		return ND_DROP_SOURCE;
	if (checksum(&header.from, &header.to, header.message, header.len) != 0)
		return ND_DROP_CHECKSUM;
	drop = read_options(&rd, &solicit);
	if (drop != ND_OK)
		return drop;
	/* Who has no address yet must not be remembered by one. */
	if (solicit.has_link && IN6_IS_ADDR_UNSPECIFIED(&header.from))
		return ND_DROP_OPTION;
	solicit.from = header.from;
	*ret_solicit = solicit;
	return ND_OK;
}

void
nd_encode_advert(const struct in6_addr *from, const struct in6_addr *to,
    uint8_t out[ND_ADVERT_LEN])
{
	uint8_t *message = out + IPV6_HEADER;
	struct wr wr;
	uint16_t sum;

	wr_init(&wr, out, ND_ADVERT_LEN);
	wr_u32be(&wr, (uint32_t)IPV6_VERSION << 28);
	wr_u16be(&wr, ADVERT_LEN);
	wr_u8(&wr, ICMPV6);
	wr_u8(&wr, HOP_LIMIT);
	wr_bytes(&wr, from, sizeof *from);
	wr_bytes(&wr, to, sizeof *to);
	wr_u8(&wr, ROUTER_ADVERTISEMENT);
	/* Code, checksum, hop limit, flags, lifetime and both timers. */
	wr_zeros(&wr, ADVERT_LEN - 1);
	sum = checksum(from, to, message, ADVERT_LEN);
	message[CHECKSUM_AT] = (uint8_t)(sum >> 8);
	message[CHECKSUM_AT + 1] = (uint8_t)sum;
}
