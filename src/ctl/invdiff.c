#include "ctl/invdiff.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/hostvars.h"
#include "ctl/preview.h"
#include "ctl/split.h"
#include "ctl/udiff.h"

#define DIFF_TEXT_MAX (4u << 20) /* of one file's difference */
#define NODES_LEAST 100 /* a process for fewer costs more than it saves */

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

/* `render`: preview_render() or preview_render_unchecked(). */
static void
files_render(struct files *files,
    int (*render)(struct preview *preview, enum profile_kind kind,
	struct value vars, struct buf *out, struct err *err),
    struct preview *preview, const struct inv_host *host)
{
	struct value vars = {0};
	int ret = preview_vars(preview, host, &vars, &files->err);

	for (unsigned kind = 0; kind < PROFILE_KINDS; kind++) {
		buf_init(&files->text[kind], PROFILE_OUTPUT_MAX);
		if (ret == 0)
			ret = render(preview, (enum profile_kind)kind, vars,
			    &files->text[kind], &files->err);
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

	files_render(&old, preview_render, &diff->before.shown, before);
	files_render(&new, preview_render, &diff->after.shown, after);
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

/* The names of the files that differ. */
static struct value
kinds_that_differ(const struct files *before, const struct files *after)
{
	struct value kinds = value_list_new();

	for (unsigned k = 0; k < PROFILE_KINDS; k++) {
		enum profile_kind kind = (enum profile_kind)k;

		if (differs(before, after, kind))
			value_list_add(
			    kinds, value_string(profile_kind_name(kind)));
	}
	return kinds;
}

static bool
is_broken(
    struct preview *preview, const struct inv_host *host, struct err *ret_err)
{
	struct files files = {.err = {.line = 0}};

	files_render(&files, preview_render, preview, host);
	files_done(&files);
	*ret_err = files.err;
	return err_is_set(&files.err);
}

/* The files of a node are not what they were. */
static void
tell_change(struct invdiff *diff, const struct inv_host *before,
    const struct inv_host *after, struct value kinds)
{
	const char *name = inv_host_name(after);
	struct err err;
	struct err old_err;
	struct value row;

	if (!is_broken(&diff->after.real, after, &err)) {
		row = row_new(diff, name, "changed");
		value_map_set(row, "files", value_ref(kinds));
		if (diff->lines)
			add_lines(diff, row, before, after);
		diff->changed++;
	} else if (!is_broken(&diff->before.real, before, &old_err)) {
		/* What was broken before and still is has not changed. */
		add_error(diff, row_new(diff, name, "broken"), &err);
	}
}

/*
 * A node of both. Most are the same, and to see that takes no look at whether
 * their files are right, which is most of the work.
 */
static void
compare(struct invdiff *diff, const struct inv_host *before,
    const struct inv_host *after)
{
	struct files old = {.err = {.line = 0}};
	struct files new = {.err = {.line = 0}};
	struct value kinds;

	files_render(
	    &old, preview_render_unchecked, &diff->before.real, before);
	files_render(&new, preview_render_unchecked, &diff->after.real, after);
	kinds = kinds_that_differ(&old, &new);
	if (value_len(kinds) > 0 || err_is_set(&new.err))
		tell_change(diff, before, after, kinds);
	files_done(&old);
	files_done(&new);
	value_unref(kinds);
}

static void
add_host(struct invdiff *diff, const struct inv_host *host)
{
	struct value row = row_new(diff, inv_host_name(host), "added");
	struct files files = {.err = {.line = 0}};

	files_render(&files, preview_render, &diff->after.real, host);
	if (err_is_set(&files.err))
		add_error(diff, row, &files.err);
	files_done(&files);
	diff->added++;
}

/* What goes out with -o json, and what a range comes back as. */
static struct value
report(const struct invdiff *diff)
{
	struct value map = value_map_new();

	value_map_set(map, "nodes", value_ref(diff->rows));
	value_map_set(map, "added", value_int((int64_t)diff->added));
	value_map_set(map, "removed", value_int((int64_t)diff->removed));
	value_map_set(map, "changed", value_int((int64_t)diff->changed));
	value_map_set(map, "errors", value_int((int64_t)diff->broken));
	return map;
}

/* The hosts [from, to) of the new inventory, for split_run(). */
static struct value
on_range_cb(void *arg, size_t from, size_t to)
{
	struct invdiff diff = *(const struct invdiff *)arg;
	struct value map;

	diff.rows = value_list_new();
	for (size_t i = from; i < to; i++) {
		const struct inv_host *after =
		    inventory_host_at(diff.after.inv, i);
		const struct inv_host *before =
		    inventory_find_host(diff.before.inv, inv_host_name(after));

		if (boots(after) && boots(before))
			compare(&diff, before, after);
		else if (boots(after))
			add_host(&diff, after);
	}
	map = report(&diff);
	value_unref(diff.rows);
	return map;
}

static size_t
count_of(struct value map, const char *name)
{
	return (size_t)value_map_get(map, name).u.i;
}

static void
add_range(struct invdiff *diff, struct value map)
{
	struct value rows = value_map_get(map, "nodes");

	for (size_t i = 0; i < value_len(rows); i++)
		value_list_add(diff->rows, value_ref(value_list_at(rows, i)));
	diff->added += count_of(map, "added");
	diff->changed += count_of(map, "changed");
	diff->broken += count_of(map, "errors");
}

static void
walk(struct invdiff *diff)
{
	const struct inventory *old = diff->before.inv;
	const struct inventory *new = diff->after.inv;
	struct split split = {.count = inventory_host_count(new),
	    .least = NODES_LEAST,
	    .run = on_range_cb,
	    .arg = diff};
	struct value ranges = split_run(&split);

	for (size_t i = 0; i < value_len(ranges); i++)
		add_range(diff, value_list_at(ranges, i));
	value_unref(ranges);
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
		map = report(diff);
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
