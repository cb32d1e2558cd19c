#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "packets.h"

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
