#include "wire/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/ipv4net.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wire/dhcp_private.h"

const uint8_t dhcp_magic[DHCP_MAGIC_LEN] = {0x63, 0x82, 0x53, 0x63};

enum {
	RELAY_LINK = 5,
	RELAY_SERVER_ID = 11,
	RELAY_SOURCE_PORT = 19,
};

static const char *const drop_names[DHCP_DROP_COUNT] = {
    [DHCP_OK] = "none",
    [DHCP_DROP_SHORT] = "too-short",
    [DHCP_DROP_LONG] = "too-long",
    [DHCP_DROP_OP] = "wrong-direction",
    [DHCP_DROP_HTYPE] = "not-ethernet",
    [DHCP_DROP_CHADDR] = "bad-hardware-address",
    [DHCP_DROP_HOPS] = "too-many-hops",
    [DHCP_DROP_MAGIC] = "no-magic",
    [DHCP_DROP_OPTION] = "option-past-end",
    [DHCP_DROP_OPTION_LONG] = "option-too-long",
    [DHCP_DROP_OVERLOAD] = "bad-overload",
    [DHCP_DROP_NO_TYPE] = "no-message-type",
    [DHCP_DROP_TYPES] = "two-message-types",
    [DHCP_DROP_ARCH] = "bad-architecture-list",
};

const char *
dhcp_drop_name(enum dhcp_drop drop)
{
	return (unsigned)drop < DHCP_DROP_COUNT ? drop_names[drop] : "?";
}

/* How instances of one option are put together, and which length it needs. */
struct slot_info {
	uint8_t code;
	bool first_only; /* else RFC 3396: all instances, in order */
	uint8_t len;	 /* the only good length; 0 = any but none */
};

static const struct slot_info slots[DHCP_SLOT_COUNT] = {
    [DHCP_SLOT_VENDOR] = {OPT_VENDOR, false, 0},
    [DHCP_SLOT_CLASS] = {OPT_CLASS, false, 0},
    [DHCP_SLOT_SERVER_NAME] = {OPT_SERVER_NAME, false, 0},
    [DHCP_SLOT_BOOT_FILE] = {OPT_BOOT_FILE, false, 0},
    [DHCP_SLOT_USER_CLASS] = {OPT_USER_CLASS, false, 0},
    [DHCP_SLOT_RELAY] = {OPT_RELAY, false, 0},
    [DHCP_SLOT_ARCH] = {OPT_ARCH, false, 0},
    [DHCP_SLOT_UNDI] = {OPT_UNDI, false, 3},
    [DHCP_SLOT_UUID] = {OPT_UUID, true, 17},
    [DHCP_SLOT_IPXE] = {OPT_IPXE, false, 0},
    [DHCP_SLOT_TYPE] = {OPT_TYPE, true, 1},
    [DHCP_SLOT_SERVER_ID] = {OPT_SERVER_ID, true, 4},
    [DHCP_SLOT_ADDRESS] = {OPT_ADDRESS, true, 4},
    [DHCP_SLOT_MAX_SIZE] = {OPT_MAX_SIZE, true, 2},
    [DHCP_SLOT_LEASE] = {OPT_LEASE, true, 4},
    [DHCP_SLOT_PARAMETERS] = {OPT_PARAMETERS, false, 0},
    [DHCP_SLOT_CLIENT_ID] = {OPT_CLIENT_ID, false, 0},
    [DHCP_SLOT_MASK] = {OPT_MASK, true, 4},
    [DHCP_SLOT_ROUTERS] = {OPT_ROUTERS, false, 0},
    [DHCP_SLOT_TFTP_SERVERS] = {OPT_TFTP_SERVERS, false, 0},
    [DHCP_SLOT_NO_PXEDHCP] = {OPT_NO_PXEDHCP, true, 1},
};

/* The header up to the magic; views into the packet. */
struct header {
	uint8_t op;
	uint8_t htype;
	uint8_t hlen;
	const uint8_t *chaddr;
	const uint8_t *sname;
	const uint8_t *file;
	const uint8_t *magic;
};

static struct in_addr
read_addr(struct rd *rd)
{
	return (struct in_addr){.s_addr = htonl(rd_u32be(rd))};
}

