#include "app/sightings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "app/app.h"
#include "app/dhcp.h"
#include "app/recorder.h"
#include "app/transfers.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/dgram.h"
#include "net/filesrv_report.h"

enum {
	ADDRESSES_MAX = 16384,
	/* The same file again within this is a client's retry. */
	REPEAT_MS = 3000
};

struct address {
	char text[48];
	char node[EVENT_NODE_SIZE];
	char last_file[192];
	int64_t last_ms;
	UT_hash_handle hh;
};

struct sightings {
	struct app *app;
	struct address *addresses;
	struct dgram *tftp;
	struct dgram *downloads;
};

static struct address *
address_find(const struct sightings *sightings, const char *text)
{
	struct address *address;

	HASH_FIND_STR(sightings->addresses, text, address);
	return address;
}

static void
address_drop(struct sightings *sightings, struct address *address)
{
	HASH_DEL(sightings->addresses, address);
	free(address);
}

/* The table is in the order of use: what was longest unused makes room. */
void
sightings_learn(struct sightings *sightings, const char *text, const char *node)
{
	struct address *address = address_find(sightings, text);

	if (address != NULL) {
		HASH_DEL(sightings->addresses, address);
	} else {
		if (HASH_COUNT(sightings->addresses) >= ADDRESSES_MAX)
			address_drop(sightings, sightings->addresses);
		address = mem_alloc(sizeof *address);
		str_copy(address->text, sizeof address->text, text);
	}
	HASH_ADD_STR(sightings->addresses, text, address);
	str_copy(address->node, sizeof address->node, node);
}

/* The MAC that the kernel has for an address on a link of ours. */
static int
neighbour_mac(const char *text, struct hwaddr *ret_mac)
{
	FILE *table = fopen("/proc/net/arp", "re");
	char line[256];
	char addr[64];
	char mac[32];
	int ret = -ENOENT;

	if (table == NULL)
		return -errno;
	while (ret != 0 && fgets(line, sizeof line, table) != NULL) {
		if (sscanf(line, "%63s %*s %*s %31s", addr, mac) == 2 &&
		    strcmp(addr, text) == 0)
			ret = hwaddr_parse(mac, ret_mac);
	}
	fclose(table);
	return ret;
}

bool
sightings_find(const struct sightings *sightings, const char *text,
    struct recorder_track *ret_track)
{
	const struct address *address = address_find(sightings, text);

	if (address == NULL)
		return false;
	recorder_track_node(address->node, ret_track);
	return true;
}

/* The machine's track; its address is remembered when it is a node's. */
static bool
address_resolve(struct sightings *sightings, const char *text,
    struct recorder_track *ret_track)
{
	struct hwaddr mac;

	if (sightings_find(sightings, text, ret_track))
		return true;
	if (neighbour_mac(text, &mac) < 0)
		return false;
	recorder_track_mac(sightings->app, &mac, ret_track);
	if (ret_track->pool == FLIGHT_KNOWN)
		sightings_learn(sightings, text, ret_track->name);
	return true;
}

static bool
is_repeat(
    struct sightings *sightings, struct address *address, const char *file)
{
	int64_t now = clock_mono_ms(sightings->app->clock);
	bool repeat = strcmp(address->last_file, file) == 0 &&
		      now - address->last_ms < REPEAT_MS;

	str_copy(address->last_file, sizeof address->last_file, file);
	address->last_ms = now;
	return repeat;
}

/* The text between `key` and the next blank, or the end when `rest`. */
static int
copy_field(const char *line, const char *key, bool rest, char *out, size_t size)
{
	const char *at = strstr(line, key);
	size_t len;

	if (at == NULL)
		return -EINVAL;
	at += strlen(key);
	len = strcspn(at, rest ? "\n" : " \n");
	if (len == 0)
		return -EINVAL;
	event_text(out, size, at, len);
	return 0;
}

int
sightings_parse_rrq(const char *line, char *ret_address, size_t address_size,
    char *ret_file, size_t file_size)
{
	if (copy_field(line, "RRQ from ", false, ret_address, address_size) < 0)
		return -EINVAL;
	/* A map rule's rewrite is what was sent. */
	if (copy_field(line, " remapped to loaders/", true, ret_file,
		file_size) == 0 ||
	    copy_field(line, " remapped to ", true, ret_file, file_size) == 0)
		return 0;
	return copy_field(line, " filename ", true, ret_file, file_size);
}

