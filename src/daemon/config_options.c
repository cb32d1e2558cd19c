#include "daemon/config_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/str.h"

/* Room for the ".tftpd" of the second socket beside it. */
#define SOCKET_PATH_MAX                                                        \
	((int64_t)sizeof((struct sockaddr_un *)0)->sun_path - 1 - 6)

static const char *const log_levels[] = {
    "error", "warn", "info", "debug", NULL};
static const char *const dhcp_roles[] = {"proxy", "server", NULL};
static const char *const dhcp_listens[] = {"auto", "bind", "tap", "4011", NULL};
static const char *const switches[] = {"off", "on", NULL};
static const char *const log_formats[] = {"text", "json", NULL};

static const char *const unknown_choices[] = {"ignore", "enroll", NULL};

#define MEMBER(name) .offset = offsetof(struct config, name)

const struct option config_options[] = {
    {.name = "inventory",
	.type = OPTION_PATHS,
	MEMBER(inventory),
	.arg = "path",
	.help = "Inventory file, or directory of such files; group_vars/ and "
		"host_vars/ beside it are read too. May be given several "
		"times; later ones win."},
    {.name = "config",
	.type = OPTION_PATH,
	MEMBER(config_file),
	.flags = OPTION_NOT_IN_FILE,
	.arg = "file",
	.help = "YAML file with any of these options, named as here but "
		"without the dashes in front. The command line wins."},
    {.name = "interface",
	.type = OPTION_INTERFACES,
	MEMBER(interfaces),
	.arg = "name",
	.help = "Network interface to answer on. May be given several times. "
		"Without it every one that is up and has an IPv4 address "
		"is served."},
    {.name = "relay-allow",
	.type = OPTION_NETWORKS,
	MEMBER(relay_allow),
	.arg = "network",
	.help = "IPv4 network, as in 10.80.0.0/16, whose DHCP relays and "
		"machines are answered: the addresses of a relay towards the "
		"machines and towards us have to be in such a network. May be "
		"given several times. Without it relayed requests get no "
		"answer."},
    {.name = "dhcp",
	.type = OPTION_CHOICE,
	MEMBER(dhcp),
	.choices = dhcp_roles,
	.def = "proxy",
	.arg = "role",
	.help = "Whether the site has a DHCP server: proxy answers beside it "
		"and gives no addresses, server is the DHCP server of a "
		"network without one and gives each machine the address that "
		"the inventory reserves for it."},
    {.name = "dhcp-listen",
	.type = OPTION_CHOICE,
	MEMBER(dhcp_listen),
	.choices = dhcp_listens,
	.def = "auto",
	.arg = "how",
	.help = "How requests to UDP port 67 are received: bind takes the "
		"port, tap watches packets beside the DHCP server of this "
		"host that has it, auto does the one or the other, 4011 "
		"leaves port 67 alone and serves machines that the site's "
		"DHCP server sends to port 4011."},
    {.name = "dhcp-rate",
	.type = OPTION_INT,
	MEMBER(dhcp_rate),
	.min = 1,
	.max = 1000000,
	.def = "10000",
	.arg = "number",
	.help = "DHCP answers a second, to all machines together, and as many "
		"more at once. What goes beyond waits for the machines to ask "
		"again."},
    {.name = "dhcp-node-rate",
	.type = OPTION_INT,
	MEMBER(dhcp_node_rate),
	.min = 1,
	.max = 10000,
	.def = "5",
	.arg = "number",
	.help = "DHCP requests of one machine that are looked at, a second; "
		"twice as many at once."},
    {.name = "ipxe-ra",
	.type = OPTION_CHOICE,
	MEMBER(ipxe_ra),
	.choices = switches,
	.flags = OPTION_SWITCH,
	.def = "on",
	.arg = "on|off",
	.help = "Whether machines that are being booted, and nobody else, are "
		"told that there is no IPv6 router when they ask for one: "
		"without an answer iPXE of the distributions waits some 15 s "
		"at each start."},
    {.name = "http-port",
	.type = OPTION_INT,
	MEMBER(http_port),
	.min = 1,
	.max = 65535,
	.def = "8080",
	.arg = "port",
	.help = "TCP port of boot scripts, seeds, callbacks, API and "
		"dashboard."},
    {.name = "files-port",
	.type = OPTION_INT,
	MEMBER(files_port),
	.min = 1,
	.max = 65535,
	.def = "8081",
	.arg = "port",
	.help = "TCP port of kernels, initrds, ISO images and loaders."},
    {.name = "files-workers",
	.type = OPTION_INT,
	MEMBER(files_workers),
	.min = 1,
	.max = 64,
	.def = "2",
	.arg = "count",
	.help = "Processes that share the files port."},
    {.name = "cache",
	.type = OPTION_UPSTREAMS,
	MEMBER(cache),
	.arg = "name=URL",
	.help = "Package repository that machines reach through us: what is "
		"at URL is at /apt/name/ of the cache port, and kept. May be "
		"given several times. Without it there is no cache."},
    {.name = "cache-port",
	.type = OPTION_INT,
	MEMBER(cache_port),
	.min = 1,
	.max = 65535,
	.def = "8082",
	.arg = "port",
	.help = "TCP port of the cache of packages."},
    {.name = "cache-size",
	.type = OPTION_INT,
	MEMBER(cache_size),
	.min = 1,
	.max = 1 << 24,
	.def = "20480",
	.arg = "MiB",
	.help = "How large the cache gets; packages that were not asked for "
		"the longest go first."},
    {.name = "cache-free",
	.type = OPTION_INT,
	MEMBER(cache_free),
	.min = 0,
	.max = 1 << 24,
	.def = "1024",
	.arg = "MiB",
	.help = "How much of its file system the cache leaves free."},
    {.name = "cache-offline",
	.type = OPTION_CHOICE,
	MEMBER(cache_offline),
	.choices = switches,
	.flags = OPTION_SWITCH,
	.def = "off",
	.arg = "on|off",
	.help = "Whether the cache serves what it has and asks nobody."},
    {.name = "state-dir",
	.type = OPTION_ABSOLUTE,
	MEMBER(state_dir),
	.def = "/var/lib/convect-pxed",
	.arg = "dir",
	.help = "Where the database, the images and the loaders are kept."},
    {.name = "events-keep-count",
	.type = OPTION_INT,
	MEMBER(events_keep_count),
	.min = 1000,
	.max = 5000000,
	.def = "1000000",
	.arg = "number",
	.help = "Events that are kept, of all nodes together; the oldest go "
		"first. What a node is and what it has installed is kept "
		"without them. An event takes about 400 bytes."},
    {.name = "events-keep-days",
	.type = OPTION_INT,
	MEMBER(events_keep_days),
	.min = 1,
	.max = 36500,
	.def = "365",
	.arg = "days",
	.help = "How old the events get that are kept."},
    {.name = "socket",
	.type = OPTION_ABSOLUTE,
	MEMBER(socket),
	.max = SOCKET_PATH_MAX,
	.def = "/run/convect-pxed/ctl.sock",
	.arg = "path",
	.help = "Unix socket of convect-pxectl."},
    {.name = "user",
	.type = OPTION_WORD,
	MEMBER(user),
	.def = "convect-pxed",
	.arg = "name",
	.help = "User that everything but the parent process runs as."},
    {.name = "templates-dir",
	.type = OPTION_PATH,
	MEMBER(templates_dir),
	.arg = "dir",
	.help = "Your own templates; one that has the name of a shipped one "
		"takes its place."},
    {.name = "unknown",
	.type = OPTION_CHOICE,
	MEMBER(unknown),
	.choices = unknown_choices,
	.def = "ignore",
	.arg = "policy",
	.help = "What machines get that no inventory names: ignore leaves them "
		"alone, enroll boots them to a screen where they wait for "
		"convect-pxectl discover accept."},
    {.name = "vault-password-file",
	.type = OPTION_PATHS,
	MEMBER(vault_password_files),
	.arg = "file",
	.help = "File with the password of what ansible-vault has encrypted, "
		"or LABEL@FILE for the vaults of that label. May be given "
		"several times. Without it the variable "
		"CONVECT_VAULT_PASSWORD_FILE in the environment is looked "
		"at."},
    {.name = "log-level",
	.type = OPTION_CHOICE,
	MEMBER(log_level),
	.choices = log_levels,
	.def = "info",
	.flags = OPTION_RELOADABLE,
	.arg = "level",
	.help = "How much is logged: error, warn, info or debug."},
    {.name = "log-format",
	.type = OPTION_CHOICE,
	MEMBER(log_format),
	.choices = log_formats,
	.def = "text",
	.arg = "format",
	.help = "text for people or json for machines, a line an event."},
    {.name = "check",
	.type = OPTION_FLAG,
	MEMBER(check),
	.flags = OPTION_NOT_IN_FILE,
	.help = "Print what would be served and every problem, then exit; "
		"works as any user."},
    {.name = "version",
	.type = OPTION_FLAG,
	MEMBER(version),
	.flags = OPTION_NOT_IN_FILE,
	.help = "Print the version."},
    {.name = "help",
	.type = OPTION_FLAG,
	MEMBER(help),
	.flags = OPTION_NOT_IN_FILE,
	.help = "Print this."},
    {.name = NULL},
};