static enum dhcp_drop
decode_header(
    struct rd *rd, enum dhcp_op op, struct header *hdr, struct dhcp_msg *msg)
{
	hdr->op = rd_u8(rd);
	hdr->htype = rd_u8(rd);
	hdr->hlen = rd_u8(rd);
	msg->hops = rd_u8(rd);
	msg->xid = rd_u32be(rd);
	msg->secs = rd_u16be(rd);
	msg->flags = rd_u16be(rd);
	msg->ciaddr = read_addr(rd);
	msg->yiaddr = read_addr(rd);
	msg->siaddr = read_addr(rd);
	msg->giaddr = read_addr(rd);
	hdr->chaddr = rd_bytes(rd, sizeof msg->chaddr);
	hdr->sname = rd_bytes(rd, SNAME_SIZE);
	hdr->file = rd_bytes(rd, FILE_SIZE);
	hdr->magic = rd_bytes(rd, sizeof dhcp_magic);
	if (rd_bad(rd) || hdr->chaddr == NULL || hdr->magic == NULL)
		return DHCP_DROP_SHORT;
	memcpy(msg->chaddr, hdr->chaddr, sizeof msg->chaddr);
	memcpy(msg->mac.b, hdr->chaddr, sizeof msg->mac.b);
	if (hdr->op != op)
		return DHCP_DROP_OP;
	if (hdr->htype != HTYPE_ETHERNET || hdr->hlen != HWADDR_LEN)
		return DHCP_DROP_HTYPE;
	if (!hwaddr_is_nic(&msg->mac))
		return DHCP_DROP_CHADDR;
	if (msg->hops > HOPS_MAX)
		return DHCP_DROP_HOPS;
	if (memcmp(hdr->magic, dhcp_magic, sizeof dhcp_magic) != 0)
		return DHCP_DROP_MAGIC;
	return DHCP_OK;
}

/* What may hold options: the options field, then file, then sname. */
struct areas {
	struct rd rd[3];
	size_t count;
};

/* The next option; 0 at the end, 1 with one, -EBADMSG. */
static int
next_option(struct rd *rd, uint8_t *code, const uint8_t **data, size_t *len)
{
	while (rd_left(rd) > 0) {
		*code = rd_u8(rd);
		if (*code == OPT_PAD)
			continue;
		if (*code == OPT_END)
			return 0;
		*len = rd_u8(rd);
		*data = rd_bytes(rd, *len);
		return rd_bad(rd) ? -EBADMSG : 1;
	}
	return 0; /* no END: fine when every option was whole */
}

static void
add_area(struct areas *areas, const uint8_t *data, size_t len)
{
	rd_init(&areas->rd[areas->count++], data, len);
}

/* Option 52 counts in the options field alone; it adds the other areas. */
static enum dhcp_drop
find_areas(struct rd options, const struct header *hdr, struct areas *areas,
    unsigned *overload)
{
	struct rd rd = options;
	const uint8_t *data;
	uint8_t code;
	size_t len;
	int r;

	*overload = 0;
	areas->count = 0;
	areas->rd[areas->count++] = options;
	while ((r = next_option(&rd, &code, &data, &len)) > 0) {
		if (code != OPT_OVERLOAD || *overload != 0)
			continue;
		if (len != 1 || data[0] < 1 || data[0] > 3)
			return DHCP_DROP_OVERLOAD;
		*overload = data[0];
	}
	if (r < 0)
		return DHCP_DROP_OPTION;
	if (*overload & OVERLOAD_FILE)
		add_area(areas, hdr->file, FILE_SIZE);
	if (*overload & OVERLOAD_SNAME)
		add_area(areas, hdr->sname, SNAME_SIZE);
	return DHCP_OK;
}

static int
slot_of(uint8_t code)
{
	for (int i = 0; i < DHCP_SLOT_COUNT; i++) {
		if (slots[i].code == code)
			return i;
	}
	return -1;
}

typedef enum dhcp_drop option_fn(
    struct dhcp_msg *msg, int slot, const uint8_t *data, size_t len);

