#include "ctl/invdiff.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/hostvars.h"
#include "ctl/preview.h"
#include "ctl/udiff.h"

#define DIFF_TEXT_MAX (4u << 20) /* of one file's difference */

/* One inventory; what is compared is never masked, what is shown may be. */
struct side {
	struct inventory *inv;
	struct preview real;
	struct preview shown;
};

struct invdiff {
	struct ctl *ctl;
	bool lines;
	struct side before;
	struct side after;
	struct value rows;
	size_t added;
	size_t removed;
	size_t changed;
	size_t broken;
};

/* A node's files; `err` is set when it has none. */
struct files {
	struct buf text[PROFILE_KINDS];
	struct err err;
};

static bool
boots(const struct inv_host *host)
{
	size_t count = 0;

	if (host != NULL)
		(void)inv_host_macs(host, &count);
	return count > 0;
}

static void
files_render(
    struct preview *preview, const struct inv_host *host, struct files *files)
{
	struct value vars = {0};
	int ret = preview_vars(preview, host, &vars, &files->err);

	for (unsigned kind = 0; kind < PROFILE_KINDS; kind++) {
		buf_init(&files->text[kind], PROFILE_OUTPUT_MAX);
		if (ret == 0)
			ret = preview_render(preview, (enum profile_kind)kind,
			    vars, &files->text[kind], &files->err);
	}
	value_unref(vars);
}

static void
files_done(struct files *files)
{
	for (unsigned kind = 0; kind < PROFILE_KINDS; kind++)
		buf_done(&files->text[kind]);
}

static bool
differs(const struct files *before, const struct files *after,
    enum profile_kind kind)
{
	const struct buf *a = &before->text[kind];
	const struct buf *b = &after->text[kind];

	return a->len != b->len || memcmp(a->data, b->data, a->len) != 0;
}

static struct value
row_new(struct invdiff *diff, const char *node, const char *change)
{
	struct value row = value_map_new();

	value_map_set(row, "node", value_string(node));
	value_map_set(row, "change", value_string(change));
	value_list_add(diff->rows, row);
	return row;
}

/* The lines that differ, as they may be shown. */
static struct value
file_lines(const struct files *before, const struct files *after,
    enum profile_kind kind, const char *node)
{
	const struct buf *a = &before->text[kind];
	const struct buf *b = &after->text[kind];
	char *names[2] = {
	    mem_printf("served/%s/%s", node, profile_kind_name(kind)),
	    mem_printf("new/%s/%s", node, profile_kind_name(kind))};
	struct udiff_text texts[2] = {
	    {names[0], a->data, a->len}, {names[1], b->data, b->len}};
	struct buf out;
	struct value lines;

	buf_init(&out, DIFF_TEXT_MAX);
	udiff_write(&texts[0], &texts[1], &out);
	if (buf_bad(&out)) {
		buf_reset(&out);
		buf_adds(&out, "too much to show\n");
	} else if (out.len == 0) {
		buf_addf(&out, "--- %s\n+++ %s\nonly what is masked differs\n",
		    names[0], names[1]);
	}
	lines = value_string_len(out.data, out.len);
	buf_done(&out);
	free(names[0]);
	free(names[1]);
	return lines;
}

static void
add_lines(struct invdiff *diff, struct value row, const struct inv_host *before,
    const struct inv_host *after)
{
	struct value files = value_map_get(row, "files");
	struct value lines = value_map_new();
	struct files old = {.err = {.line = 0}};
	struct files new = {.err = {.line = 0}};

	files_render(&diff->before.shown, before, &old);
	files_render(&diff->after.shown, after, &new);
	for (size_t i = 0; i < value_len(files); i++) {
		const char *name = value_str(value_list_at(files, i));
		enum profile_kind kind;

		if (profile_kind_parse(name, &kind) == 0)
			value_map_set(lines, name,
			    file_lines(&old, &new, kind, inv_host_name(after)));
	}
	value_map_set(row, "diff", lines);
	files_done(&old);
	files_done(&new);
}

static void
add_error(struct invdiff *diff, struct value row, const struct err *err)
{
	char text[sizeof *err];

	value_map_set(
	    row, "error", value_string(err_format(err, text, sizeof text)));
	diff->broken++;
}

