/*
 * known-hosts and ssh-config: files for ssh(1) of the nodes that are
 * installed. What goes into them is of a small set of characters, so that
 * neither an inventory nor a machine can write a line of its own.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"

enum {
	SSH_KNOWN_HOSTS
};

#define SSH_PORT 22
#define NAMES_MAX 4 /* its name, the short one, ansible_host, its address */

static const struct args_flag config_flags[] = {
    [SSH_KNOWN_HOSTS] = {"--known-hosts", 0, "FILE",
	"the file that known-hosts was written to, as each host's only one"},
    {0},
};

struct ssh_host {
	const char *name;
	const char *names[NAMES_MAX];
	size_t name_count;
	const char *reach; /* where ssh connects to; NULL: nobody knows */
	const char *user;  /* NULL: whoever asks */
	int64_t port;
	struct value keys;
};

struct ssh_files {
	struct ctl *ctl;
	struct value rows;
	const char **addresses; /* of all hosts, sorted */
	size_t address_count;
};

/* A host name, an IPv4 or an IPv6 address, and no pattern of ssh's. */
static bool
is_name(const char *text)
{
	size_t len =
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._:-");

	return len > 0 && len < 256 && text[len] == '\0' && text[0] != '-';
}

static bool
is_user(const char *text)
{
	return is_name(text) && strchr(text, ':') == NULL;
}

static const char *
text_of(struct value row, const char *key)
{
	struct value value = value_map_get(row, key);

	return value.type == VALUE_STRING && *value_str(value) != '\0'
		   ? value_str(value)
		   : NULL;
}

/* ---- addresses that more than one node has ------------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
collect_addresses(struct ssh_files *files)
{
	files->addresses =
	    mem_array(value_len(files->rows) + 1, sizeof files->addresses[0]);
	for (size_t i = 0; i < value_len(files->rows); i++) {
		const char *address =
		    text_of(value_list_at(files->rows, i), "address");

		if (address != NULL)
			files->addresses[files->address_count++] = address;
	}
	qsort(files->addresses, files->address_count,
	    sizeof files->addresses[0], by_text);
}

/*
 * Addresses wander: of two nodes that were seen with one, the key of the
 * wrong one would be taken there.
 */
static bool
is_shared(const struct ssh_files *files, const char *address)
{
	const char **at = bsearch(&address, files->addresses,
	    files->address_count, sizeof files->addresses[0], by_text);
	const char **end = files->addresses + files->address_count;

	if (at == NULL)
		return false;
	return (at > files->addresses && strcmp(at[-1], address) == 0) ||
	       (at + 1 < end && strcmp(at[1], address) == 0);
}

/* ---- a host ----------------------------------------------------------------
 */

static void
add_name(struct ssh_host *host, const char *name)
{
	for (size_t i = 0; i < host->name_count; i++) {
		if (strcmp(host->names[i], name) == 0)
			return;
	}
	host->names[host->name_count++] = name;
}

static int64_t
port_of(struct value row)
{
	struct value value = value_map_get(row, "ansible_port");
	int64_t port = value.type == VALUE_INT ? value.u.i : SSH_PORT;

	if (value.type == VALUE_STRING &&
	    str_to_i64(value_str(value), 1, UINT16_MAX, &port) < 0)
		return SSH_PORT;
	return port >= 1 && port <= UINT16_MAX ? port : SSH_PORT;
}

static void
leave_out(const struct ssh_files *files, const char *node, const char *what,
    const char *why)
{
	ctl_note(files->ctl, "%s: %s %s", node, what, why);
}

static void
take_address(
    const struct ssh_files *files, struct value row, struct ssh_host *host)
{
	const char *wanted = text_of(row, "ansible_host");
	const char *seen = text_of(row, "address");

	if (wanted != NULL && !is_name(wanted)) {
		leave_out(files, host->name, wanted,
		    "is no host name: ansible_host is left out");
		wanted = NULL;
	}
	if (seen != NULL && is_shared(files, seen)) {
		leave_out(files, host->name, seen,
		    "is another node's address, too, and left out");
		seen = NULL;
	}
	host->reach = wanted != NULL ? wanted : seen;
	if (wanted != NULL)
		add_name(host, wanted);
	if (seen != NULL && is_name(seen))
		add_name(host, seen);
}

/* False: it has a name that no file of ssh's takes. */
static bool
read_host(
    const struct ssh_files *files, struct value row, struct ssh_host *ret_host)
{
	struct ssh_host host = {.name = text_of(row, "name"),
	    .keys = value_map_get(row, "keys"),
	    .port = port_of(row)};
	const char *user = text_of(row, "ansible_user");

	if (host.name == NULL)
		return false;
	if (!is_name(host.name)) {
		leave_out(files, host.name, "it",
		    "is no name that ssh takes, and left out");
		return false;
	}
	add_name(&host, host.name);
	take_address(files, row, &host);
	if (user != NULL && is_user(user))
		host.user = user;
	else if (user != NULL)
		leave_out(files, host.name, user,
		    "is no user's name: ansible_user is left out");
	if (value_len(host.keys) == 0)
		leave_out(files, host.name, "its host keys", "are not known");
	*ret_host = host;
	return true;
}

/* ---- the files -------------------------------------------------------------
 */

