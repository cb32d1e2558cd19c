/*
 * An inventory, as INI, as YAML and as a file of variables, then everything
 * that can be asked of it; the first line is also tried as a host pattern.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/inventory.h"
#include "inventory/known.h"
#include "inventory/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
ask_hosts(const struct inventory *inv)
{
	size_t i, count;
	bool b;

	for (i = 0; i < inventory_host_count(inv) && i < 50; i++) {
		const struct inv_host *host = inventory_host_at(inv, i);

		if (inventory_find_host(inv, inv_host_name(host)) != host)
			abort();
		inv_host_macs(host, &count);
		if (count > 0 && inventory_find_mac(
				     inv, inv_host_macs(host, &count)) != host)
			abort();
		(void)known_host_bool(inv, host, "has_gpu", &b);
		value_unref(inventory_host_vars(inv, host));
	}
}

static void
ask(struct inventory *inv, const char *pattern)
{
	struct inv_hosts hosts = {0};
	struct buf out;

	buf_init(&out, 1u << 20);
	if (inventory_host_count(inv) < 1000) {
		inventory_write_list(inv, true, &out);
		ask_hosts(inv);
		value_unref(inventory_groups(inv));
	}
	buf_done(&out);
	if (pattern_resolve(inv, pattern, &hosts, NULL) == 0 &&
	    hosts.count == 0)
		abort();
	inv_hosts_done(&hosts);
}

static void
load(const char *path, const char *text, size_t len, const char *pattern)
{
	struct inv_file file = {path, text, len};
	struct inv_input input = {.files = &file, .count = 1};
	struct inventory *inv = NULL;
	struct problems problems;

	problems_init(&problems);
	if (inventory_load(&input, &problems, &inv) == 0)
		ask(inv, pattern);
	else if (problems.errors == 0)
		abort();
	inventory_unref(inv);
	problems_done(&problems);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = mem_alloc(len + 1);
	char *pattern;

	memcpy(text, data, len);
	pattern = mem_strndup(text, strcspn(text, "\n"));
	load("f.ini", text, len, pattern);
	load("f.yml", text, len, pattern);
	load("group_vars/all", text, len, pattern);
	free(pattern);
	free(text);
	return 0;
}
