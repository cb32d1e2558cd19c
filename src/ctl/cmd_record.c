/*
 * record export: one file for a bug report, with what the flight recorder has
 * of a machine, what the daemon would serve it, and the daemon itself. Secrets
 * are masked in all of it, whatever the options say.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/mask.h"
#include "core/pcap.h"
#include "ctl/ctl.h"
#include "ctl/local.h"
#include "ctl/logfiles.h"
#include "ctl/preview.h"
#include "ctl/tarball.h"
#include "ctl/timeline.h"
#include "ctl/when.h"

enum {
	RECORD_FILE
};

static const struct args_flag record_flags[] = {
    [RECORD_FILE] = {"--file", 'f', "FILE",
	"write this file [NODE-TIME.tar.gz in this directory]"},
    {0},
};

#define TEXT_MAX ((size_t)64 << 20)
#define PACKET_MAX 2048

struct recording {
	struct ctl *ctl;
	const char *name; /* as it was asked for */
	struct tarball *tarball;
	struct value entries;
	struct value node; /* undefined: no inventory names it */
	struct value info;
	size_t packets;
};

/* ---- the time line ------------------------------------------------------ */

static int
on_entry(struct value entry, void *arg)
{
	struct recording *recording = arg;

	value_list_add(recording->entries, value_ref(entry));
	return 0;
}

static int
fetch_timeline(struct recording *recording, struct err *err)
{
	struct client_handler handler = {.on_data = on_entry, .arg = recording};
	struct client_request req = {.socket = recording->ctl->socket,
	    .command = "timeline",
	    .args = value_map_new()};
	int ret;

	value_map_set(req.args, "node", value_string(recording->name));
	value_map_set(req.args, "packets", value_bool(true));
	ret = client_run(&req, &handler, err);
	value_unref(req.args);
	return ret;
}

static void
add_json(struct recording *recording, const char *name, struct value value)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	value_write_json(value, 2, false, &text);
	buf_addc(&text, '\n');
	tarball_add(recording->tarball, name, text.data, text.len);
	buf_done(&text);
}

static void
add_timeline(struct recording *recording)
{
	struct term plain = {0};
	struct timeline timeline;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	timeline_init(&timeline, &plain);
	for (size_t i = 0; i < value_len(recording->entries); i++)
		timeline_put(
		    &timeline, value_list_at(recording->entries, i), &text);
	tarball_add(recording->tarball, "timeline.txt", text.data, text.len);
	buf_done(&text);
	add_json(recording, "timeline.json", recording->entries);
}

/* "10.0.0.7:68" */
static int
parse_end(struct value entry, const char *key, struct sockaddr_in *ret_end)
{
	const char *text = value_str(value_map_get(entry, key));
	const char *colon = strrchr(text, ':');
	char address[INET_ADDRSTRLEN];
	int64_t port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof address)
		return -EINVAL;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = '\0';
	if (inet_pton(AF_INET, address, &ret_end->sin_addr) != 1 ||
	    str_to_i64(colon + 1, 0, UINT16_MAX, &port) < 0)
		return -EINVAL;
	ret_end->sin_port = htons((uint16_t)port);
	return 0;
}

static void
add_packet(struct recording *recording, struct value entry, struct buf *out)
{
	const char *hex = value_str(value_map_get(entry, "packet"));
	struct value bytes = value_map_get(entry, "bytes");
	struct pcap_datagram datagram = {.len = strlen(hex) / 2};
	uint8_t packet[PACKET_MAX];

	if (datagram.len == 0 || datagram.len > sizeof packet ||
	    str_unhex(hex, packet, datagram.len) < 0 ||
	    parse_end(entry, "from", &datagram.from) < 0 ||
	    parse_end(entry, "to", &datagram.to) < 0 ||
	    when_parse(value_str(value_map_get(entry, "time")), &datagram.ms) <
		0)
		return;
	datagram.data = packet;
	if (bytes.type == VALUE_INT && bytes.u.i > 0)
		datagram.full_len = (size_t)bytes.u.i;
	if (pcap_write(&datagram, out) == 0)
		recording->packets++;
}

