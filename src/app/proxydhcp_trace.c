#include <string.h>

#include "app/proxydhcp_private.h"
#include "base/rd.h"

enum {
	CHADDR_AT = 28, /* RFC 2131 s.2 */
};

/* Whose it is, as far as that can be read at all. */
static bool
read_chaddr(const struct udp_datagram *datagram, struct hwaddr *ret_mac)
{
	const uint8_t *bytes;
	struct rd rd;

	rd_init(&rd, datagram->data, datagram->len);
	(void)rd_bytes(&rd, CHADDR_AT);
	bytes = rd_bytes(&rd, HWADDR_LEN);
	if (bytes == NULL)
		return false;
	memcpy(ret_mac->b, bytes, HWADDR_LEN);
	return hwaddr_is_nic(ret_mac);
}

void
proxydhcp_trace_malformed(struct proxydhcp *proxydhcp, uint16_t port,
    const struct udp_datagram *datagram, const char *why)
{
	struct hwaddr mac;
	struct proxydhcp_trace trace = {
	    .mono_ms = clock_mono_ms(proxydhcp->clock),
	    .port = port,
	    .datagram = datagram,
	    .mac = &mac,
	    .drop = why,
	};

	if (proxydhcp->handler.on_trace != NULL && read_chaddr(datagram, &mac))
		proxydhcp->handler.on_trace(proxydhcp->handler.arg, &trace);
}

void
proxydhcp_trace_exchange(struct proxydhcp_exchange *ex,
    const struct udp_datagram *datagram, const struct proxydhcp_reply *reply,
    enum proxydhcp_drop drop)
{
	const struct proxydhcp_handler *handler = &ex->proxydhcp->handler;
	struct proxydhcp_trace trace = {
	    .mono_ms = ex->now_ms,
	    .port = ex->arrival.port,
	    .datagram = datagram,
	    .mac = &ex->msg.mac,
	    .msg = &ex->msg,
	    .client = &ex->client,
	    .drop = reply != NULL ? NULL : proxydhcp_drop_name(drop),
	    .decision = ex->asked ? &ex->answer.decision : NULL,
	    .reply = reply,
	};

	/* What this host sent is no machine's. */
	if (handler->on_trace != NULL && drop != PROXYDHCP_DROP_OWN &&
	    !proxydhcp_is_probe(ex->proxydhcp, &ex->msg.mac))
		handler->on_trace(handler->arg, &trace);
}
