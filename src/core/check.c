#include "core/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/profile.h"
#include "template/template.h"

#define NODES_SHOWN 3
#define ID_MAX 2048

struct check_seen {
	char *id; /* what makes two findings the same */
	size_t group;
	UT_hash_handle hh;
};

/* One finding on its way into the groups. */
struct found {
	enum problem_severity severity;
	const char *node;
	const char *kind;
	const char *key;
	const struct err *err;
};

void
check_init(struct check *check)
{
	memset(check, 0, sizeof *check);
}

void
check_done(struct check *check)
{
	struct check_seen *seen;
	struct check_seen *next;

	HASH_ITER (hh, check->seen, seen, next) {
		HASH_DEL(check->seen, seen);
		free(seen->id);
		free(seen);
	}
	for (size_t i = 0; i < check->count; i++) {
		free(check->groups[i].key);
		value_unref(check->groups[i].nodes);
	}
	free(check->groups);
	lint_report_done(&check->report);
	memset(check, 0, sizeof *check);
}

/*
 * The same mistake is on other lines of other nodes' files, so the place
 * counts only in files that all nodes share.
 */
static void
write_id(const struct found *found, struct buf *out)
{
	buf_addf(out, "%d\n%s\n%s\n%s\n%s\n%s", (int)found->severity,
	    found->kind, found->key, found->err->file, found->err->text,
	    found->err->hint);
	if (found->key[0] == '\0')
		buf_addf(out, "\n%d\n%d", found->err->line, found->err->col);
}

static size_t
new_group(struct check *check, const struct found *found)
{
	struct check_group *group;

	if (check->count == check->size) {
		check->size = 2 * check->size + 8;
		check->groups = mem_resize(
		    check->groups, check->size, sizeof *check->groups);
	}
	group = &check->groups[check->count];
	group->severity = found->severity;
	group->kind = found->kind;
	group->key = mem_strdup(found->key);
	group->err = *found->err;
	group->nodes = value_list_new();
	group->named = false;
	return check->count++;
}

static struct check_group *
group_of(struct check *check, const struct found *found)
{
	struct check_seen *seen;
	struct buf id;

	buf_init(&id, ID_MAX);
	write_id(found, &id);
	HASH_FIND_STR(check->seen, id.data, seen);
	if (seen == NULL) {
		seen = mem_alloc(sizeof *seen);
		seen->id = mem_strdup(id.data);
		seen->group = new_group(check, found);
		HASH_ADD_KEYPTR(
		    hh, check->seen, seen->id, strlen(seen->id), seen);
	}
	buf_done(&id);
	return &check->groups[seen->group];
}

static struct check_group *
add_found(struct check *check, const struct found *found)
{
	struct check_group *group = group_of(check, found);

	if (found->node != NULL)
		value_list_add(group->nodes, value_string(found->node));
	if (found->severity == PROBLEM_ERROR)
		check->errors++;
	else
		check->warnings++;
	return group;
}

/* What an inventory says of its hosts. */
static void
add_problem(struct check *check, const struct problem *problem)
{
	struct found found = {problem->severity, NULL, "", "", &problem->err};
	struct check_group *group = add_found(check, &found);

	for (size_t i = 0; i < value_len(problem->hosts); i++)
		value_list_add(
		    group->nodes, value_ref(value_list_at(problem->hosts, i)));
	group->named = true;
}

void
check_add(struct check *check, enum problem_severity severity, const char *node,
    const struct err *err)
{
	struct found found = {severity, node, "", "", err};

	(void)add_found(check, &found);
}

void
check_add_problems(struct check *check, const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		add_problem(check, &problems->list[i]);
	/* Those past the list's end are counted, too. */
	check->errors += problems->errors;
	check->warnings += problems->warnings;
	for (size_t i = 0; i < problems->count; i++) {
		if (problems->list[i].severity == PROBLEM_ERROR)
			check->errors--;
		else
			check->warnings--;
	}
}

/* ---- a node ------------------------------------------------------------- */

static const struct {
	const char *variable;
	const char *text;
	const char *hint;
} wipes[] = {
    {"wipe",
	"wipe is true: the first install overwrites whatever is on os_disk",
	"one time is 'convect-pxectl reinstall NODE'"},
    {"wipe_any_disk",
	"wipe_any_disk is true: an install may overwrite a disk that nobody "
	"named",
	"name it with os_disk"},
};

static void
check_wipe(struct check *check, const struct check_node *node)
{
	for (size_t i = 0; i < sizeof wipes / sizeof wipes[0]; i++) {
		struct err err = {0};
		bool wipe = false;

		(void)hostvars_bool(
		    node->hostvars, node->host, wipes[i].variable, &wipe, NULL);
		if (!wipe)
			continue;
		err_set(&err, "%s", wipes[i].text);
		err_hint(&err, "%s", wipes[i].hint);
		check_add(
		    check, PROBLEM_WARNING, inv_host_name(node->host), &err);
	}
}

void
check_node(struct check *check, const struct check_node *node)
{
	struct tmpl_input input = {.vars = node->vars,
	    .lookup = hostvars_lookup,
	    .lookup_arg = node->hostvars};
	struct lint_report *report = &check->report;

	check->nodes++;
	check_wipe(check, node);
	for (unsigned k = 0; k < PROFILE_KINDS; k++) {
		enum profile_kind kind = (enum profile_kind)k;

		lint_report_reset(report);
		profile_check(kind, &input, node->env, node->lint, report);
		for (size_t i = 0; i < report->count; i++) {
			const struct lint_finding *finding = &report->list[i];
			struct found found = {finding->severity,
			    inv_host_name(node->host), profile_kind_name(kind),
			    finding->key, &finding->err};

			(void)add_found(check, &found);
		}
	}
}