static enum dhcp_drop
each_option(const struct areas *areas, option_fn *fn, struct dhcp_msg *msg)
{
	for (size_t i = 0; i < areas->count; i++) {
		struct rd rd = areas->rd[i];
		enum dhcp_drop drop;
		const uint8_t *data;
		uint8_t code;
		size_t len;
		int r, slot;

		while ((r = next_option(&rd, &code, &data, &len)) > 0) {
			slot = slot_of(code);
			/* An empty instance is no instance. */
			if (slot < 0 || len == 0)
				continue;
			drop = fn(msg, slot, data, len);
			if (drop != DHCP_OK)
				return drop;
		}
		if (r < 0)
			return DHCP_DROP_OPTION;
	}
	return DHCP_OK;
}

static enum dhcp_drop
measure_option(struct dhcp_msg *msg, int slot, const uint8_t *data, size_t len)
{
	if (slot == DHCP_SLOT_TYPE && msg->slot[slot].present &&
	    (len != 1 || data[0] != msg->type))
		return DHCP_DROP_TYPES;
	if (slots[slot].first_only && msg->slot[slot].present)
		return DHCP_OK;
	if (slot == DHCP_SLOT_TYPE) {
		if (len != 1)
			return DHCP_DROP_NO_TYPE;
		msg->type = data[0];
	}
	msg->slot[slot].present = true;
	if (msg->slot[slot].len + len > OPTION_BYTES_MAX)
		return DHCP_DROP_OPTION_LONG;
	msg->slot[slot].len = (uint16_t)(msg->slot[slot].len + len);
	return DHCP_OK;
}

/* All instances were measured, so they fit: the store has a packet's size. */
static enum dhcp_drop
store_option(struct dhcp_msg *msg, int slot, const uint8_t *data, size_t len)
{
	size_t start = msg->slot[slot].start;

	if (slots[slot].first_only && msg->slot[slot].len > 0)
		return DHCP_OK;
	start += msg->slot[slot].len;
	if (len > sizeof msg->store - start)
		return DHCP_DROP_OPTION_LONG;
	memcpy(msg->store + start, data, len);
	msg->slot[slot].len = (uint16_t)(msg->slot[slot].len + len);
	return DHCP_OK;
}

static enum dhcp_drop
collect_options(const struct areas *areas, struct dhcp_msg *msg)
{
	enum dhcp_drop drop = each_option(areas, measure_option, msg);
	size_t start = 0;

	if (drop != DHCP_OK)
		return drop;
	for (int i = 0; i < DHCP_SLOT_COUNT; i++) {
		msg->slot[i].start = (uint16_t)start;
		start += msg->slot[i].len;
		msg->slot[i].len = 0;
	}
	return each_option(areas, store_option, msg);
}

static struct in_addr
slot_addr(const struct dhcp_msg *msg, enum dhcp_slot slot)
{
	struct in_addr addr = {0};
	size_t len;
	const uint8_t *data = dhcp_option(msg, slot, &len);

	if (data != NULL)
		memcpy(&addr.s_addr, data, sizeof addr.s_addr);
	return addr;
}

/* A wrong length makes an option absent; then the fields are filled in. */
static enum dhcp_drop
check_options(struct dhcp_msg *msg)
{
	const uint8_t *data;
	size_t len;

	for (int i = 0; i < DHCP_SLOT_COUNT; i++) {
		if (slots[i].len != 0 && msg->slot[i].len != slots[i].len)
			msg->slot[i].present = false;
	}
	if (dhcp_option(msg, DHCP_SLOT_TYPE, &len) == NULL)
		return DHCP_DROP_NO_TYPE;
	if (msg->slot[DHCP_SLOT_ARCH].len % 2 != 0)
		return DHCP_DROP_ARCH;
	msg->server_id = slot_addr(msg, DHCP_SLOT_SERVER_ID);
	msg->address = slot_addr(msg, DHCP_SLOT_ADDRESS);
	data = dhcp_option(msg, DHCP_SLOT_MAX_SIZE, &len);
	if (data != NULL)
		msg->max_size = (uint16_t)(data[0] << 8 | data[1]);
	return DHCP_OK;
}

