#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "packets.h"

enum {
	HTYPE_AT = 1,
	HLEN_AT = 2,
	CHADDR_AT = 28,
	MAGIC_AT = 236,
	OPTIONS_AT = 240,
};

static struct packet all[PACKETS_MAX];
static size_t count;

static void
read_line(const char *line)
{
	struct packet *packet = &all[count];
	char hex[2 * DHCP_PACKET_MAX + 1];

	assert_true(count < PACKETS_MAX);
	assert_int_equal(sscanf(line, "%63s %3000s", packet->name, hex), 2);
	packet->len = strlen(hex) / 2;
	assert_int_equal(str_unhex(hex, packet->data, packet->len), 0);
	count++;
}

const struct packet *
packets_all(size_t *ret_count)
{
	const char *srcdir = getenv("srcdir");
	char line[4096];
	char path[4096];
	FILE *file;

	*ret_count = count;
	if (count > 0)
		return all;
	(void)snprintf(path, sizeof path, "%s/tests/data/dhcp/packets.hex",
	    srcdir != NULL ? srcdir : ".");
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		if (line[0] != '#')
			read_line(line);
	}
	(void)fclose(file);
	*ret_count = count;
	return all;
}

const struct packet *
packets_get(const char *name)
{
	size_t n;
	const struct packet *packets = packets_all(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(packets[i].name, name) == 0)
			return &packets[i];
	}
	fail_msg("no packet %s", name);
	return NULL;
}

size_t
packets_make(uint8_t packet[DHCP_PACKET_MAX], const char *options)
{
	static const uint8_t mac[] = {0x52, 0x54, 0, 0xaa, 0, 1};
	static const uint8_t magic[] = {0x63, 0x82, 0x53, 0x63};
	size_t len = strlen(options) / 2;

	memset(packet, 0, DHCP_PACKET_MAX);
	packet[0] = 1;
	packet[HTYPE_AT] = 1;
	packet[HLEN_AT] = sizeof mac;
	memcpy(packet + CHADDR_AT, mac, sizeof mac);
	memcpy(packet + MAGIC_AT, magic, sizeof magic);
	assert_int_equal(str_unhex(options, packet + OPTIONS_AT, len), 0);
	return OPTIONS_AT + len;
}

enum dhcp_drop
packets_decode(const uint8_t *packet, size_t len, struct dhcp_msg *ret_msg)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	enum dhcp_drop drop;

	assert_non_null(copy);
	memcpy(copy, packet, len);
	drop = dhcp_decode(copy, len, DHCP_OP_REQUEST, ret_msg);
	free(copy);
	return drop;
}

enum dhcp_drop
packets_decode_options(const char *options, struct dhcp_msg *ret_msg)
{
	uint8_t packet[DHCP_PACKET_MAX];

	return packets_decode(packet, packets_make(packet, options), ret_msg);
}

void
packets_assert_option(
    const struct dhcp_msg *msg, enum dhcp_slot slot, const char *hex)
{
	char got[2 * DHCP_PACKET_MAX + 1];
	size_t len;
	const uint8_t *data = dhcp_option(msg, slot, &len);

	if (hex == NULL) {
		assert_null(data);
		assert_int_equal(len, 0);
		return;
	}
	assert_non_null(data);
	str_hex(data, len, got);
	assert_string_equal(got, hex);
}
