#include "core/flight_text.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/str.h"
#include "core/policy.h"

enum {
	/* Below these a rate says nothing. */
	RATE_BYTES_MIN = 64 << 10,
	RATE_MS_MIN = 20,
};

const char *
flight_who(const struct flight_entry *entry)
{
	static const char *const names[FLIGHT_KINDS] = {
	    [FLIGHT_DHCP] = "dhcp",
	    [FLIGHT_TFTP] = "tftp",
	    [FLIGHT_HTTP] = "http",
	    [FLIGHT_FILE] = "files",
	    [FLIGHT_DECISION] = "policy",
	};
	const struct sockaddr_in *ours =
	    entry->sent ? &entry->from : &entry->to;

	if (entry->kind == FLIGHT_DHCP &&
	    ntohs(ours->sin_port) == DHCP_PORT_PXE)
		return "pxe";
	return names[entry->kind];
}

const char *
flight_dhcp_type(uint8_t type)
{
	static const char *const names[] = {
	    [DHCP_TYPE_DISCOVER] = "DISCOVER",
	    [DHCP_TYPE_OFFER] = "OFFER",
	    [DHCP_TYPE_REQUEST] = "REQUEST",
	    [DHCP_TYPE_DECLINE] = "DECLINE",
	    [DHCP_TYPE_ACK] = "ACK",
	    [DHCP_TYPE_NAK] = "NAK",
	    [DHCP_TYPE_RELEASE] = "RELEASE",
	    [DHCP_TYPE_INFORM] = "INFORM",
	};

	if (type >= sizeof names / sizeof names[0] || names[type] == NULL)
		return "?";
	return names[type];
}

bool
flight_dhcp(const struct flight_entry *entry, struct dhcp_msg *ret_msg,
    struct pxe_client *ret_client)
{
	enum dhcp_op op = entry->sent ? DHCP_OP_REPLY : DHCP_OP_REQUEST;
	uint8_t packet[FLIGHT_DATA_MAX];
	size_t len = flight_packet(entry, packet);

	if (dhcp_decode(packet, len, op, ret_msg) != DHCP_OK)
		return false;
	if (!entry->sent)
		pxe_identify(ret_msg, ret_client);
	return true;
}

/* ---- DHCP --------------------------------------------------------------- */

static void
add_address(struct buf *out, const char *before, struct in_addr addr)
{
	char text[INET_ADDRSTRLEN];

	if (addr.s_addr == 0)
		return;
	inet_ntop(AF_INET, &addr, text, sizeof text);
	buf_addf(out, "%s%s", before, text);
}

static void
describe_client(const struct dhcp_msg *msg, const struct pxe_client *client,
    struct buf *out)
{
	if (client->class == PXE_CLASS_NONE) {
		buf_adds(out, ", no network boot");
		return;
	}
	buf_addf(out, ", %s", pxe_client_name(client));
	if (client->version[0] != 0)
		buf_addf(out, " %u.%u.%u", client->version[0],
		    client->version[1], client->version[2]);
	if (client->arch != NULL)
		buf_addf(out, " %s", client->arch->name);
	else if (dhcp_arch_count(msg) > 0)
		buf_addf(out, " arch %u", dhcp_arch(msg, 0));
	buf_addf(out, ", %s", pxe_client_class(client));
}

static void
describe_request(const struct flight_entry *entry, const struct dhcp_msg *msg,
    const struct pxe_client *client, struct buf *out)
{
	buf_adds(out, flight_dhcp_type(msg->type));
	describe_client(msg, client, out);
	buf_addf(out, ", xid %08" PRIx32, msg->xid);
	if (msg->secs > 0)
		buf_addf(out, ", secs %u", msg->secs);
	add_address(out, ", has ", msg->ciaddr);
	add_address(out, ", wants ", msg->address);
	add_address(out, " of ", msg->server_id);
	add_address(out, ", by relay ", msg->giaddr);
	if (entry->note[0] != '\0')
		buf_addf(out, ": no answer, %s", entry->note);
}

static void
describe_reply(const struct flight_entry *entry, const struct dhcp_msg *msg,
    struct buf *out)
{
	buf_addf(out, "%s %s", flight_dhcp_type(msg->type), entry->name);
	add_address(out, ", address ", msg->yiaddr);
	add_address(out, ", server ", msg->siaddr);
	buf_addf(out, ", xid %08" PRIx32, msg->xid);
	add_address(out, ", to ", entry->to.sin_addr);
}

static void
describe_dhcp(const struct flight_entry *entry, struct buf *out)
{
	struct pxe_client client;
	struct dhcp_msg msg;

	if (!flight_dhcp(entry, &msg, &client))
		buf_addf(out, "%zu bytes that are no DHCP message: %s",
		    entry->len, entry->note);
	else if (entry->sent)
		describe_reply(entry, &msg, out);
	else
		describe_request(entry, &msg, &client, out);
}

/* ---- requests ----------------------------------------------------------- */

static void
describe_tftp(const struct flight_entry *entry, struct buf *out)
{
	if (entry->complete)
		buf_addf(out, "%s %s", entry->verb, entry->name);
	else
		buf_addf(out, "%s %s", entry->verb, entry->note);
}

static void
describe_rate(const struct flight_entry *entry, struct buf *out)
{
	char text[STR_SIZE_LEN];
	double rate;

	if (entry->bytes < RATE_BYTES_MIN || entry->took_ms < RATE_MS_MIN)
		return;
	rate = (double)entry->bytes * 1000 / (double)entry->took_ms;
	buf_addf(out, ", %s/s", str_size((uint64_t)rate, text));
}

static void
describe_http(const struct flight_entry *entry, struct buf *out)
{
	char bytes[STR_SIZE_LEN];
	char length[STR_SIZE_LEN];

	buf_addf(out, "%s %s: ", entry->verb, entry->name);
	if (entry->status == 0) {
		buf_adds(out, "dropped without an answer");
		return;
	}
	buf_addf(out, "%d", entry->status);
	if (entry->offset > 0)
		buf_addf(out, " from byte %" PRIu64, entry->offset);
	(void)str_size(entry->bytes, bytes);
	if (entry->complete)
		buf_addf(out, ", %s", bytes);
	else
		buf_addf(out, ", cut off after %s of %s", bytes,
		    str_size(entry->length, length));
	buf_addf(out, " in %" PRIu64 " ms", entry->took_ms);
	describe_rate(entry, out);
}

static void
describe_decision(const struct flight_entry *entry, struct buf *out)
{
	buf_addf(out, "%s: %s, %s: %s", entry->peer,
	    policy_action_name((enum policy_action)entry->action), entry->name,
	    entry->note);
}

void
flight_describe(const struct flight_entry *entry, struct buf *out)
{
	static void (*const describe[FLIGHT_KINDS])(
	    const struct flight_entry *, struct buf *) = {
	    [FLIGHT_DHCP] = describe_dhcp,
	    [FLIGHT_TFTP] = describe_tftp,
	    [FLIGHT_HTTP] = describe_http,
	    [FLIGHT_FILE] = describe_http,
	    [FLIGHT_DECISION] = describe_decision,
	};

	describe[entry->kind](entry, out);
	if (entry->count > 1)
		buf_addf(out, " (%" PRIu32 " times in %.1f s)", entry->count,
		    (double)(entry->last_ms - entry->ms) / 1000);
	if (entry->earlier > 0)
		buf_addf(
		    out, " (and %" PRIu32 " times before)", entry->earlier);
}