static enum dhcp_drop
decode(struct rd *rd, enum dhcp_op op, struct dhcp_msg *msg)
{
	struct header hdr = {0};
	struct areas areas;
	enum dhcp_drop drop;
	unsigned overload;

	drop = decode_header(rd, op, &hdr, msg);
	if (drop != DHCP_OK)
		return drop;
	drop = find_areas(*rd, &hdr, &areas, &overload);
	if (drop != DHCP_OK)
		return drop;
	if (!(overload & OVERLOAD_FILE))
		memcpy(msg->file, hdr.file, FILE_SIZE);
	if (!(overload & OVERLOAD_SNAME))
		memcpy(msg->sname, hdr.sname, SNAME_SIZE);
	drop = collect_options(&areas, msg);
	return drop != DHCP_OK ? drop : check_options(msg);
}

enum dhcp_drop
dhcp_decode(
    const void *data, size_t len, enum dhcp_op op, struct dhcp_msg *ret_msg)
{
	struct dhcp_msg msg = {0};
	enum dhcp_drop drop;
	struct rd rd;

	if (len > DHCP_PACKET_MAX)
		return DHCP_DROP_LONG;
	rd_init(&rd, data, len);
	drop = decode(&rd, op, &msg);
	if (drop == DHCP_OK)
		*ret_msg = msg;
	return drop;
}

const uint8_t *
dhcp_option(const struct dhcp_msg *msg, enum dhcp_slot slot, size_t *ret_len)
{
	*ret_len = msg->slot[slot].present ? msg->slot[slot].len : 0;
	return *ret_len > 0 ? msg->store + msg->slot[slot].start : NULL;
}

bool
dhcp_option_starts(
    const struct dhcp_msg *msg, enum dhcp_slot slot, const char *prefix)
{
	size_t len;
	const uint8_t *data = dhcp_option(msg, slot, &len);
	size_t need = strlen(prefix);

	return data != NULL && len >= need && memcmp(data, prefix, need) == 0;
}

size_t
dhcp_arch_count(const struct dhcp_msg *msg)
{
	size_t len;

	(void)dhcp_option(msg, DHCP_SLOT_ARCH, &len);
	return len / 2;
}

uint16_t
dhcp_arch(const struct dhcp_msg *msg, size_t index)
{
	size_t len;
	const uint8_t *data = dhcp_option(msg, DHCP_SLOT_ARCH, &len);

	if (data == NULL || index >= len / 2)
		return UINT16_MAX;
	return (uint16_t)(data[2 * index] << 8 | data[2 * index + 1]);
}

void
dhcp_subs_init(
    struct dhcp_subs *subs, const struct dhcp_msg *msg, enum dhcp_slot slot)
{
	size_t len = 0;
	const uint8_t *data = dhcp_option(msg, slot, &len);

	rd_init(&subs->rd, data, len);
	subs->ended = false;
}

bool
dhcp_subs_next(struct dhcp_subs *subs, struct dhcp_sub *ret_sub)
{
	struct dhcp_sub sub = {.code = OPT_PAD};

	while (!subs->ended && sub.code == OPT_PAD && rd_left(&subs->rd) > 0) {
		sub.code = rd_u8(&subs->rd);
		subs->ended = sub.code == OPT_END;
	}
	if (subs->ended || sub.code == OPT_PAD)
		return false;
	sub.len = rd_u8(&subs->rd);
	sub.data = rd_bytes(&subs->rd, sub.len);
	if (sub.data == NULL)
		return false;
	*ret_sub = sub;
	return true;
}

static bool
relay_take(
    struct dhcp_relay *relay, uint8_t code, const uint8_t *data, size_t len)
{
	struct in_addr *addr =
	    code == RELAY_LINK ? &relay->link : &relay->server_id;

	if (data == NULL)
		return false;
	if (code == RELAY_SOURCE_PORT && len == 0)
		relay->source_port = true;
	else if ((code == RELAY_LINK || code == RELAY_SERVER_ID) &&
		 len == sizeof addr->s_addr)
		memcpy(&addr->s_addr, data, len);
	return true;
}

void
dhcp_relay_read(const struct dhcp_msg *msg, struct dhcp_relay *ret_relay)
{
	struct dhcp_relay relay = {0};
	const uint8_t *data;
	struct rd rd;
	size_t len;

	*ret_relay = relay;
	data = dhcp_option(msg, DHCP_SLOT_RELAY, &len);
	rd_init(&rd, data, len);
	while (rd_left(&rd) > 0) {
		uint8_t code = rd_u8(&rd);

		len = rd_u8(&rd);
		if (!relay_take(&relay, code, rd_bytes(&rd, len), len))
			return;
	}
	if (!rd_bad(&rd))
		*ret_relay = relay;
}