/* `http_port` is taken for `http-port`, as YAML is mostly written. */
static bool
name_is(const struct option *option, const char *name, size_t len)
{
	if (strlen(option->name) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (option->name[i] != (name[i] == '_' ? '-' : name[i]))
			return false;
	}
	return true;
}

const struct option *
config_find_option(const char *name, size_t len)
{
	for (size_t i = 0; config_options[i].name != NULL; i++) {
		if (name_is(&config_options[i], name, len))
			return &config_options[i];
	}
	return NULL;
}

void
config_hint_nearest(const char *name, const char *dashes, struct err *err)
{
	const struct option *best = NULL;
	size_t distance = strlen(name) / 3 + 1;

	for (size_t i = 0; config_options[i].name != NULL; i++) {
		size_t d = str_distance(name, config_options[i].name);

		if (d <= distance) {
			best = &config_options[i];
			distance = d == 0 ? 0 : d - 1;
		}
	}
	if (best != NULL)
		err_hint(err, "did you mean %s%s?", dashes, best->name);
	else
		err_hint(err, "convect-pxed --help lists all options");
}

/* ---- documentation ---- */

static void
add_wrapped(struct buf *out, const char *indent, const char *text)
{
	size_t width = 78 - strlen(indent);

	while (*text != '\0') {
		size_t len = strlen(text);

		if (len > width) {
			for (len = width; len > 0 && text[len] != ' ';)
				len--;
		}
		buf_addf(out, "%s%.*s\n", indent, (int)len, text);
		text += len + (text[len] == ' ');
	}
}

