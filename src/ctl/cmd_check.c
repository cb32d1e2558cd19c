/*
 * check: everything that can be wrong with what would be served: the
 * inventory, the images, and every file of every node. All problems are told
 * at once, each of them once.
 */
#include <string.h>

#include "core/check.h"
#include "core/cluster_config.h"
#include "core/hostvars.h"
#include "ctl/ctl.h"
#include "ctl/local.h"
#include "ctl/preview.h"
#include "ctl/sitecheck.h"
#include "ctl/split.h"
#include "doctor/secure.h"

#define GROUP_TEXT_MAX 4096
#define NODES_LEAST 200 /* a process for fewer costs more than it saves */

static void
check_host(
    struct check *check, struct preview *preview, const struct inv_host *host)
{
	struct check_node node = {.host = host,
	    .hostvars = preview->hostvars,
	    .env = preview->env,
	    .lint = preview->lint};
	struct err err = {0};
	size_t macs;

	(void)inv_host_macs(host, &macs);
	if (macs == 0)
		return; /* does not boot from the network */
	if (preview_vars(preview, host, &node.vars, &err) < 0) {
		check->nodes++;
		check_add(check, PROBLEM_ERROR, inv_host_name(host), &err);
		return;
	}
	check_node(check, &node);
	value_unref(node.vars);
}

/* The hosts [from, to), for split_run(). */
static struct value
on_range_cb(void *arg, size_t from, size_t to)
{
	struct preview *preview = arg;
	struct check check;
	struct value report;

	check_init(&check);
	for (size_t i = from; i < to; i++)
		check_host(&check, preview, inventory_host_at(preview->inv, i));
	report = check_json(&check);
	check_done(&check);
	return report;
}

static void
check_ranges(struct check *check, struct preview *preview)
{
	struct split split = {.count = inventory_host_count(preview->inv),
	    .least = NODES_LEAST,
	    .run = on_range_cb,
	    .arg = preview};
	struct value reports = split_run(&split);

	for (size_t i = 0; i < value_len(reports); i++)
		check_merge(check, value_list_at(reports, i));
	value_unref(reports);
}

static void
check_cluster(struct check *check, struct preview *preview)
{
	struct problems problems;

	problems_init(&problems);
	cluster_lint(preview->inv, preview->hostvars, &problems);
	check_add_problems(check, &problems);
	problems_done(&problems);
}

static bool
wants_shim(struct hostvars *hostvars, const struct inv_host *host)
{
	struct value loader;
	size_t macs;
	bool shim;

	(void)inv_host_macs(host, &macs);
	if (macs == 0 ||
	    hostvars_str(hostvars, host, "loader", &loader, NULL) < 0)
		return false;
	shim = strcmp(value_str(loader), "shim") == 0;
	value_unref(loader);
	return shim;
}

/* Who has never had a daemon here may have it elsewhere: a warning. */
static void
check_secure(struct ctl *ctl, struct check *check, struct value info,
    struct preview *preview)
{
	const char *state_dir = preview_state_dir(ctl, info);
	struct err err = {0};
	bool looked = false;
	bool served = false;
	int ret = 0;

	for (size_t i = 0; i < inventory_host_count(preview->inv); i++) {
		const struct inv_host *host =
		    inventory_host_at(preview->inv, i);

		if (!wants_shim(preview->hostvars, host))
			continue;
		if (!looked)
			ret =
			    secure_check_loaders("", state_dir, &served, &err);
		looked = true;
		if (ret == 0)
			return;
		check_add(check, served ? PROBLEM_ERROR : PROBLEM_WARNING,
		    inv_host_name(host), &err);
	}
}

void
site_check_hosts(struct ctl *ctl, struct check *check, struct value info,
    struct inventory *inv)
{
	struct preview preview;
	struct preview real;
	struct err err = {0};

	if (preview_open(ctl, info, inv, &preview, &err) < 0) {
		check_add(check, PROBLEM_ERROR, NULL, &err);
	} else {
		/* The real values are what is served. */
		preview_share(&preview, inv, false, &real);
		check_ranges(check, &real);
		check_cluster(check, &real);
		check_secure(ctl, check, info, &real);
		preview_unshare(&real);
	}
	preview_done(&preview);
}

static void
print_groups(
    struct ctl *ctl, const struct check *check, enum problem_severity severity)
{
	bool is_error = severity == PROBLEM_ERROR;
	struct buf text;

	buf_init(&text, GROUP_TEXT_MAX);
	for (size_t i = 0; i < check->count; i++) {
		if (check->groups[i].severity != severity)
			continue;
		buf_reset(&text);
		check_group_text(&check->groups[i], &text);
		term_add_styled(&ctl->term, is_error ? STYLE_RED : STYLE_YELLOW,
		    is_error ? "error" : "warning", &ctl->out);
		buf_adds(&ctl->out, ": ");
		term_add_text(&ctl->out, text.data);
		buf_addc(&ctl->out, '\n');
	}
	buf_done(&text);
}

static void
check_put(struct ctl *ctl, const struct check *check)
{
	struct value map;

	if (ctl->json) {
		map = check_json(check);
		ctl_put_json(ctl, map);
		value_unref(map);
		return;
	}
	print_groups(ctl, check, PROBLEM_ERROR);
	print_groups(ctl, check, PROBLEM_WARNING);
	check_summary(check, &ctl->out);
	buf_addc(&ctl->out, '\n');
}

static int
check_run(struct ctl *ctl, const struct args *args)
{
	struct inventory *inv = NULL;
	struct value info = local_info(ctl);
	struct problems problems;
	struct check check;
	int code;

	(void)args;
	problems_init(&problems);
	check_init(&check);
	code = local_load(ctl, info, &problems, &inv);
	if (code == CTL_DONE) {
		check_add_problems(&check, &problems);
		if (inv != NULL)
			site_check_hosts(ctl, &check, info, inv);
		check_put(ctl, &check);
		code = check.errors > 0 ? CTL_FAILED : CTL_DONE;
	}
	check_done(&check);
	problems_done(&problems);
	inventory_unref(inv);
	value_unref(info);
	return code;
}

const struct command cmd_check = {
    .name = "check",
    .usage = "",
    .help = "inventory, templates and images; every file of every node",
    .need = COMMAND_LOCAL,
    .run = check_run,
};
