/* ipaddr and its kin: addresses, networks and their parts. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "template/str.h"

struct address {
	int family; /* AF_INET or AF_INET6 */
	uint8_t bytes[16];
	unsigned bits;	 /* 32 or 128 */
	unsigned prefix; /* bits when none is given */
	bool has_prefix;
};

static bool
netmask_prefix(const char *text, unsigned *ret_prefix)
{
	uint8_t mask[4];
	uint32_t bits;
	unsigned prefix = 0;

	if (inet_pton(AF_INET, text, mask) != 1)
		return false;
	bits = (uint32_t)mask[0] << 24 | (uint32_t)mask[1] << 16 |
	       (uint32_t)mask[2] << 8 | mask[3];
	while (prefix < 32 && (bits & 0x80000000U >> prefix) != 0)
		prefix++;
	if (prefix < 32 && (bits << prefix) != 0)
		return false;
	*ret_prefix = prefix;
	return true;
}

static bool
parse_prefix(struct address *address, const char *text)
{
	int64_t number;

	address->has_prefix = true;
	if (address->family == AF_INET &&
	    netmask_prefix(text, &address->prefix))
		return true;
	if (str_to_i64(text, 0, address->bits, &number) != 0)
		return false;
	address->prefix = (unsigned)number;
	return true;
}

static bool
parse_address(struct value value, struct address *ret_address)
{
	struct address address = {.family = AF_INET, .bits = 32};
	char text[64];
	char *slash;

	if (value.type != VALUE_STRING || value_str_len(value) >= sizeof text ||
	    strlen(value_str(value)) != value_str_len(value))
		return false;
	str_copy(text, sizeof text, value_str(value));
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (inet_pton(AF_INET, text, address.bytes) != 1) {
		address.family = AF_INET6;
		address.bits = 128;
		if (inet_pton(AF_INET6, text, address.bytes) != 1)
			return false;
	}
	address.prefix = address.bits;
	if (slash != NULL && !parse_prefix(&address, slash))
		return false;
	*ret_address = address;
	return true;
}

/* The network address (host bits 0) or the last one (host bits 1). */
static void
set_host_bits(struct address *address, bool ones)
{
	for (unsigned i = address->prefix; i < address->bits; i++) {
		uint8_t bit = (uint8_t)(0x80U >> (i & 7));

		if (ones)
			address->bytes[i / 8] |= bit;
		else
			address->bytes[i / 8] &= (uint8_t)~bit;
	}
}

static void
write_address(const struct address *address, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(address->family, address->bytes, text, sizeof text) !=
	    NULL)
		buf_adds(out, text);
}

static void
write_network(const struct address *address, struct buf *out)
{
	write_address(address, out);
	buf_addf(out, "/%u", address->prefix);
}

static void
make_mask(const struct address *address, bool host, struct address *ret_mask)
{
	*ret_mask = *address;
	memset(ret_mask->bytes, host ? 0 : 0xff, sizeof ret_mask->bytes);
	set_host_bits(ret_mask, host);
}

/* The host number `index` of the network; false past its ends. */
static bool
nth_address(struct address *address, int64_t index)
{
	unsigned host_bits = address->bits - address->prefix;
	int64_t size = host_bits > 62 ? INT64_MAX : (int64_t)1 << host_bits;
	uint64_t carry;

	if (index < -size || index >= size)
		return false;
	set_host_bits(address, index < 0);
	carry = index < 0 ? (uint64_t)(-(index + 1)) : (uint64_t)index;
	for (unsigned i = address->bits / 8; i-- > 0 && carry > 0;) {
		uint64_t byte = address->bytes[i];

		if (index < 0) {
			uint64_t take = carry & 0xff;

			address->bytes[i] = (uint8_t)(byte - take);
			carry = (carry >> 8) + (take > byte ? 1 : 0);
		} else {
			byte += carry & 0xff;
			address->bytes[i] = (uint8_t)byte;
			carry = (carry >> 8) + (byte >> 8);
		}
	}
	return true;
}

enum part {
	PART_ADDRESS,
	PART_NETWORK,
	PART_NETMASK,
	PART_HOSTMASK,
	PART_BROADCAST,
	PART_SUBNET,
	PART_HOST,
};

static void
write_part(const struct address *address, enum part part, struct buf *out)
{
	struct address other = *address;

	switch (part) {
	case PART_ADDRESS:
		write_address(address, out);
		break;
	case PART_NETMASK:
	case PART_HOSTMASK:
		make_mask(address, part == PART_HOSTMASK, &other);
		write_address(&other, out);
		break;
	case PART_BROADCAST:
		set_host_bits(&other, true);
		write_address(&other, out);
		break;
	case PART_NETWORK:
		set_host_bits(&other, false);
		write_address(&other, out);
		break;
	case PART_SUBNET:
		set_host_bits(&other, false);
		write_network(&other, out);
		break;
	case PART_HOST:
	default:
		write_network(address, out);
		break;
	}
}