/* ---- telling ------------------------------------------------------------ */

/* 9,998 */
static void
add_number(struct buf *out, size_t number)
{
	char text[32];
	size_t len;

	(void)snprintf(text, sizeof text, "%zu", number);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_addc(out, ',');
		buf_addc(out, text[i]);
	}
}

static void
add_count(struct buf *out, size_t count, const char *thing)
{
	add_number(out, count);
	buf_addf(out, " %s%s", thing, count == 1 ? "" : "s");
}

void
check_group_text(const struct check_group *group, struct buf *out)
{
	size_t count = group->named ? 0 : value_len(group->nodes);
	char text[sizeof group->err];

	for (size_t i = 0; i < count && i < NODES_SHOWN; i++) {
		buf_adds(out, i == 0 ? "" : ", ");
		buf_adds(out, value_str(value_list_at(group->nodes, i)));
	}
	if (count > NODES_SHOWN) {
		buf_adds(out, " and ");
		add_number(out, count - NODES_SHOWN);
		buf_addf(
		    out, " more node%s", count - NODES_SHOWN == 1 ? "" : "s");
	}
	buf_adds(out, count > 0 ? ": " : "");
	/* A rendered file's own place begins with its name. */
	if (group->kind[0] != '\0' && strcmp(group->kind, group->err.file) != 0)
		buf_addf(out, "%s: ", group->kind);
	buf_adds(out, err_format(&group->err, text, sizeof text));
}

void
check_summary(const struct check *check, struct buf *out)
{
	add_count(out, check->nodes, "node");
	buf_adds(out, check->nodes == 1 ? " boots" : " boot");
	buf_adds(out, " from the network, ");
	add_count(out, check->errors, "error");
	buf_adds(out, ", ");
	add_count(out, check->warnings, "warning");
}

static struct value
group_json(const struct check_group *group)
{
	const struct err *err = &group->err;
	struct value row = value_map_new();
	const char *severity =
	    group->severity == PROBLEM_ERROR ? "error" : "warning";

	value_map_set(row, "severity", value_string(severity));
	if (value_len(group->nodes) > 0)
		value_map_set(row, "nodes", value_ref(group->nodes));
	if (group->kind[0] != '\0')
		value_map_set(row, "kind", value_string(group->kind));
	if (group->key[0] != '\0')
		value_map_set(row, "key", value_string(group->key));
	if (err->file[0] != '\0')
		value_map_set(row, "file", value_string(err->file));
	if (err->line > 0)
		value_map_set(row, "line", value_int(err->line));
	if (err->col > 0)
		value_map_set(row, "column", value_int(err->col));
	value_map_set(row, "text", value_string(err->text));
	if (err->hint[0] != '\0')
		value_map_set(row, "hint", value_string(err->hint));
	return row;
}

struct value
check_json(const struct check *check)
{
	struct value map = value_map_new();
	struct value rows = value_list_new();

	for (size_t i = 0; i < check->count; i++)
		value_list_add(rows, group_json(&check->groups[i]));
	value_map_set(map, "ok", value_bool(check->errors == 0));
	value_map_set(map, "nodes", value_int((int64_t)check->nodes));
	value_map_set(map, "errors", value_int((int64_t)check->errors));
	value_map_set(map, "warnings", value_int((int64_t)check->warnings));
	value_map_set(map, "problems", rows);
	return map;
}

/* ---- of two, one -------------------------------------------------------- */

static int
int_of(struct value row, const char *key)
{
	struct value number = value_map_get(row, key);

	return number.type == VALUE_INT ? (int)number.u.i : 0;
}

/* Reads what group_json() gives. */
static void
row_error(struct value row, struct err *ret_err)
{
	struct err err = {0};

	err_at(&err, value_str(value_map_get(row, "file")), int_of(row, "line"),
	    int_of(row, "column"), "%s", value_str(value_map_get(row, "text")));
	err_hint(&err, "%s", value_str(value_map_get(row, "hint")));
	*ret_err = err;
}

static void
merge_row(struct check *check, struct value row)
{
	struct value nodes = value_map_get(row, "nodes");
	const char *severity = value_str(value_map_get(row, "severity"));
	const char *kind_name = value_str(value_map_get(row, "kind"));
	struct err err;
	struct found found = {.severity = PROBLEM_WARNING,
	    .kind = "",
	    .key = value_str(value_map_get(row, "key")),
	    .err = &err};
	enum profile_kind kind;

	row_error(row, &err);
	if (strcmp(severity, "error") == 0)
		found.severity = PROBLEM_ERROR;
	if (profile_kind_parse(kind_name, &kind) == 0)
		found.kind = profile_kind_name(kind);
	for (size_t i = 0; i < value_len(nodes); i++) {
		found.node = value_str(value_list_at(nodes, i));
		(void)add_found(check, &found);
	}
	if (value_len(nodes) == 0)
		(void)add_found(check, &found);
}

void
check_merge(struct check *check, struct value report)
{
	struct value rows = value_map_get(report, "problems");

	for (size_t i = 0; i < value_len(rows); i++)
		merge_row(check, value_list_at(rows, i));
	check->nodes += (size_t)int_of(report, "nodes");
}
