/*
 * discover accept: gives an unknown machine a name. The host is written into
 * the inventory file by whoever calls, with his own rights; the daemon reads
 * the file again by itself and the machine goes on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hwaddr.h"
#include "base/mem.h"
#include "base/replace.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/local.h"
#include "ctl/nodes.h"
#include "inventory/inv_edit.h"
#include "inventory/inv_read.h"

enum {
	ACCEPT_MAC,
	ACCEPT_GROUP,
	ACCEPT_SET
};

static const struct args_flag accept_flags[] = {
    [ACCEPT_MAC] = {"--mac", 0, "MACHINE", "which machine, where several wait"},
    [ACCEPT_GROUP] = {"--group", 0, "GROUP", "that it becomes a host of"},
    [ACCEPT_SET] = {"--set", 0, "NAME=VALUE...",
	"a variable of it (repeatable)"},
    {0},
};

struct accept {
	struct ctl *ctl;
	char mac[HWADDR_STRLEN];
	bool daemon; /* one answers */
	struct value info;
	struct inv_set set;
	struct inv_edit edit;
	char *names[INV_EDIT_VARS_MAX]; /* that `edit` points to */
};

/* ---- which machine -------------------------------------------------- */

static int
fail_machines(struct ctl *ctl, struct value machines, size_t waiting)
{
	char number[NODES_TEXTLEN];
	struct err err = {0};

	if (waiting == 0)
		err_set(&err, "no unknown machine waits");
	else
		err_set(&err, "%zu machines wait; say which one", waiting);
	for (size_t i = 0; i < value_len(machines); i++) {
		struct value machine = value_list_at(machines, i);

		ctl_note(ctl, "%s  %s  %s", nodes_text(machine, "mac", number),
		    nodes_text(machine, "state", number),
		    nodes_text(machine, "serial", number));
	}
	err_hint(&err, "convect-pxectl discover accept NAME --mac MAC");
	return ctl_fail(ctl, -ENOENT, &err);
}

/* The only one that waits. */
static int
choose_waiting(struct accept *accept)
{
	char number[NODES_TEXTLEN];
	struct value machines;
	struct err err = {0};
	size_t waiting = 0;
	int ret = ctl_ask(
	    accept->ctl, "discover-list", value_map_new(), &machines, &err);
	int code = CTL_DONE;

	if (ret < 0)
		return ctl_fail(accept->ctl, ret, &err);
	for (size_t i = 0; i < value_len(machines); i++) {
		struct value machine = value_list_at(machines, i);

		if (strcmp(nodes_text(machine, "state", number), "waiting") !=
		    0)
			continue;
		waiting++;
		str_copy(accept->mac, sizeof accept->mac,
		    nodes_text(machine, "mac", number));
	}
	if (waiting != 1)
		code = fail_machines(accept->ctl, machines, waiting);
	value_unref(machines);
	return code;
}

/* A MAC needs no daemon; a serial number or an UUID is asked for. */
static int
find_named(struct accept *accept, const char *text)
{
	struct value request;
	struct value machine;
	struct hwaddr mac;
	char number[NODES_TEXTLEN];
	struct err err = {0};
	int ret;

	if (hwaddr_parse(text, &mac) == 0) {
		hwaddr_format(&mac, accept->mac);
		return CTL_DONE;
	}
	request = value_map_new();
	value_map_set(request, "machine", value_string(text));
	ret = ctl_ask(accept->ctl, "discover-show", request, &machine, &err);
	if (ret < 0)
		return ctl_fail(accept->ctl, ret, &err);
	str_copy(accept->mac, sizeof accept->mac,
	    nodes_text(machine, "mac", number));
	value_unref(machine);
	return CTL_DONE;
}

/* "NAME", "NAME --mac MACHINE" or "MACHINE NAME". */
static int
read_words(struct accept *accept, const struct args *args)
{
	const char *machine = args->own[ACCEPT_MAC];

	accept->edit.host = args->words[args->word_count - 1];
	if (args->word_count == 2 && machine != NULL)
		return ctl_usage(accept->ctl, "the machine is named twice");
	if (args->word_count == 2)
		machine = args->words[0];
	return machine == NULL ? choose_waiting(accept)
			       : find_named(accept, machine);
}

/* ---- the new host --------------------------------------------------- */

static void
add_var(struct accept *accept, char *name, const char *text)
{
	size_t i = accept->edit.var_count++;

	accept->names[i] = name;
	accept->edit.vars[i] = (struct inv_edit_var){name, text};
}

