#include "wire/ipudp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>

#include "base/rd.h"
#include "base/wr.h"

enum {
	TYPE_IPV4 = 0x0800,
	PROTOCOL_UDP = 17,
	IP_VERSION = 4,
	HEADER_MIN = 20,
	UDP_LEN = 8,
	CHECKSUM_AT = 10, /* in the IPv4 header */
	UDP_CHECKSUM_AT = 6,
	PIECE = 0x3fff, /* the bit "more fragments", and the offset */
	TTL = 64,
	TOS = 0xc0, /* CS6 */
};

static const char *const drop_names[IPUDP_DROP_COUNT] = {
    [IPUDP_OK] = "none",
    [IPUDP_DROP_SHORT] = "short-packet",
    [IPUDP_DROP_TYPE] = "not-udp",
    [IPUDP_DROP_HEADER] = "bad-ip-header",
    [IPUDP_DROP_LENGTH] = "bad-packet-length",
    [IPUDP_DROP_FRAGMENT] = "fragment",
    [IPUDP_DROP_IP_CHECKSUM] = "ip-checksum",
    [IPUDP_DROP_UDP_CHECKSUM] = "udp-checksum",
};

const char *
ipudp_drop_name(enum ipudp_drop drop)
{
	return (unsigned)drop < IPUDP_DROP_COUNT ? drop_names[drop] : "?";
}

/* RFC 1071: 16-bit words, the last byte filled up with zero. */
static uint32_t
add_words(uint32_t sum, const uint8_t *data, size_t len)
{
	for (; len > 1; data += 2, len -= 2)
		sum += (uint32_t)(data[0] << 8 | data[1]);
	return len > 0 ? sum + ((uint32_t)data[0] << 8) : sum;
}

/* The sum of 64 KiB and a header stays far below 32 bits. */
static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t
add_addr(uint32_t sum, struct in_addr addr)
{
	uint32_t host = ntohl(addr.s_addr);

	return sum + (host >> 16) + (host & 0xffff);
}

/* Over the pseudo header of RFC 768 and the datagram with its header. */
static uint16_t
udp_checksum(const struct ipudp *msg, const uint8_t *udp, size_t len)
{
	uint32_t sum = add_words(PROTOCOL_UDP + (uint32_t)len, udp, len);

	return fold(add_addr(add_addr(sum, msg->from), msg->to));
}

static enum ipudp_drop
decode_ethernet(struct rd *rd, struct ipudp *msg)
{
	const uint8_t *to = rd_bytes(rd, HWADDR_LEN);
	const uint8_t *from = rd_bytes(rd, HWADDR_LEN);
	uint16_t type = rd_u16be(rd);

	if (rd_bad(rd) || to == NULL || from == NULL)
		return IPUDP_DROP_SHORT;
	memcpy(msg->ether_to.b, to, HWADDR_LEN);
	memcpy(msg->ether_from.b, from, HWADDR_LEN);
	return type == TYPE_IPV4 ? IPUDP_OK : IPUDP_DROP_TYPE;
}

static struct in_addr
read_addr(struct rd *rd)
{
	return (struct in_addr){.s_addr = htonl(rd_u32be(rd))};
}

/* What of the IPv4 header decides what follows it. */
struct header {
	size_t len;
	size_t total;
	uint16_t fragment;
	uint8_t protocol;
};

static enum ipudp_drop
check_header(const struct header *hdr, const uint8_t *start, size_t left)
{
	if (hdr->len < HEADER_MIN)
		return IPUDP_DROP_HEADER;
	if (hdr->len > left)
		return IPUDP_DROP_SHORT;
	if (hdr->total < hdr->len || hdr->total > left)
		return IPUDP_DROP_LENGTH;
	if (fold(add_words(0, start, hdr->len)) != 0)
		return IPUDP_DROP_IP_CHECKSUM;
	if ((hdr->fragment & PIECE) != 0)
		return IPUDP_DROP_FRAGMENT;
	return hdr->protocol == PROTOCOL_UDP ? IPUDP_OK : IPUDP_DROP_TYPE;
}

/* Leaves in `rd` what the header says is its payload. */
static enum ipudp_drop
decode_ip(struct rd *rd, struct ipudp *msg)
{
	const uint8_t *start = rd->pos;
	size_t left = rd_left(rd);
	uint8_t first = rd_u8(rd);
	struct header hdr = {.len = (size_t)(first & 15) * 4};
	enum ipudp_drop drop;

	(void)rd_u8(rd); /* TOS */
	hdr.total = rd_u16be(rd);
	(void)rd_u16be(rd); /* identification */
	hdr.fragment = rd_u16be(rd);
	(void)rd_u8(rd); /* TTL */
	hdr.protocol = rd_u8(rd);
	(void)rd_u16be(rd); /* checksum */
	msg->from = read_addr(rd);
	msg->to = read_addr(rd);
	if (rd_bad(rd))
		return IPUDP_DROP_SHORT;
	if (first >> 4 != IP_VERSION)
		return IPUDP_DROP_TYPE;
	drop = check_header(&hdr, start, left);
	if (drop == IPUDP_OK)
		rd_init(rd, start + hdr.len, hdr.total - hdr.len);
	return drop;
}

