#include "wire/dhcp_lease.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/ipv4net.h"
#include "wire/dhcp_private.h"

enum {
	OPT_DNS = 6,
	OPT_HOST = 12,
	OPT_DOMAIN = 15,
	OPT_MTU = 26,
	OPT_BROADCAST = 28,
	OPT_NTP = 42,
	OPT_MESSAGE = 56,
	OPT_RENEW = 58,
	OPT_REBIND = 59,
};

/* RFC 2131 s.4.3.1: what was not asked for need not be told. */
static bool
is_wanted(const struct dhcp_msg *request, uint8_t code)
{
	size_t len;
	const uint8_t *list = dhcp_option(request, DHCP_SLOT_PARAMETERS, &len);

	return list == NULL || memchr(list, code, len) != NULL;
}

static void
write_u32(struct wr *wr, uint8_t code, uint32_t value)
{
	const uint32_t be = htonl(value);

	dhcp_write_option(wr, code, &be, sizeof be);
}

static void
write_header(struct wr *wr, const struct dhcp_lease *lease)
{
	const struct dhcp_msg *request = lease->request;
	const struct in_addr none = {0};
	bool boots = lease->file[0] != '\0';
	bool nak = lease->type == DHCP_TYPE_NAK;
	char sname[INET_ADDRSTRLEN] = "";

	wr_u8(wr, DHCP_OP_REPLY);
	wr_u8(wr, HTYPE_ETHERNET);
	wr_u8(wr, HWADDR_LEN);
	wr_u8(wr, 0); /* hops */
	wr_u32be(wr, request->xid);
	wr_u16be(wr, 0); /* secs */
	/* A relay must not send a NAK to an address that is no good. */
	wr_u16be(
	    wr, nak ? request->flags | DHCP_FLAG_BROADCAST : request->flags);
	dhcp_write_addr(
	    wr, lease->type == DHCP_TYPE_ACK ? request->ciaddr : none);
	dhcp_write_addr(wr, lease->addr);
	dhcp_write_addr(wr, boots ? lease->server : none);
	dhcp_write_addr(wr, request->giaddr);
	wr_bytes(wr, request->chaddr, sizeof request->chaddr);
	if (boots)
		(void)ipv4_format(lease->server, sname);
	dhcp_write_text(wr, sname, SNAME_SIZE);
	dhcp_write_text(wr, lease->file, FILE_SIZE);
	wr_bytes(wr, dhcp_magic, DHCP_MAGIC_LEN);
}

static void
write_addrs(struct wr *wr, const struct dhcp_msg *request, uint8_t code,
    const struct dhcp_addrs *addrs)
{
	if (is_wanted(request, code))
		dhcp_write_option(
		    wr, code, addrs->at, addrs->count * sizeof addrs->at[0]);
}

static void
write_name(struct wr *wr, const struct dhcp_msg *request, uint8_t code,
    const char *name)
{
	if (is_wanted(request, code))
		dhcp_write_option(wr, code, name, strlen(name));
}

static void
write_times(struct wr *wr, const struct dhcp_msg *request, uint32_t lease_s)
{
	if (is_wanted(request, OPT_RENEW))
		write_u32(wr, OPT_RENEW, lease_s / 2);
	if (is_wanted(request, OPT_REBIND))
		write_u32(wr, OPT_REBIND, lease_s / 8 * 7);
}

static void
write_settings(struct wr *wr, const struct dhcp_lease *lease)
{
	const struct dhcp_settings *set = lease->settings;
	const struct dhcp_msg *request = lease->request;
	const struct in_addr broadcast = {
	    .s_addr = lease->addr.s_addr | ~set->mask.s_addr};
	const uint16_t mtu = htons(set->mtu);
	bool inform = lease->addr.s_addr == 0;

	if (!inform)
		write_u32(wr, OPT_LEASE, set->lease_s);
	dhcp_write_option(wr, OPT_MASK, &set->mask, sizeof set->mask);
	write_addrs(wr, request, OPT_ROUTERS, &set->router);
	write_addrs(wr, request, OPT_DNS, &set->dns);
	write_name(wr, request, OPT_HOST, set->host);
	write_name(wr, request, OPT_DOMAIN, set->domain);
	if (set->mtu != 0 && is_wanted(request, OPT_MTU))
		dhcp_write_option(wr, OPT_MTU, &mtu, sizeof mtu);
	if (!inform && is_wanted(request, OPT_BROADCAST))
		dhcp_write_option(
		    wr, OPT_BROADCAST, &broadcast, sizeof broadcast);
	write_addrs(wr, request, OPT_NTP, &set->ntp);
	if (!inform)
		write_times(wr, request, set->lease_s);
}

static void
write_text_option(struct wr *wr, uint8_t code, const char *text)
{
	if (text != NULL)
		dhcp_write_option(wr, code, text, strlen(text));
}

static void
write_echo(struct wr *wr, const struct dhcp_msg *request, enum dhcp_slot slot,
    uint8_t code)
{
	size_t len;
	const uint8_t *data = dhcp_option(request, slot, &len);

	dhcp_write_option(wr, code, data, len);
}

int
dhcp_encode_lease(const struct dhcp_lease *lease, uint8_t out[DHCP_REPLY_MAX],
    size_t *ret_len)
{
	struct wr wr;

	if (lease->server_id.s_addr == 0)
		return -EINVAL;
	if (strlen(lease->file) > DHCP_FILE_MAX)
		return -ENAMETOOLONG;
	wr_init(&wr, out, DHCP_REPLY_MAX);
	write_header(&wr, lease);
	dhcp_write_option(&wr, OPT_TYPE, &lease->type, 1);
	dhcp_write_option(&wr, OPT_SERVER_ID, &lease->server_id.s_addr, 4);
	if (lease->settings != NULL)
		write_settings(&wr, lease);
	write_text_option(&wr, OPT_MESSAGE, lease->message);
	write_text_option(&wr, OPT_CLASS, lease->class);
	/* RFC 6842: what came goes back. */
	write_echo(&wr, lease->request, DHCP_SLOT_CLIENT_ID, OPT_CLIENT_ID);
	write_echo(&wr, lease->request, DHCP_SLOT_RELAY, OPT_RELAY);
	return dhcp_write_end(&wr, ret_len);
}