typedef void put_host(struct ctl *ctl, const struct ssh_host *host);

/* As ssh looks them up: in small letters, with a port that is not its own. */
static void
put_name(struct buf *out, const char *name, int64_t port)
{
	if (port != SSH_PORT)
		buf_addc(out, '[');
	for (; *name != '\0'; name++)
		buf_addc(out, (char)tolower((unsigned char)*name));
	if (port != SSH_PORT)
		buf_addf(out, "]:%lld", (long long)port);
}

/* "TYPE BASE64"; from the daemon, which has looked at it. */
static bool
is_key(const char *key)
{
	size_t type = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-");
	size_t data;

	if (type == 0 || key[type] != ' ')
		return false;
	data = strspn(key + type + 1,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789+/=");
	return data > 0 && key[type + 1 + data] == '\0';
}

static void
put_known_host(struct ctl *ctl, const struct ssh_host *host)
{
	struct buf *out = &ctl->out;

	for (size_t i = 0; i < value_len(host->keys); i++) {
		const char *key = value_str(value_list_at(host->keys, i));

		if (!is_key(key))
			continue;
		/* The name alone is what HostKeyAlias looks for. */
		put_name(out, host->name, SSH_PORT);
		for (size_t n = 0; n < host->name_count; n++) {
			if (n == 0 && host->port == SSH_PORT)
				continue;
			buf_addc(out, ',');
			put_name(out, host->names[n], host->port);
		}
		buf_addf(out, " %s\n", key);
	}
}

/* In quotes: a file's name may have blanks, and ssh expands what is after %. */
static void
put_path(struct buf *out, const char *path)
{
	buf_addc(out, '"');
	for (; *path != '\0'; path++) {
		if (*path == '%')
			buf_addc(out, '%');
		buf_addc(out, *path);
	}
	buf_addc(out, '"');
}

static void
put_config(struct ctl *ctl, const struct ssh_host *host)
{
	const char *file = ctl->args->own[SSH_KNOWN_HOSTS];
	struct buf *out = &ctl->out;

	buf_addf(out, "Host %s\n", host->name);
	if (host->reach != NULL)
		buf_addf(out, "    HostName %s\n", host->reach);
	if (host->port != SSH_PORT)
		buf_addf(out, "    Port %lld\n", (long long)host->port);
	if (host->user != NULL)
		buf_addf(out, "    User %s\n", host->user);
	buf_adds(out, "    HostKeyAlias ");
	put_name(out, host->name, SSH_PORT);
	buf_adds(out, "\n    StrictHostKeyChecking yes\n");
	if (file == NULL)
		return;
	buf_adds(out, "    UserKnownHostsFile ");
	put_path(out, file);
	buf_addc(out, '\n');
}

/* Those that the pattern names, one after the other. */
static void
put_rows(struct ssh_files *files, put_host *put)
{
	struct ctl *ctl = files->ctl;
	struct value chosen = value_list_new();
	struct ssh_host host;

	for (size_t i = 0; i < value_len(files->rows); i++) {
		struct value row = value_list_at(files->rows, i);

		if (!value_truth(value_map_get(row, "chosen")))
			continue;
		if (ctl->json)
			value_list_add(chosen, value_ref(row));
		else if (read_host(files, row, &host))
			put(ctl, &host);
	}
	if (ctl->json)
		ctl_put_json(ctl, chosen);
	value_unref(chosen);
}

static int
ssh_files(struct ctl *ctl, const struct args *args, put_host *put)
{
	struct ssh_files files = {.ctl = ctl};
	struct value request = value_map_new();
	struct err err = {0};
	int ret;

	if (args->word_count > 0)
		value_map_set(request, "pattern", value_string(args->words[0]));
	ret = ctl_ask(ctl, "host-keys", request, &files.rows, &err);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	collect_addresses(&files);
	put_rows(&files, put);
	free(files.addresses);
	value_unref(files.rows);
	return CTL_DONE;
}

static int
known_hosts_run(struct ctl *ctl, const struct args *args)
{
	return ssh_files(ctl, args, put_known_host);
}

static int
ssh_config_run(struct ctl *ctl, const struct args *args)
{
	const char *file = args->own[SSH_KNOWN_HOSTS];

	if (file != NULL && strpbrk(file, "\"\\\r\n") != NULL)
		return ctl_usage(ctl, "--known-hosts does not take that name");
	if (file == NULL && !ctl->json)
		buf_adds(&ctl->out,
		    "# With the host keys in a file of known hosts:\n"
		    "# convect-pxectl known-hosts > FILE\n"
		    "# convect-pxectl ssh-config --known-hosts FILE\n");
	return ssh_files(ctl, args, put_config);
}

const struct command cmd_known_hosts = {
    .name = "known-hosts",
    .usage = "[PATTERN]",
    .help = "the host keys of installed nodes, as ssh's known_hosts",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .takes_pattern = true,
    .run = known_hosts_run,
};

const struct command cmd_ssh_config = {
    .name = "ssh-config",
    .usage = "[PATTERN] [--known-hosts FILE]",
    .help = "how nodes are reached, as ssh's configuration",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .flags = config_flags,
    .takes_pattern = true,
    .run = ssh_config_run,
};