static enum ipudp_drop
decode_udp(struct rd *rd, bool checksum_open, struct ipudp *msg)
{
	const uint8_t *start = rd->pos;
	size_t left = rd_left(rd);
	uint16_t len, checksum;

	msg->from_port = rd_u16be(rd);
	msg->to_port = rd_u16be(rd);
	len = rd_u16be(rd);
	checksum = rd_u16be(rd);
	if (rd_bad(rd))
		return IPUDP_DROP_SHORT;
	if (len < UDP_LEN || len > left)
		return IPUDP_DROP_LENGTH;
	/* Zero: the sender made none. */
	if (checksum != 0 && !checksum_open &&
	    udp_checksum(msg, start, len) != 0)
		return IPUDP_DROP_UDP_CHECKSUM;
	msg->data = start + UDP_LEN;
	msg->len = (size_t)len - UDP_LEN;
	return IPUDP_OK;
}

enum ipudp_drop
ipudp_decode(
    const void *packet, size_t len, unsigned flags, struct ipudp *ret_msg)
{
	bool open = (flags & IPUDP_CHECKSUM_OPEN) != 0;
	enum ipudp_drop drop = IPUDP_OK;
	struct ipudp msg = {.len = 0};
	struct rd rd;

	rd_init(&rd, packet, len);
	if ((flags & IPUDP_ETHERNET) != 0)
		drop = decode_ethernet(&rd, &msg);
	if (drop == IPUDP_OK)
		drop = decode_ip(&rd, &msg);
	if (drop == IPUDP_OK)
		drop = decode_udp(&rd, open, &msg);
	if (drop == IPUDP_OK)
		*ret_msg = msg;
	return drop;
}

static void
put_u16be(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
encode_ethernet(struct wr *wr, const struct ipudp *msg)
{
	wr_bytes(wr, msg->ether_to.b, HWADDR_LEN);
	wr_bytes(wr, msg->ether_from.b, HWADDR_LEN);
	wr_u16be(wr, TYPE_IPV4);
}

static void
encode_ip(struct wr *wr, const struct ipudp *msg)
{
	size_t start = wr->len;

	wr_u8(wr, IP_VERSION << 4 | HEADER_MIN / 4);
	wr_u8(wr, TOS);
	wr_u16be(wr, (uint16_t)(HEADER_MIN + UDP_LEN + msg->len));
	wr_u16be(wr, 0); /* identification: never a fragment (RFC 6864) */
	wr_u16be(wr, 0);
	wr_u8(wr, TTL);
	wr_u8(wr, PROTOCOL_UDP);
	wr_u16be(wr, 0); /* checksum, below */
	wr_bytes(wr, &msg->from.s_addr, sizeof msg->from.s_addr);
	wr_bytes(wr, &msg->to.s_addr, sizeof msg->to.s_addr);
	if (!wr_bad(wr))
		put_u16be(wr->start + start + CHECKSUM_AT,
		    fold(add_words(0, wr->start + start, HEADER_MIN)));
}

static void
encode_udp(struct wr *wr, const struct ipudp *msg)
{
	size_t start = wr->len;
	uint16_t checksum;

	wr_u16be(wr, msg->from_port);
	wr_u16be(wr, msg->to_port);
	wr_u16be(wr, (uint16_t)(UDP_LEN + msg->len));
	wr_u16be(wr, 0); /* checksum, below */
	wr_bytes(wr, msg->data, msg->len);
	if (wr_bad(wr))
		return;
	checksum = udp_checksum(msg, wr->start + start, wr->len - start);
	/* Zero would say that there is none. */
	put_u16be(wr->start + start + UDP_CHECKSUM_AT,
	    checksum != 0 ? checksum : UINT16_MAX);
}

int
ipudp_encode(const struct ipudp *msg, unsigned flags, void *out, size_t size,
    size_t *ret_len)
{
	struct wr wr;

	if (msg->len > UINT16_MAX - IPUDP_HEADERS_LEN)
		return -EMSGSIZE;
	wr_init(&wr, out, size);
	if ((flags & IPUDP_ETHERNET) != 0)
		encode_ethernet(&wr, msg);
	encode_ip(&wr, msg);
	encode_udp(&wr, msg);
	if (wr_bad(&wr))
		return -EMSGSIZE;
	*ret_len = wr.len;
	return 0;
}