static int
read_vars(struct accept *accept, const struct args *args)
{
	struct err err = {0};

	add_var(accept, mem_strdup("mac"), accept->mac);
	for (size_t i = 0; i < args->many_count; i++) {
		const char *equals = strchr(args->many[i], '=');

		if (equals == NULL ||
		    accept->edit.var_count == INV_EDIT_VARS_MAX)
			return ctl_usage(accept->ctl,
			    "--set takes NAME=VALUE, at most %d times",
			    INV_EDIT_VARS_MAX - 1);
		add_var(accept,
		    mem_strndup(
			args->many[i], (size_t)(equals - args->many[i])),
		    equals + 1);
		if (strcmp(accept->names[accept->edit.var_count - 1], "mac") ==
		    0)
			return ctl_usage(accept->ctl,
			    "the MAC is the machine's: --mac chooses it");
	}
	accept->edit.group = args->own[ACCEPT_GROUP];
	if (accept->edit.group != NULL &&
	    strcmp(accept->edit.group, "ungrouped") == 0)
		accept->edit.group = NULL;
	if (inv_edit_check(&accept->edit, &err) < 0)
		return ctl_fail(accept->ctl, -EINVAL, &err);
	return CTL_DONE;
}

/* ---- which file ----------------------------------------------------- */

/* The whole inventory of the daemon, or what --inventory names without one. */
static int
read_inventory(struct accept *accept)
{
	const struct args *args = accept->ctl->args;
	const char *paths[ARGS_INVENTORY_MAX];
	struct value list;
	struct err err = {0};
	size_t count = 0;
	int ret;

	accept->daemon = ctl_ask(accept->ctl, "info", value_map_new(),
			     &accept->info, NULL) == 0;
	list = value_map_get(accept->info, "inventory");
	for (; count < value_len(list) && count < ARGS_INVENTORY_MAX; count++)
		paths[count] = value_str(value_list_at(list, count));
	for (size_t i = 0; !accept->daemon && i < args->inventory_count; i++)
		paths[count++] = args->inventory[i];
	if (count == 0) {
		err_set(&err, "no inventory: no daemon answers on %s",
		    accept->ctl->socket);
		err_hint(&err, "name the file with --inventory FILE");
		return ctl_fail(accept->ctl, -ECONNREFUSED, &err);
	}
	ret = inv_set_read(paths, count, &accept->set, &err);
	return ret < 0 ? ctl_fail(accept->ctl, ret, &err) : CTL_DONE;
}

static bool
is_same_path(const char *a, const char *b)
{
	char *real_a = realpath(a, NULL);
	char *real_b = realpath(b, NULL);
	bool same =
	    real_a != NULL && real_b != NULL && strcmp(real_a, real_b) == 0;

	free(real_a);
	free(real_b);
	return same;
}

/* The files that --inventory chooses, or all that are no variables. */
static bool
is_candidate(const struct accept *accept, const struct inv_file *file)
{
	const struct args *args = accept->ctl->args;

	if (inv_edit_is_vars(file->path))
		return false;
	if (args->inventory_count == 0)
		return true;
	for (size_t i = 0; i < args->inventory_count; i++) {
		if (is_same_path(args->inventory[i], file->path))
			return true;
	}
	return false;
}

static int
fail_files(struct accept *accept, size_t count)
{
	struct err err = {0};

	for (size_t i = 0; i < accept->set.input.count; i++) {
		if (is_candidate(accept, &accept->set.files[i]))
			ctl_note(accept->ctl, "%s", accept->set.files[i].path);
	}
	if (count == 0)
		err_set(&err, "--inventory names no file of the inventory");
	else
		err_set(&err,
		    "the inventory has %zu files; say which one is "
		    "to be written",
		    count);
	err_hint(&err, "--inventory FILE");
	return ctl_fail(accept->ctl, -EINVAL, &err);
}

/* Of several files the one that has the group, if it is the only one. */
static int
choose_file(struct accept *accept, struct inv_file **ret_file)
{
	struct inv_file *only = NULL;
	struct inv_file *having = NULL;
	size_t count = 0;
	size_t havings = 0;

	for (size_t i = 0; i < accept->set.input.count; i++) {
		struct inv_file *file = &accept->set.files[i];

		if (!is_candidate(accept, file))
			continue;
		only = file;
		count++;
		if (accept->edit.group != NULL &&
		    inv_edit_has_group(file, &accept->edit)) {
			having = file;
			havings++;
		}
	}
	if (count != 1 && havings != 1)
		return fail_files(accept, count);
	*ret_file = havings == 1 ? having : only;
	return CTL_DONE;
}

/* ---- writing -------------------------------------------------------- */

static int
load(struct accept *accept, struct inventory **ret_inv)
{
	struct problems problems;
	int code;

	problems_init(&problems);
	code = local_load_set(
	    accept->ctl, accept->info, &accept->set, &problems, ret_inv);
	if (code == CTL_DONE && *ret_inv == NULL) {
		local_print_problems(accept->ctl, &problems);
		code = CTL_FAILED;
	}
	problems_done(&problems);
	return code;
}