void
dhcp_write_addr(struct wr *wr, struct in_addr addr)
{
	wr_bytes(wr, &addr.s_addr, sizeof addr.s_addr);
}

/* RFC 3396: what is longer than 255 bytes goes out in several instances. */
void
dhcp_write_option(struct wr *wr, uint8_t code, const void *data, size_t len)
{
	const uint8_t *pos = data;

	while (len > 0) {
		size_t part = len > UINT8_MAX ? UINT8_MAX : len;

		wr_u8(wr, code);
		wr_u8(wr, (uint8_t)part);
		wr_bytes(wr, pos, part);
		pos += part;
		len -= part;
	}
}

static void
write_echo(struct wr *wr, const struct dhcp_msg *request, enum dhcp_slot slot)
{
	size_t len;
	const uint8_t *data = dhcp_option(request, slot, &len);

	dhcp_write_option(wr, slots[slot].code, data, len);
}

void
dhcp_write_text(struct wr *wr, const char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);

	wr_bytes(wr, text, len);
	wr_zeros(wr, size - len);
}

static void
write_header(struct wr *wr, const struct dhcp_reply *reply)
{
	const struct dhcp_msg *request = reply->request;
	struct in_addr none = {0};
	char sname[INET_ADDRSTRLEN];

	wr_u8(wr, DHCP_OP_REPLY);
	wr_u8(wr, HTYPE_ETHERNET);
	wr_u8(wr, HWADDR_LEN);
	wr_u8(wr, 0); /* hops */
	wr_u32be(wr, request->xid);
	wr_u16be(wr, 0); /* secs */
	wr_u16be(wr, reply->broadcast ? request->flags | DHCP_FLAG_BROADCAST
				      : request->flags);
	dhcp_write_addr(wr, reply->ciaddr);
	dhcp_write_addr(wr, none); /* yiaddr */
	dhcp_write_addr(wr, reply->server);
	dhcp_write_addr(wr, request->giaddr);
	wr_bytes(wr, request->chaddr, sizeof request->chaddr);
	(void)ipv4_format(reply->server, sname);
	dhcp_write_text(wr, sname, SNAME_SIZE);
	dhcp_write_text(wr, reply->file, FILE_SIZE);
	wr_bytes(wr, dhcp_magic, sizeof dhcp_magic);
}

int
dhcp_write_end(struct wr *wr, size_t *ret_len)
{
	wr_u8(wr, OPT_END);
	if (wr->len < DHCP_REPLY_MIN)
		wr_zeros(wr, DHCP_REPLY_MIN - wr->len);
	if (wr_bad(wr))
		return -EMSGSIZE;
	*ret_len = wr->len;
	return 0;
}

int
dhcp_encode_reply(const struct dhcp_reply *reply, uint8_t out[DHCP_REPLY_MAX],
    size_t *ret_len)
{
	struct in_addr id = reply->server_id;
	struct wr wr;

	if (id.s_addr == 0)
		id = reply->server;
	if (reply->server.s_addr == 0 || reply->class == NULL ||
	    reply->class[0] == '\0')
		return -EINVAL;
	if (strlen(reply->file) > DHCP_FILE_MAX)
		return -ENAMETOOLONG;
	wr_init(&wr, out, DHCP_REPLY_MAX);
	write_header(&wr, reply);
	dhcp_write_option(&wr, OPT_TYPE, &reply->type, 1);
	dhcp_write_option(&wr, OPT_SERVER_ID, &id.s_addr, 4);
	dhcp_write_option(&wr, OPT_CLASS, reply->class, strlen(reply->class));
	write_echo(&wr, reply->request, DHCP_SLOT_UUID);
	dhcp_write_option(&wr, OPT_VENDOR, reply->vendor, reply->vendor_len);
	write_echo(&wr, reply->request, DHCP_SLOT_RELAY);
	return dhcp_write_end(&wr, ret_len);
}
