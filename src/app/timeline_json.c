#include "app/timeline_json.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

#include "app/json.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "core/flight_text.h"

static void
set_time(struct value map, const char *key, int64_t ms)
{
	char text[CLOCK_STRLEN];

	value_map_set(map, key, value_string(clock_format(ms, text)));
}

static void
set_text(struct value map, const char *key, const char *text)
{
	if (text[0] != '\0')
		value_map_set(map, key, value_string(text));
}

static void
set_number(struct value map, const char *key, uint64_t number)
{
	value_map_set(map, key,
	    value_int(number > INT64_MAX ? INT64_MAX : (int64_t)number));
}

static void
set_address(struct value map, const char *key, struct in_addr addr)
{
	char text[INET_ADDRSTRLEN];

	if (addr.s_addr == 0)
		return;
	inet_ntop(AF_INET, &addr, text, sizeof text);
	value_map_set(map, key, value_string(text));
}

/* "10.0.0.7:68" */
static void
set_end(struct value map, const char *key, const struct sockaddr_in *end)
{
	char text[INET_ADDRSTRLEN];
	char both[INET_ADDRSTRLEN + 8];

	inet_ntop(AF_INET, &end->sin_addr, text, sizeof text);
	snprintf(both, sizeof both, "%s:%u", text, ntohs(end->sin_port));
	value_map_set(map, key, value_string(both));
}

static void
set_packet(struct value map, const struct flight_entry *entry)
{
	uint8_t packet[FLIGHT_DATA_MAX];
	char hex[2 * FLIGHT_DATA_MAX + 1];

	str_hex(packet, flight_packet(entry, packet), hex);
	value_map_set(map, "packet", value_string(hex));
}

static void
set_message(struct value map, const struct flight_entry *entry)
{
	struct pxe_client client = {.class = PXE_CLASS_NONE};
	char text[HWADDR_STRLEN];
	struct dhcp_msg msg;

	if (!flight_dhcp(entry, &msg, &client))
		return;
	value_map_set(map, "type", value_string(flight_dhcp_type(msg.type)));
	snprintf(text, sizeof text, "%08x", (unsigned)msg.xid);
	value_map_set(map, "xid", value_string(text));
	set_number(map, "secs", msg.secs);
	value_map_set(map, "mac", value_string(hwaddr_format(&msg.mac, text)));
	if (client.class != PXE_CLASS_NONE) {
		set_text(map, "class", pxe_client_class(&client));
		set_text(map, "client", pxe_client_name(&client));
		if (client.arch != NULL)
			set_text(map, "arch", client.arch->name);
	}
	set_address(map, "ciaddr", msg.ciaddr);
	set_address(map, "yiaddr", msg.yiaddr);
	set_address(map, "siaddr", msg.siaddr);
	set_address(map, "giaddr", msg.giaddr);
	set_address(map, "requested", msg.address);
	set_address(map, "server", msg.server_id);
}

static void
set_dhcp(struct value map, const struct flight_entry *entry, bool with_packet)
{
	char name[IF_NAMESIZE];

	set_end(map, "from", &entry->from);
	set_end(map, "to", &entry->to);
	if (if_indextoname((unsigned)entry->ifindex, name) != NULL)
		set_text(map, "interface", name);
	set_number(map, "bytes", entry->len);
	set_message(map, entry);
	set_text(map, "file", entry->name);
	set_text(map, "drop", entry->note);
	if (with_packet)
		set_packet(map, entry);
}

static void
set_request(struct value map, const struct flight_entry *entry)
{
	set_text(map, "from", entry->peer);
	set_text(map, "verb", entry->verb);
	set_text(map, "name", entry->name);
	set_text(map, "error", entry->note);
	if (entry->kind == FLIGHT_TFTP)
		return;
	set_number(map, "status", (uint64_t)entry->status);
	if (entry->offset > 0)
		set_number(map, "offset", entry->offset);
	set_number(map, "length", entry->length);
	set_number(map, "bytes", entry->bytes);
	set_number(map, "ms", entry->took_ms);
	value_map_set(map, "complete", value_bool(entry->complete));
}

static void
set_decision(struct value map, const struct flight_entry *entry)
{
	set_text(map, "stage", entry->peer);
	set_text(map, "action",
	    policy_action_name((enum policy_action)entry->action));
	set_text(map, "rule", entry->name);
	set_text(map, "why", entry->note);
}

/* Seen from here: a request that is over has been answered. */
static const char *
direction_of(const struct flight_entry *entry)
{
	switch (entry->kind) {
	case FLIGHT_DHCP:
		return entry->sent ? "out" : "in";
	case FLIGHT_TFTP:
		return entry->complete ? "in" : "out";
	case FLIGHT_HTTP:
	case FLIGHT_FILE:
		return "out";
	case FLIGHT_DECISION:
	case FLIGHT_KINDS:
	default:
		return "";
	}
}

static struct value
map_of(int64_t ms, const char *who, const char *text, size_t len)
{
	struct value map = value_map_new();

	set_time(map, "time", ms);
	value_map_set(map, "who", value_string(who));
	value_map_set(map, "text", value_string_len(text, len));
	return map;
}

struct value
timeline_json_flight(const struct flight_entry *entry, bool with_packet)
{
	struct value map;
	struct buf text;

	buf_init(&text, 4096);
	flight_describe(entry, &text);
	map = map_of(entry->ms, flight_who(entry), text.data, text.len);
	buf_done(&text);
	set_text(map, "direction", direction_of(entry));
	if (entry->count > 1) {
		set_number(map, "count", entry->count);
		set_time(map, "last", entry->last_ms);
	}
	if (entry->earlier > 0)
		set_number(map, "earlier", entry->earlier);
	if (entry->kind == FLIGHT_DHCP)
		set_dhcp(map, entry, with_packet);
	else if (entry->kind == FLIGHT_DECISION)
		set_decision(map, entry);
	else
		set_request(map, entry);
	return map;
}

struct value
timeline_json_event(const struct event *event, bool echo)
{
	struct value map;
	struct buf text;

	buf_init(&text, EVENT_JSON_MAX);
	event_describe(event, &text);
	map = map_of(event->time_ms, "event", text.data, text.len);
	buf_done(&text);
	value_map_set(map, "event", json_event(event));
	if (echo)
		value_map_set(map, "echo", value_bool(true));
	return map;
}

struct value
timeline_json_start(int64_t ms)
{
	static const char text[] = "the daemon started; of what was before "
				   "only events are kept";

	return map_of(ms, "start", text, sizeof text - 1);
}