/* A node of both. */
static void
compare(struct invdiff *diff, const struct inv_host *before,
    const struct inv_host *after)
{
	struct value kinds = value_list_new();
	struct files old = {.err = {.line = 0}};
	struct files new = {.err = {.line = 0}};
	struct value row;

	files_render(&diff->before.real, before, &old);
	files_render(&diff->after.real, after, &new);
	for (unsigned k = 0; k < PROFILE_KINDS; k++) {
		enum profile_kind kind = (enum profile_kind)k;

		if (differs(&old, &new, kind))
			value_list_add(
			    kinds, value_string(profile_kind_name(kind)));
	}
	/* What was broken before and still is has not changed. */
	if (err_is_set(&new.err) && !err_is_set(&old.err)) {
		row = row_new(diff, inv_host_name(after), "broken");
		add_error(diff, row, &new.err);
	} else if (value_len(kinds) > 0 && !err_is_set(&new.err)) {
		row = row_new(diff, inv_host_name(after), "changed");
		value_map_set(row, "files", value_ref(kinds));
		if (diff->lines)
			add_lines(diff, row, before, after);
		diff->changed++;
	}
	files_done(&old);
	files_done(&new);
	value_unref(kinds);
}

static void
add_host(struct invdiff *diff, const struct inv_host *host)
{
	struct value row = row_new(diff, inv_host_name(host), "added");
	struct files files = {.err = {.line = 0}};

	files_render(&diff->after.real, host, &files);
	if (err_is_set(&files.err))
		add_error(diff, row, &files.err);
	files_done(&files);
	diff->added++;
}

static void
walk(struct invdiff *diff)
{
	const struct inventory *old = diff->before.inv;
	const struct inventory *new = diff->after.inv;

	for (size_t i = 0; i < inventory_host_count(new); i++) {
		const struct inv_host *after = inventory_host_at(new, i);
		const struct inv_host *before =
		    inventory_find_host(old, inv_host_name(after));

		if (boots(after) && boots(before))
			compare(diff, before, after);
		else if (boots(after))
			add_host(diff, after);
	}
	for (size_t i = 0; i < inventory_host_count(old); i++) {
		const struct inv_host *before = inventory_host_at(old, i);
		const char *name = inv_host_name(before);

		if (!boots(before) || boots(inventory_find_host(new, name)))
			continue;
		row_new(diff, name, "removed");
		diff->removed++;
	}
}

/* ---- output ---- */

static void
print_row(struct ctl *ctl, struct value row)
{
	const char *change = value_str(value_map_get(row, "change"));
	const char *error = value_str(value_map_get(row, "error"));
	struct value files = value_map_get(row, "files");
	struct value lines = value_map_get(row, "diff");

	term_add_text(&ctl->out, value_str(value_map_get(row, "node")));
	buf_addf(&ctl->out, ": %s", change);
	for (size_t i = 0; i < value_len(files); i++)
		buf_addf(&ctl->out, "%s%s", i == 0 ? ": " : ", ",
		    value_str(value_list_at(files, i)));
	if (*error != '\0') {
		buf_adds(&ctl->out, ": ");
		term_add_text(&ctl->out, error);
	}
	buf_addc(&ctl->out, '\n');
	for (size_t i = 0; i < value_len(lines); i++) {
		struct value text = value_map_at(lines, i);

		buf_add(&ctl->out, value_str(text), value_str_len(text));
	}
}

static void
put(struct invdiff *diff)
{
	struct ctl *ctl = diff->ctl;
	struct value map;

	if (ctl->json) {
		map = value_map_new();
		value_map_set(map, "nodes", value_ref(diff->rows));
		value_map_set(map, "added", value_int((int64_t)diff->added));
		value_map_set(
		    map, "removed", value_int((int64_t)diff->removed));
		value_map_set(
		    map, "changed", value_int((int64_t)diff->changed));
		value_map_set(map, "errors", value_int((int64_t)diff->broken));
		ctl_put_json(ctl, map);
		value_unref(map);
		return;
	}
	for (size_t i = 0; i < value_len(diff->rows); i++)
		print_row(ctl, value_list_at(diff->rows, i));
	buf_addf(&ctl->out,
	    "%zu added, %zu removed, files of %zu changed, %zu error%s\n",
	    diff->added, diff->removed, diff->changed, diff->broken,
	    diff->broken == 1 ? "" : "s");
}

int
invdiff_run(struct ctl *ctl, struct value info, struct inventory *before,
    struct inventory *after, bool lines)
{
	struct invdiff diff = {.ctl = ctl,
	    .lines = lines,
	    .before = {.inv = before},
	    .after = {.inv = after}};
	struct preview *first = &diff.before.shown;
	struct err err = {0};
	int code;
	int ret = preview_open(ctl, info, before, first, &err);

	if (ret < 0) {
		code = ctl_fail(ctl, ret, &err);
	} else {
		diff.rows = value_list_new();
		preview_share(first, after, first->mask, &diff.after.shown);
		preview_share(first, before, false, &diff.before.real);
		preview_share(first, after, false, &diff.after.real);
		walk(&diff);
		put(&diff);
		preview_unshare(&diff.after.shown);
		preview_unshare(&diff.before.real);
		preview_unshare(&diff.after.real);
		value_unref(diff.rows);
		code = diff.broken > 0 ? CTL_FAILED : CTL_DONE;
	}
	preview_done(first);
	return code;
}