int
sightings_parse_nak(const char *line, char *ret_address, size_t address_size,
    char *ret_why, size_t why_size)
{
	static const char key[] = "sending NAK (";
	const char *why = strstr(line, key);
	const char *end = why == NULL ? NULL : strstr(why, ") to ");

	if (end == NULL)
		return -EINVAL;
	why += sizeof key - 1;
	event_text(ret_why, why_size, why, (size_t)(end - why));
	return copy_field(end, ") to ", false, ret_address, address_size);
}

static void
append(struct sightings *sightings, struct event *event)
{
	/* Only news: what can not be stored now is not worth a retry. */
	(void)nodes_append(
	    sightings->app->nodes, event, 1, STORE_ANY_SEQ, NULL, NULL);
}

static void
on_tftp_refused(struct sightings *sightings, const char *from, const char *why)
{
	struct recorder_track track;

	if (address_resolve(sightings, from, &track))
		recorder_tftp(sightings->app->recorder, &track, from, "", why);
}

static void
on_tftp_asked(struct sightings *sightings, const char *from, const char *file)
{
	struct recorder_track track;
	struct address *address;
	struct event event;

	if (!address_resolve(sightings, from, &track))
		return;
	recorder_tftp(sightings->app->recorder, &track, from, file, NULL);
	address = address_find(sightings, from);
	if (address == NULL || is_repeat(sightings, address, file))
		return;
	dhcp_saw_fetch(sightings->app, address->node,
	    str_starts(file + strspn(file, "/"), "images/"));
	event_init(&event, EVENT_LOADER, address->node);
	str_copy(event.addr, sizeof event.addr, from);
	str_copy(event.name, sizeof event.name, file);
	append(sightings, &event);
}

static void
on_tftp_line(struct sightings *sightings, const char *line)
{
	char from[48];
	char text[192];

	log_debug(NULL, "tftp: %s", line);
	if (sightings_parse_rrq(line, from, sizeof from, text, sizeof text) ==
	    0)
		on_tftp_asked(sightings, from, text);
	else if (sightings_parse_nak(
		     line, from, sizeof from, text, sizeof text) == 0)
		on_tftp_refused(sightings, from, text);
}

static void
on_download(struct sightings *sightings, const struct filesrv_report *report)
{
	struct recorder_track track;
	const char *name;
	struct event event;

	if (!address_resolve(sightings, report->peer, &track))
		return;
	if (track.pool == FLIGHT_KNOWN && !report->head)
		transfers_report(sightings->app->transfers, track.name, report);
	if (report->running)
		return;
	recorder_file(sightings->app->recorder, &track, report);
	/* A probe is not news. */
	if (report->head || report->bytes == 0 || track.pool != FLIGHT_KNOWN)
		return;
	event_init(&event, EVENT_ARTIFACT, track.name);
	str_copy(event.addr, sizeof event.addr, report->peer);
	name = report->path + strspn(report->path, "/");
	if (str_starts(name, "loaders/"))
		dhcp_saw_fetch(sightings->app, track.name, false);
	event_text(event.name, sizeof event.name, name, strlen(name));
	event.bytes = report->bytes;
	if (!report->complete)
		event.total = report->length;
	event.ms = report->ms;
	str_copy(
	    event.result, sizeof event.result, report->complete ? "" : "FAIL");
	append(sightings, &event);
}

static void
on_tftp_cb(void *arg, const char *data, size_t len)
{
	(void)len;
	on_tftp_line(arg, data);
}

static void
on_download_cb(void *arg, const char *data, size_t len)
{
	struct filesrv_report report;

	if (filesrv_report_decode(data, len, &report) == 0)
		on_download(arg, &report);
}

struct sightings *
sightings_open(struct app *app, int tftp_log_fd, int downloads_fd)
{
	struct sightings *sightings = mem_alloc(sizeof *sightings);

	sightings->app = app;
	sightings->tftp =
	    dgram_new(app->loop, tftp_log_fd, on_tftp_cb, sightings);
	sightings->downloads =
	    dgram_new(app->loop, downloads_fd, on_download_cb, sightings);
	return sightings;
}

void
sightings_close(struct sightings *sightings)
{
	struct address *address;
	struct address *next;

	if (sightings == NULL)
		return;
	HASH_ITER (hh, sightings->addresses, address, next)
		address_drop(sightings, address);
	dgram_free(sightings->tftp);
	dgram_free(sightings->downloads);
	free(sightings);
}
