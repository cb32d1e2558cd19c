#include "wire/arp.h"

#include <errno.h>
#include <string.h>

#include "base/ipv4net.h"
#include "base/rd.h"
#include "base/wr.h"

enum {
	ETHERNET = 1,
	IPV4 = 0x0800,
	IPV4_LEN = 4,
	REQUEST = 1,
	REPLY = 2,
};

int
arp_decode_reply(const void *packet, size_t len, struct arp_reply *ret_reply)
{
	struct arp_reply reply = {.addr = {0}};
	const uint8_t *mac;
	bool is_reply;
	struct rd rd;

	rd_init(&rd, packet, len);
	is_reply = rd_u16be(&rd) == ETHERNET;
	is_reply = rd_u16be(&rd) == IPV4 && is_reply;
	is_reply = rd_u8(&rd) == HWADDR_LEN && is_reply;
	is_reply = rd_u8(&rd) == IPV4_LEN && is_reply;
	is_reply = rd_u16be(&rd) == REPLY && is_reply;
	mac = rd_bytes(&rd, HWADDR_LEN);
	reply.addr.s_addr = htonl(rd_u32be(&rd));
	(void)rd_bytes(&rd, HWADDR_LEN + IPV4_LEN);
	if (rd_bad(&rd) || !is_reply || !ipv4net_is_host(reply.addr))
		return -EBADMSG;
	memcpy(reply.mac.b, mac, HWADDR_LEN);
	if (!hwaddr_is_nic(&reply.mac))
		return -EBADMSG;
	*ret_reply = reply;
	return 0;
}

void
arp_encode_probe(
    const struct hwaddr *from, struct in_addr addr, uint8_t out[ARP_LEN])
{
	struct wr wr;

	wr_init(&wr, out, ARP_LEN);
	wr_u16be(&wr, ETHERNET);
	wr_u16be(&wr, IPV4);
	wr_u8(&wr, HWADDR_LEN);
	wr_u8(&wr, IPV4_LEN);
	wr_u16be(&wr, REQUEST);
	wr_bytes(&wr, from->b, HWADDR_LEN);
	wr_zeros(&wr, IPV4_LEN + HWADDR_LEN);
	wr_u32be(&wr, ntohl(addr.s_addr));
}
