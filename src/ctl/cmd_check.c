/*
 * check: everything that can be wrong with what would be served: the
 * inventory, the images, and every file of every node. All problems are told
 * at once.
 */
#include <string.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/local.h"
#include "ctl/preview.h"

#define NODES_SHOWN 3

struct check {
	struct ctl *ctl;
	struct problems problems; /* of the inventory */
	struct value rows;	  /* all, as JSON */
	size_t errors;
	size_t warnings;
	size_t hosts;
};

static void
add_row(struct check *check, bool error, const char *node, const char *kind,
    const struct err *err)
{
	struct value row = value_map_new();

	value_map_set(
	    row, "severity", value_string(error ? "error" : "warning"));
	if (node != NULL)
		value_map_set(row, "node", value_string(node));
	if (kind != NULL)
		value_map_set(row, "kind", value_string(kind));
	if (err->file[0] != '\0')
		value_map_set(row, "file", value_string(err->file));
	if (err->line > 0)
		value_map_set(row, "line", value_int(err->line));
	if (err->col > 0)
		value_map_set(row, "column", value_int(err->col));
	value_map_set(row, "text", value_string(err->text));
	if (err->hint[0] != '\0')
		value_map_set(row, "hint", value_string(err->hint));
	value_list_add(check->rows, row);
	check->errors += error;
	check->warnings += !error;
}

/* "user-data: FILE:LINE:COL: text (hint)" */
static void
row_text(struct value row, struct buf *out)
{
	const char *kind = value_str(value_map_get(row, "kind"));
	struct value line = value_map_get(row, "line");
	struct value col = value_map_get(row, "column");
	struct err err = {0};
	char text[sizeof err];

	str_copy(
	    err.file, sizeof err.file, value_str(value_map_get(row, "file")));
	str_copy(
	    err.text, sizeof err.text, value_str(value_map_get(row, "text")));
	str_copy(
	    err.hint, sizeof err.hint, value_str(value_map_get(row, "hint")));
	err.line = line.type == VALUE_INT ? (int)line.u.i : 0;
	err.col = col.type == VALUE_INT ? (int)col.u.i : 0;
	buf_adds(out, kind);
	buf_adds(out, *kind == '\0' ? "" : ": ");
	buf_adds(out, err_format(&err, text, sizeof text));
}

/* "gpu1, gpu2, gpu3 and 7 more: "; nothing for no node. */
static void
print_nodes(struct ctl *ctl, struct value nodes)
{
	size_t count = value_len(nodes);

	for (size_t i = 0; i < count && i < NODES_SHOWN; i++) {
		buf_adds(&ctl->out, i == 0 ? "" : ", ");
		term_add_text(&ctl->out, value_str(value_list_at(nodes, i)));
	}
	if (count > NODES_SHOWN)
		buf_addf(&ctl->out, " and %zu more", count - NODES_SHOWN);
	if (count > 0)
		buf_adds(&ctl->out, ": ");
}

/* One problem of a template is one line, however many nodes have it. */
static void
print_rows(
    struct ctl *ctl, struct value rows, const char *severity, enum style style)
{
	struct value texts = value_map_new();
	struct buf text;

	buf_init(&text, 4096);
	for (size_t i = 0; i < value_len(rows); i++) {
		struct value row = value_list_at(rows, i);
		struct value node = value_map_get(row, "node");

		if (strcmp(value_str(value_map_get(row, "severity")),
			severity) != 0)
			continue;
		buf_reset(&text);
		row_text(row, &text);
		if (value_map_get(texts, text.data).type == VALUE_UNDEFINED)
			value_map_set(texts, text.data, value_list_new());
		if (node.type == VALUE_STRING)
			value_list_add(
			    value_map_get(texts, text.data), value_ref(node));
	}
	for (size_t i = 0; i < value_len(texts); i++) {
		term_add_styled(&ctl->term, style, severity, &ctl->out);
		buf_adds(&ctl->out, ": ");
		print_nodes(ctl, value_map_at(texts, i));
		term_add_text(&ctl->out, value_map_key_at(texts, i));
		buf_addc(&ctl->out, '\n');
	}
	buf_done(&text);
	value_unref(texts);
}