static void
add_packets(struct recording *recording)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	pcap_write_header(&text);
	for (size_t i = 0; i < value_len(recording->entries); i++)
		add_packet(
		    recording, value_list_at(recording->entries, i), &text);
	tarball_add(recording->tarball, "packets.pcap", text.data, text.len);
	buf_done(&text);
}

/* ---- the node ----------------------------------------------------------- */

/* A machine that no inventory names has none of this. */
static void
fetch_node(struct recording *recording)
{
	struct value request = value_map_new();
	struct value node;
	struct err err = {0};

	value_map_set(request, "node", value_string(recording->name));
	if (ctl_ask(recording->ctl, "show", request, &node, &err) < 0)
		return;
	recording->node = value_copy(node);
	value_unref(node);
	if (value_map_get(recording->node, "variables").type == VALUE_MAP)
		value_map_set(recording->node, "variables",
		    mask_secrets(value_map_get(recording->node, "variables"),
			MASK_SHOWN));
}

static void
add_rendered(struct recording *recording, struct preview *preview,
    const struct inv_host *host, enum profile_kind kind)
{
	struct value vars = {0};
	struct err err = {0};
	char problem[1024];
	struct buf text;
	char *name;
	int ret = preview_vars(preview, host, &vars, &err);

	buf_init(&text, PROFILE_OUTPUT_MAX);
	if (ret == 0)
		ret = preview_render(preview, kind, vars, &text, &err);
	if (ret < 0) {
		buf_reset(&text);
		buf_adds(&text, err_format(&err, problem, sizeof problem));
		buf_addc(&text, '\n');
	}
	name = mem_printf(
	    "files/%s%s", profile_kind_name(kind), ret < 0 ? ".error" : "");
	tarball_add(recording->tarball, name, text.data, text.len);
	free(name);
	buf_done(&text);
	value_unref(vars);
}

/* As `render` does, so from the files that the daemon reads. */
static void
add_files(struct recording *recording)
{
	struct inventory *inv = NULL;
	const struct inv_host *host;
	struct preview preview;
	struct err err = {0};

	if (local_inventory(recording->ctl, recording->info, &inv) !=
	    CTL_DONE) {
		ctl_note(recording->ctl, "without the node's files");
		return;
	}
	host = local_host(recording->ctl, inv,
	    value_str(value_map_get(recording->node, "name")));
	if (preview_open(recording->ctl, recording->info, inv, &preview, &err) <
	    0)
		ctl_note(
		    recording->ctl, "without the node's files: %s", err.text);
	else
		for (int kind = 0; host != NULL && kind < PROFILE_KINDS; kind++)
			add_rendered(
			    recording, &preview, host, (enum profile_kind)kind);
	preview_done(&preview);
	inventory_unref(inv);
}

/* ---- what its installers uploaded ---------------------------------------- */

static int
on_log_text(void *arg, const char *text, size_t len)
{
	buf_add(arg, text, len);
	return 0;
}

/* Of the newest install; the daemon has masked them. */
static void
add_logs(struct recording *recording)
{
	struct value files;
	struct value newest;
	struct err err = {0};
	struct buf text;

	if (logfiles_list(recording->ctl, recording->name, &files, &err) < 0)
		return;
	newest = logfiles_of_run(files, NULL);
	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < value_len(newest); i++) {
		struct value file = value_list_at(newest, i);
		char *name = mem_printf(
		    "logs/%s", value_str(value_map_get(file, "name")));

		buf_reset(&text);
		if (logfiles_read(recording->ctl, recording->name, file,
			on_log_text, &text, &err) == 0)
			tarball_add(
			    recording->tarball, name, text.data, text.len);
		free(name);
	}
	buf_done(&text);
	value_unref(newest);
	value_unref(files);
}

/* ---- the file ----------------------------------------------------------- */

/* What may be in a file's name anywhere. */
static char *
plain_name(const char *name)
{
	char *plain = mem_strdup(name);

	for (char *c = plain; *c != '\0'; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' &&
		    (*c != '.' || c == plain))
			*c = '-';
	}
	return plain;
}

/* "gpu1-20261123T140000Z" */
static char *
export_title(const char *name, int64_t now_ms)
{
	char time[CLOCK_STRLEN];
	char digits[CLOCK_STRLEN];
	char *plain = plain_name(name);
	char *title;
	size_t len = 0;

	clock_format(now_ms, time);
	for (const char *c = time; *c != '\0' && *c != '.'; c++) {
		if (*c != '-' && *c != ':')
			digits[len++] = *c;
	}
	digits[len] = '\0';
	title = mem_printf("%s-%sZ", plain, digits);
	free(plain);
	return title;
}