static int
check_is_new(struct accept *accept, const struct inventory *inv)
{
	const struct inv_host *host =
	    inventory_find_host(inv, accept->edit.host);
	struct err err = {0};
	struct hwaddr mac;

	(void)hwaddr_parse(accept->mac, &mac);
	if (host != NULL) {
		err_at(&err, inv_host_file(host), inv_host_line(host), 0,
		    "there is a host %s already", accept->edit.host);
		return ctl_fail(accept->ctl, -EEXIST, &err);
	}
	host = inventory_find_mac(inv, &mac);
	if (host == NULL)
		return CTL_DONE;
	err_at(&err, inv_host_file(host), inv_host_line(host), 0,
	    "the machine %s is %s already", accept->mac, inv_host_name(host));
	return ctl_fail(accept->ctl, -EEXIST, &err);
}

/* Both texts are read as the daemon would, before one takes the other's place.
 */
static int
verify(struct accept *accept, struct inv_file *file, const struct buf *text)
{
	struct inv_file old = *file;
	struct inventory *before = NULL;
	struct inventory *after = NULL;
	struct err err = {0};
	int code = load(accept, &before);

	if (code == CTL_DONE)
		code = check_is_new(accept, before);
	if (code == CTL_DONE) {
		file->text = text->data;
		file->len = text->len;
		code = load(accept, &after);
		*file = old;
	}
	if (code == CTL_DONE &&
	    inv_edit_verify(before, after, &accept->edit, &err) < 0) {
		err_place(&err, file->path, 0, 0);
		code = ctl_fail(accept->ctl, -EINVAL, &err);
	}
	inventory_unref(before);
	inventory_unref(after);
	return code;
}

static void
put_result(struct accept *accept, const struct inv_file *file,
    const char *backup, bool new_group)
{
	struct ctl *ctl = accept->ctl;
	struct value map;

	if (!ctl->json) {
		term_add_styled(
		    &ctl->term, STYLE_BOLD, accept->edit.host, &ctl->out);
		buf_addf(&ctl->out, " is %s now, in %s; the old file is %s\n",
		    accept->mac, file->path, backup);
		if (new_group)
			ctl_note(
			    ctl, "%s is a new group there", accept->edit.group);
		if (!accept->daemon)
			ctl_note(ctl,
			    "no daemon answers on %s: the machine "
			    "goes on when one does",
			    ctl->socket);
		return;
	}
	map = value_map_new();
	value_map_set(map, "name", value_string(accept->edit.host));
	value_map_set(map, "mac", value_string(accept->mac));
	value_map_set(map, "file", value_string(file->path));
	value_map_set(map, "backup", value_string(backup));
	value_map_set(map, "new_group", value_bool(new_group));
	ctl_put_json(ctl, map);
	value_unref(map);
}

static int
write_host(struct accept *accept, struct inv_file *file)
{
	enum inv_edit_where where = INV_EDIT_IN_GROUP;
	struct replace replace;
	struct err err = {0};
	struct buf held;
	struct buf text;
	int code;
	int ret;

	buf_init(&held, INVENTORY_FILE_MAX);
	buf_init(&text, INVENTORY_FILE_MAX);
	ret = replace_begin(file->path, &replace, &held, &err);
	if (ret < 0) {
		code = ctl_fail(accept->ctl, ret, &err);
		goto out;
	}
	if (held.len != file->len ||
	    memcmp(held.data, file->text, held.len) != 0) {
		err_at(&err, file->path, 0, 0, "it has just been changed");
		err_hint(&err, "try again");
		ret = -EBUSY;
	}
	if (ret == 0)
		ret = inv_edit_add(file, &accept->edit, &text, &where, &err);
	code = ret < 0 ? ctl_fail(accept->ctl, ret, &err)
		       : verify(accept, file, &text);
	if (code == CTL_DONE) {
		ret = replace_commit(&replace, text.data, text.len, &err);
		if (ret < 0)
			code = ctl_fail(accept->ctl, ret, &err);
		else
			put_result(accept, file, replace.backup,
			    where == INV_EDIT_NEW_GROUP);
	}
	replace_end(&replace);
out:
	buf_done(&text);
	buf_done(&held);
	return code;
}

static int
discover_accept_run(struct ctl *ctl, const struct args *args)
{
	struct accept accept = {.ctl = ctl};
	struct inv_file *file = NULL;
	int code = read_words(&accept, args);

	if (code == CTL_DONE)
		code = read_vars(&accept, args);
	if (code == CTL_DONE)
		code = read_inventory(&accept);
	if (code == CTL_DONE)
		code = choose_file(&accept, &file);
	if (file != NULL)
		code = write_host(&accept, file);
	inv_set_done(&accept.set);
	value_unref(accept.info);
	for (size_t i = 0; i < accept.edit.var_count; i++)
		free(accept.names[i]);
	return code;
}

const struct command cmd_discover_accept = {
    .name = "discover accept",
    .usage = "[MACHINE] NAME [--mac MACHINE] [--group G] [--set NAME=VALUE]",
    .help = "write a machine into the inventory, which lets it go on",
    .need = COMMAND_LOCAL,
    .words_min = 1,
    .words_max = 2,
    .flags = accept_flags,
    .run = discover_accept_run,
};