static const struct {
	const char *name;
	enum part part;
} part_names[] = {
    {"address", PART_ADDRESS},
    {"ip", PART_ADDRESS},
    {"network", PART_NETWORK},
    {"network_id", PART_NETWORK},
    {"netmask", PART_NETMASK},
    {"hostmask", PART_HOSTMASK},
    {"wildcard", PART_HOSTMASK},
    {"broadcast", PART_BROADCAST},
    {"subnet", PART_SUBNET},
    {"net", PART_SUBNET},
    {"host", PART_HOST},
    {"host/prefix", PART_HOST},
    {"gateway", PART_HOST},
    {"gw", PART_HOST},
};

static int
give_part(struct vm *vm, const struct address *address, enum part part,
    struct value *ret_value)
{
	struct buf out;

	vm_buf_init(&out);
	write_part(address, part, &out);
	return vm_buf_take(vm, &out, ret_value);
}

/* What depends on the question alone; "net" is no network of a host. */
static int
query(struct vm *vm, const struct address *address, const char *name,
    struct value *ret_value)
{
	struct address network = *address;

	if (strcmp(name, "prefix") == 0) {
		*ret_value = value_int(address->prefix);
		return 0;
	}
	if (strcmp(name, "version") == 0 || strcmp(name, "type") == 0) {
		set_host_bits(&network, false);
		if (name[0] == 'v')
			*ret_value =
			    value_int(address->family == AF_INET ? 4 : 6);
		else if (address->prefix < address->bits &&
			 memcmp(network.bytes, address->bytes, 16) == 0)
			return vm_string(vm, "network", 7, ret_value);
		else
			return vm_string(vm, "address", 7, ret_value);
		return 0;
	}
	for (size_t i = 0; i < sizeof part_names / sizeof part_names[0]; i++)
		if (strcmp(part_names[i].name, name) == 0)
			return give_part(
			    vm, address, part_names[i].part, ret_value);
	return vm_fail(vm, "ipaddr: there is no query '%s'", name);
}

/* One address; what is none gives false. */
static int
ask(struct vm *vm, const struct call *call, struct value value, int family,
    struct value *ret_value)
{
	struct value question = call->args[0];
	struct address address;

	if (!parse_address(value, &address) ||
	    (family != AF_UNSPEC && address.family != family)) {
		*ret_value = value_bool(false);
		return 0;
	}
	if (question.type == VALUE_INT) {
		if (!nth_address(&address, question.u.i)) {
			*ret_value = value_bool(false);
			return 0;
		}
		return give_part(vm, &address, PART_HOST, ret_value);
	}
	if (!call_has(call, 0) || value_str_len(question) == 0) {
		*ret_value = value_ref(value);
		return 0;
	}
	return query(vm, &address, value_str(question), ret_value);
}

/* Of a list, those that are addresses. */
static int
ask_all(
    struct vm *vm, const struct call *call, int family, struct value *ret_value)
{
	struct value out;
	int ret = 0;

	if (call_has(call, 0) && call->args[0].type != VALUE_INT) {
		ret = call_need_str(vm, call, call->args[0], "the query");
		if (ret != 0)
			return ret;
	}
	if (call->self.type != VALUE_LIST)
		return ask(vm, call, call->self, family, ret_value);
	out = vm_list();
	for (size_t i = 0; i < value_len(call->self) && ret == 0; i++) {
		struct value item = {0};

		ret =
		    ask(vm, call, value_list_at(call->self, i), family, &item);
		if (ret != 0)
			break;
		if (item.type != VALUE_BOOL)
			value_list_add(out, item);
	}
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
filter_ipaddr(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return ask_all(vm, call, AF_UNSPEC, ret_value);
}

static int
filter_ipv4(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return ask_all(vm, call, AF_INET, ret_value);
}

static int
filter_ipv6(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return ask_all(vm, call, AF_INET6, ret_value);
}

/* [2001:db8::1] where a URL needs brackets. */
static int
filter_ipwrap(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct address address;
	struct buf out;

	if (!parse_address(call->self, &address) ||
	    address.family != AF_INET6) {
		*ret_value = value_ref(call->self);
		return 0;
	}
	vm_buf_init(&out);
	buf_addc(&out, '[');
	write_address(&address, &out);
	buf_addc(&out, ']');
	if (address.has_prefix)
		buf_addf(&out, "/%u", address.prefix);
	return vm_buf_take(vm, &out, ret_value);
}

const struct builtin filters_net[] = {
    {"ipaddr", filter_ipaddr, "query", 0, 1, 0},
    {"ipv4", filter_ipv4, "query", 0, 1, 0},
    {"ipv6", filter_ipv6, "query", 0, 1, 0},
    {"ipwrap", filter_ipwrap, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