void
config_write_help(struct buf *out)
{
	buf_adds(out,
	    "usage: convect-pxed --inventory PATH [OPTION ...]\n"
	    "Boots and installs the machines that an inventory names, beside "
	    "the site's\nown DHCP server.\n\n");
	for (size_t i = 0; config_options[i].name != NULL; i++) {
		const struct option *option = &config_options[i];
		char *help = mem_printf("%s%s%s%s", option->help,
		    option->def == NULL ? "" : " Default: ",
		    option->def == NULL ? "" : option->def,
		    option->def == NULL ? "" : ".");

		buf_addf(out, "  --%s%s%s\n", option->name,
		    option->arg == NULL ? "" : " ",
		    option->arg == NULL ? "" : option->arg);
		add_wrapped(out, "        ", help);
		free(help);
	}
	buf_adds(out, "\nThe whole story is in convect-pxed(8).\n");
}

/* Each sentence begins a line, as mdoc(7) wants it. */
static void
add_mdoc_text(struct buf *out, const char *text)
{
	while (*text != '\0') {
		const char *end = strstr(text, ". ");
		size_t len =
		    end == NULL ? strlen(text) : (size_t)(end - text) + 1;
		char *sentence = mem_strndup(text, len);

		add_wrapped(out, "", sentence);
		free(sentence);
		text += len + (end != NULL);
	}
}

void
config_write_mdoc(struct buf *out)
{
	buf_adds(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; config_options[i].name != NULL; i++) {
		const struct option *option = &config_options[i];

		buf_addf(out, ".It Fl Fl %s%s%s\n", option->name,
		    option->arg == NULL ? "" : " Ar ",
		    option->arg == NULL ? "" : option->arg);
		add_mdoc_text(out, option->help);
		if (option->def != NULL)
			buf_addf(
			    out, "The default is\n.Cm %s .\n", option->def);
		if ((option->flags & OPTION_RELOADABLE) != 0)
			buf_adds(out, "A reload takes a new value.\n");
	}
	buf_adds(out, ".El\n");
}