static void
add_about(struct recording *recording, int64_t now_ms)
{
	char time[CLOCK_STRLEN];
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_adds(&text, "What convect-pxed knows of ");
	term_add_text(&text, recording->name);
	buf_addf(&text,
	    "\nWritten %s by convect-pxectl " PACKAGE_VERSION "\n\n",
	    clock_format(now_ms, time));
	buf_adds(&text,
	    "timeline.txt   packets, requests, decisions and events\n"
	    "timeline.json  the same with all that is known of each\n"
	    "packets.pcap   its DHCP packets; IP and UDP headers are made up\n"
	    "daemon.json    the daemon: version, options, counters\n"
	    "node.json      state, variables, decision, last events\n"
	    "files/         what it would be served now\n"
	    "logs/          what its last installer uploaded\n\n"
	    "node.json and files/ are missing for a machine that no inventory "
	    "names.\nTokens, passwords and what a vault holds are masked.\n");
	tarball_add(recording->tarball, "about.txt", text.data, text.len);
	buf_done(&text);
}

static void
add_all(struct recording *recording, int64_t now_ms)
{
	add_about(recording, now_ms);
	add_timeline(recording);
	add_packets(recording);
	add_json(recording, "daemon.json", recording->info);
	fetch_node(recording);
	add_logs(recording);
	if (recording->node.type != VALUE_MAP)
		return;
	add_json(recording, "node.json", recording->node);
	add_files(recording);
}

static void
put_result(struct recording *recording, const char *path)
{
	struct ctl *ctl = recording->ctl;
	size_t entries = value_len(recording->entries);
	struct value map;

	if (!ctl->json) {
		term_add_text(&ctl->out, path);
		buf_addf(&ctl->out, ": %zu entries, %zu packets\n", entries,
		    recording->packets);
		return;
	}
	map = value_map_new();
	value_map_set(map, "file", value_string(path));
	value_map_set(map, "entries", value_int((int64_t)entries));
	value_map_set(map, "packets", value_int((int64_t)recording->packets));
	ctl_put_json(ctl, map);
	value_unref(map);
}

static int
write_export(struct recording *recording)
{
	int64_t now_ms = clock_wall_ms(&clock_system);
	const char *file = recording->ctl->args->own[RECORD_FILE];
	char *title = export_title(recording->name, now_ms);
	char *path =
	    file != NULL ? mem_strdup(file) : mem_printf("%s.tar.gz", title);
	struct err err = {0};
	int code = CTL_DONE;

	recording->tarball = tarball_new(path, title, now_ms, &err);
	if (recording->tarball == NULL) {
		code = ctl_fail(recording->ctl, -EIO, &err);
	} else {
		add_all(recording, now_ms);
		if (tarball_close(recording->tarball, &err) < 0)
			code = ctl_fail(recording->ctl, -EIO, &err);
		else
			put_result(recording, path);
	}
	free(path);
	free(title);
	return code;
}

static int
record_run(struct ctl *ctl, const struct args *args)
{
	struct recording recording = {
	    .ctl = ctl, .name = args->words[0], .entries = value_list_new()};
	struct err err = {0};
	int code = CTL_DONE;
	int ret;

	if (args->global[ARGS_SHOW_SECRETS] != NULL) {
		value_unref(recording.entries);
		return ctl_usage(ctl, "secrets never go into that file");
	}
	ret = fetch_timeline(&recording, &err);
	if (ret == 0)
		ret = ctl_ask(
		    ctl, "info", value_map_new(), &recording.info, &err);
	if (ret < 0)
		code = ctl_fail(ctl, ret, &err);
	else
		code = write_export(&recording);
	value_unref(recording.entries);
	value_unref(recording.node);
	value_unref(recording.info);
	return code;
}

const struct command cmd_record_export = {
    .name = "record export",
    .usage = "NODE|MAC [--file FILE]",
    .help = "one file for a bug report, secrets masked",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = record_flags,
    .run = record_run,
};