static void
check_host(
    struct check *check, struct preview *preview, const struct inv_host *host)
{
	const char *name = inv_host_name(host);
	struct value vars = {0};
	struct err err = {0};
	struct buf text;
	size_t macs;

	(void)inv_host_macs(host, &macs);
	if (macs == 0)
		return; /* does not boot from the network */
	check->hosts++;
	if (preview_vars(preview, host, &vars, &err) < 0) {
		add_row(check, true, name, NULL, &err);
		return;
	}
	buf_init(&text, PROFILE_OUTPUT_MAX);
	for (unsigned k = 0; k < PROFILE_KINDS; k++) {
		enum profile_kind kind = (enum profile_kind)k;

		buf_reset(&text);
		err_clear(&err);
		if (preview_render(preview, kind, vars, &text, &err) < 0)
			add_row(
			    check, true, name, profile_kind_name(kind), &err);
	}
	buf_done(&text);
	value_unref(vars);
}

static void
check_hosts(struct check *check, struct value info, struct inventory *inv)
{
	struct preview preview;
	struct preview real;
	struct err err = {0};

	if (preview_open(check->ctl, info, inv, &preview, &err) < 0) {
		add_row(check, true, NULL, NULL, &err);
	} else {
		/* The real values are what is served. */
		preview_share(&preview, inv, false, &real);
		for (size_t i = 0; i < inventory_host_count(inv); i++)
			check_host(check, &real, inventory_host_at(inv, i));
		preview_unshare(&real);
	}
	preview_done(&preview);
}

static void
take_problems(struct check *check)
{
	for (size_t i = 0; i < check->problems.count; i++) {
		const struct problem *problem = &check->problems.list[i];

		add_row(check, problem->severity == PROBLEM_ERROR, NULL, NULL,
		    &problem->err);
	}
	/* Those past the list's end are counted, too. */
	check->errors = check->problems.errors;
	check->warnings = check->problems.warnings;
}

static void
check_put(struct check *check)
{
	struct ctl *ctl = check->ctl;
	struct value map;

	if (ctl->json) {
		map = value_map_new();
		value_map_set(map, "ok", value_bool(check->errors == 0));
		value_map_set(map, "nodes", value_int((int64_t)check->hosts));
		value_map_set(map, "errors", value_int((int64_t)check->errors));
		value_map_set(
		    map, "warnings", value_int((int64_t)check->warnings));
		value_map_set(map, "problems", value_ref(check->rows));
		ctl_put_json(ctl, map);
		value_unref(map);
		return;
	}
	print_rows(ctl, check->rows, "error", STYLE_RED);
	print_rows(ctl, check->rows, "warning", STYLE_YELLOW);
	buf_addf(&ctl->out,
	    "%zu node%s from the network, %zu error%s, "
	    "%zu warning%s\n",
	    check->hosts, check->hosts == 1 ? " boots" : "s boot",
	    check->errors, check->errors == 1 ? "" : "s", check->warnings,
	    check->warnings == 1 ? "" : "s");
}

static int
check_run(struct ctl *ctl, const struct args *args)
{
	struct check check = {.ctl = ctl, .rows = value_list_new()};
	struct inventory *inv = NULL;
	struct value info = local_info(ctl);
	int code;

	(void)args;
	problems_init(&check.problems);
	code = local_load(ctl, info, &check.problems, &inv);
	if (code == CTL_DONE) {
		take_problems(&check);
		if (inv != NULL)
			check_hosts(&check, info, inv);
		check_put(&check);
		code = check.errors > 0 ? CTL_FAILED : CTL_DONE;
	}
	problems_done(&check.problems);
	inventory_unref(inv);
	value_unref(check.rows);
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
