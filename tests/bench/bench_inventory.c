/*
 * What an inventory costs: time to load, resident memory that it adds, time
 * for one host's merged variables, one variable, one MAC, one pattern.
 * Usage: bench_inventory [HOSTS]; 10,000 unless told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_support.h"
#include "inventory/inventory.h"
#include "inventory/known.h"
#include "inventory/pattern.h"

static double
resident_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128] = "";
	char *end;
	long pages;

	if (file == NULL)
		return 0;
	if (fgets(line, sizeof line, file) == NULL)
		line[0] = '\0';
	fclose(file);
	strtol(line, &end, 10);
	pages = strtol(end, NULL, 10);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* A fleet as sites have it: a line a machine, racks, two roles. */
static void
write_fleet(struct buf *out, unsigned hosts)
{
	unsigned i;

	for (i = 0; i < hosts; i++)
		buf_addf(out,
		    "node%05u mac=52:54:00:%02x:%02x:%02x "
		    "ansible_ssh_host=10.%u.%u.%u ansible_ssh_user=ops "
		    "my_iface=eth1 has_gpu=%s rack=r%03u\n",
		    i, i >> 16 & 255, i >> 8 & 255, i & 255, i >> 16,
		    i >> 8 & 255, i & 255, i % 2 == 0 ? "true" : "false",
		    i / 40);
	buf_adds(out, "[driver]\nnode00000\nnode00001\nnode00002\n[worker]\n");
	buf_addf(out, "node[00003:%05u]\n", hosts - 1);
	for (i = 0; i < hosts; i++) {
		if (i % 40 == 0)
			buf_addf(out, "[rack%03u]\n", i / 40);
		buf_addf(out, "node%05u\n", i);
	}
	buf_adds(out, "[all:vars]\nconvect_workdir=/srv/convecthub\n"
		      "docker_repo=http://mirror/docker\nhttp_port=8080\n"
		      "[worker:vars]\ninstall_nvidia_driver=true\n");
}

static struct inventory *
load(const struct buf *text)
{
	struct inv_file file = {"fleet.ini", text->data, text->len};
	struct inv_input input = {.files = &file, .count = 1};
	struct problems problems;
	struct inventory *inv = NULL;
	char line[1024];

	problems_init(&problems);
	if (inventory_load(&input, &problems, &inv) < 0) {
		fprintf(stderr, "%s\n",
		    err_format(
			problems_first_error(&problems), line, sizeof line));
		exit(1);
	}
	problems_done(&problems);
	return inv;
}

static void
bench_variables(const struct inventory *inv)
{
	size_t n = inventory_host_count(inv), i;
	int64_t start = now_us(), merged, single;
	bool gpu;

	for (i = 0; i < n; i++)
		value_unref(
		    inventory_host_vars(inv, inventory_host_at(inv, i)));
	merged = now_us() - start;
	start = now_us();
	for (i = 0; i < n; i++)
		(void)known_host_bool(
		    inv, inventory_host_at(inv, i), "has_gpu", &gpu);
	single = now_us() - start;
	printf(
	    "all variables of a host  %8.2f us\n", (double)merged / (double)n);
	printf(
	    "one variable of a host   %8.2f us\n", (double)single / (double)n);
}

static void
bench_lookups(const struct inventory *inv)
{
	size_t n = inventory_host_count(inv), i, count;
	int64_t start = now_us();
	struct inv_hosts hosts = {0};

	for (i = 0; i < n; i++) {
		const struct inv_host *host = inventory_host_at(inv, i);

		if (inventory_find_mac(inv, inv_host_macs(host, &count)) !=
		    host)
			exit(1);
	}
	printf("a host by its MAC        %8.2f us\n",
	    (double)(now_us() - start) / (double)n);
	start = now_us();
	if (pattern_resolve(inv, "worker:!rack00*", &hosts, NULL) < 0)
		exit(1);
	printf("a pattern of %-6zu hosts %8.2f ms\n", hosts.count,
	    (double)(now_us() - start) / 1e3);
	inv_hosts_done(&hosts);
}

int
main(int argc, char **argv)
{
	unsigned hosts =
	    argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	struct inventory *inv;
	struct buf text;
	int64_t start;
	double before;

	if (hosts < 100 || hosts > 100000) {
		fprintf(stderr, "usage: bench_inventory [100..100000]\n");
		return 2;
	}
	buf_init(&text, (size_t)64 << 20);
	write_fleet(&text, hosts);
	before = resident_mb();
	start = now_us();
	inv = load(&text);
	printf("load %u hosts (%.1f MB) %8.1f ms\n", hosts,
	    (double)text.len / 1e6, (double)(now_us() - start) / 1e3);
	printf("memory that it adds      %8.1f MB\n", resident_mb() - before);
	bench_variables(inv);
	bench_lookups(inv);
	inventory_unref(inv);
	buf_done(&text);
	return 0;
}
