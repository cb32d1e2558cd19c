#include "ctl/local.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hwaddr.h"
#include "base/str.h"
#include "inventory/inv_read.h"
#include "inventory/inv_secrets.h"

/* What is made of an inventory. */
struct local {
	struct problems *problems;
	struct inventory *inv; /* NULL: it has errors */
};

struct value
local_info(struct ctl *ctl)
{
	struct value info = {0};

	if (ctl->args->inventory_count > 0)
		return info;
	if (ctl_ask(ctl, "info", value_map_new(), &info, NULL) < 0)
		return (struct value){0};
	return info;
}

/* The paths to read: named, or the daemon's. 0: none. */
static size_t
local_paths(
    struct ctl *ctl, struct value info, const char *paths[ARGS_INVENTORY_MAX])
{
	struct value list = value_map_get(info, "inventory");
	size_t count = ctl->args->inventory_count;

	for (size_t i = 0; i < count; i++)
		paths[i] = ctl->args->inventory[i];
	for (size_t i = 0; i < value_len(list) && count < ARGS_INVENTORY_MAX;
	     i++)
		paths[count++] = value_str(value_list_at(list, i));
	return count;
}

static int
no_inventory(struct ctl *ctl, struct err *err)
{
	err_set(err, "no inventory: no daemon answers on %s", ctl->socket);
	err_hint(err, "name one with --inventory FILE, or start the daemon: "
		      "systemctl start convect-pxed");
	return -ECONNREFUSED;
}

/* The daemon's own, which need not be for everybody. */
static void
daemon_secrets(struct value info, struct inv_secrets *secrets)
{
	struct value list = value_map_get(info, "vault_files");

	for (size_t i = 0; i < value_len(list); i++)
		(void)inv_secrets_read(
		    secrets, value_str(value_list_at(list, i)), NULL);
}

static int
read_secrets(struct ctl *ctl, struct value info, struct inv_secrets *secrets,
    struct err *err)
{
	const char *const *files = ctl->args->vault_file;
	const char *named = getenv("CONVECT_VAULT_PASSWORD_FILE");
	int ret = 0;

	if (ctl->args->vault_count > 0) {
		for (size_t i = 0; ret == 0 && i < ctl->args->vault_count; i++)
			ret = inv_secrets_read(secrets, files[i], err);
	} else if (named != NULL && *named != '\0') {
		ret = inv_secrets_read(secrets, named, err);
	} else {
		daemon_secrets(info, secrets);
	}
	return ret;
}

/* What was read, with the passwords that there are. */
static int
load_set(struct ctl *ctl, struct value info, struct inv_set *set,
    struct local *local, struct err *err)
{
	struct inv_secrets *secrets = inv_secrets_new();
	int ret = read_secrets(ctl, info, secrets, err);

	set->input.secrets = secrets;
	if (ret == 0)
		(void)inventory_load(&set->input, local->problems, &local->inv);
	inv_secrets_unref(secrets);
	return ret;
}

int
local_load_set(struct ctl *ctl, struct value info, struct inv_set *set,
    struct problems *problems, struct inventory **ret_inv)
{
	struct local local = {.problems = problems};
	struct err err = {0};
	int ret = load_set(ctl, info, set, &local, &err);

	*ret_inv = local.inv;
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

static int
load_paths(struct ctl *ctl, struct value info, const char *const *paths,
    size_t count, struct local *local, struct err *err)
{
	struct inv_set set;
	int ret;

	local->inv = NULL;
	ret = inv_set_read(paths, count, &set, err);
	if (ret < 0)
		return ret;
	ret = load_set(ctl, info, &set, local, err);
	inv_set_done(&set);
	return ret;
}

int
local_try(struct ctl *ctl, struct value info, struct problems *problems,
    struct inventory **ret_inv, struct err *err)
{
	const char *paths[ARGS_INVENTORY_MAX];
	size_t count = local_paths(ctl, info, paths);
	struct local local = {.problems = problems};
	int ret;

	if (count == 0)
		return no_inventory(ctl, err);
	ret = load_paths(ctl, info, paths, count, &local, err);
	if (ret == 0)
		*ret_inv = local.inv;
	return ret;
}

int
local_load(struct ctl *ctl, struct value info, struct problems *problems,
    struct inventory **ret_inv)
{
	struct err err = {0};
	int ret = local_try(ctl, info, problems, ret_inv, &err);

	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

static void
print_problem_line(
    struct ctl *ctl, const struct problem *problem, struct buf *out)
{
	bool error = problem->severity == PROBLEM_ERROR;
	char text[1100];

	term_add_styled(&ctl->term_err, error ? STYLE_RED : STYLE_YELLOW,
	    error ? "error: " : "warning: ", out);
	term_add_text(out, err_format(&problem->err, text, sizeof text));
	buf_addc(out, '\n');
}

void
local_print_problems(struct ctl *ctl, const struct problems *problems)
{
	size_t all = problems->errors + problems->warnings;
	struct buf text;

	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < problems->count; i++)
		print_problem_line(ctl, &problems->list[i], &text);
	if (all > problems->count)
		buf_addf(&text, "and %zu more\n", all - problems->count);
	(void)term_print(&text, STDERR_FILENO);
	buf_done(&text);
}

/* CTL_FAILED when what was loaded has errors. */
static int
tell_problems(struct ctl *ctl, const struct problems *problems,
    const struct inventory *inv)
{
	local_print_problems(ctl, problems);
	return inv == NULL ? CTL_FAILED : CTL_DONE;
}

int
local_inventory(struct ctl *ctl, struct value info, struct inventory **ret_inv)
{
	struct problems problems;
	int code;

	problems_init(&problems);
	code = local_load(ctl, info, &problems, ret_inv);
	if (code == CTL_DONE)
		code = tell_problems(ctl, &problems, *ret_inv);
	problems_done(&problems);
	return code;
}

int
local_inventory_at(struct ctl *ctl, struct value info, const char *path,
    struct inventory **ret_inv)
{
	struct problems problems;
	struct local local = {.problems = &problems};
	struct err err = {0};
	int code;

	problems_init(&problems);
	if (load_paths(ctl, info, &path, 1, &local, &err) < 0) {
		code = ctl_fail(ctl, -EINVAL, &err);
	} else {
		*ret_inv = local.inv;
		code = tell_problems(ctl, &problems, local.inv);
	}
	problems_done(&problems);
	return code;
}

static void
hint_host(const struct inventory *inv, const char *name, struct err *err)
{
	size_t best = 3;
	const char *near = NULL;

	for (size_t i = 0; i < inventory_host_count(inv); i++) {
		const char *host = inv_host_name(inventory_host_at(inv, i));
		size_t distance = str_distance(name, host);

		if (distance < best) {
			best = distance;
			near = host;
		}
	}
	if (near != NULL)
		err_hint(err, "did you mean %s?", near);
}

const struct inv_host *
local_host(struct ctl *ctl, const struct inventory *inv, const char *name)
{
	const struct inv_host *host = inventory_find_host(inv, name);
	struct hwaddr mac;
	struct err err = {0};

	if (host == NULL && hwaddr_parse(name, &mac) == 0)
		host = inventory_find_mac(inv, &mac);
	if (host != NULL)
		return host;
	err_set(&err, "the inventory has no host \"%s\"", name);
	hint_host(inv, name, &err);
	(void)ctl_fail(ctl, -ENOENT, &err);
	return NULL;
}
