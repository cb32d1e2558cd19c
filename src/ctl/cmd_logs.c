/* logs: what a node reported in its own words, or its installers' logs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/logfiles.h"
#include "ctl/nodes.h"
#include "ctl/table.h"
#include "ctl/when.h"

enum {
	LOGS_INSTALLER,
	LOGS_LIST,
	LOGS_FILE,
	LOGS_RUN,
	LOGS_FOLLOW,
	LOGS_SINCE,
	LOGS_STAGE
};

#define TEXT_MAX ((size_t)64 << 20)

static const struct args_flag logs_flags[] = {
    [LOGS_INSTALLER] = {"--installer", 0, NULL,
	"the log files that the last failed install uploaded"},
    [LOGS_LIST] = {"--list", 0, NULL, "which files there are, of all installs"},
    [LOGS_FILE] = {"--file", 0, "NAME", "of these only this; * and ? match"},
    [LOGS_RUN] = {"--run", 0, "RUN", "those of another install, as in --list"},
    [LOGS_FOLLOW] = {"--follow", 'f', NULL, "go on with what comes"},
    [LOGS_SINCE] = {"--since", 0, "TIME", "reports: 10m, 2h, or a time"},
    [LOGS_STAGE] = {"--stage", 0, "NAME", "reports: of this stage alone"},
    {0},
};

/* ---- what it reported -----------------------------------------------------
 */

static void
put_word(struct buf *out, const char *word)
{
	if (*word == '\0')
		return;
	buf_addc(out, ' ');
	term_add_text(out, word);
}

/* A text of several lines, each below the event's time. */
static void
put_lines(struct ctl *ctl, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char *line = mem_strndup(text, len);

		buf_adds(&ctl->out, "    ");
		term_add_text(&ctl->out, line);
		buf_addc(&ctl->out, '\n');
		free(line);
		text += len + (text[len] == '\n');
	}
}

static enum style
report_style(const char *kind, const char *result)
{
	if (strcmp(kind, "failed") == 0 || strcmp(result, "FAIL") == 0)
		return STYLE_RED;
	return strcmp(kind, "report") == 0 ? STYLE_PLAIN : STYLE_GREEN;
}

/* TIME  DONE  who step what: in words */
static void
put_report(struct ctl *ctl, struct value event)
{
	struct value fields = value_map_get(event, "fields");
	const char *kind = value_str(value_map_get(event, "kind"));
	const char *result = value_str(value_map_get(fields, "result"));
	const char *text = value_str(value_map_get(fields, "description"));
	char number[NODES_TEXTLEN];
	char done[NODES_TEXTLEN + 8];

	term_add_styled(&ctl->term, STYLE_DIM,
	    value_str(value_map_get(event, "time")), &ctl->out);
	(void)snprintf(done, sizeof done, "  %3s%c ",
	    nodes_text(fields, "percent", number),
	    *nodes_text(fields, "percent", number) == '\0' ? ' ' : '%');
	buf_adds(&ctl->out, done);
	term_add_styled(
	    &ctl->term, report_style(kind, result), kind, &ctl->out);
	put_word(&ctl->out, value_str(value_map_get(fields, "origin")));
	put_word(&ctl->out, value_str(value_map_get(fields, "name")));
	put_word(&ctl->out, value_str(value_map_get(fields, "stage")));
	put_word(&ctl->out, value_str(value_map_get(fields, "event_type")));
	put_word(&ctl->out, result);
	put_word(&ctl->out, value_str(value_map_get(fields, "code")));
	if (*text != '\0')
		buf_adds(&ctl->out, ":");
	put_word(&ctl->out, text);
	buf_addc(&ctl->out, '\n');
	put_lines(ctl, value_str(value_map_get(fields, "evidence")));
}

struct reports {
	struct ctl *ctl;
	const char *stage; /* NULL: any */
};

static int
on_report(struct value event, void *arg)
{
	const struct reports *reports = arg;
	struct ctl *ctl = reports->ctl;
	struct value fields = value_map_get(event, "fields");

	if (reports->stage != NULL &&
	    strcmp(value_str(value_map_get(fields, "stage")), reports->stage) !=
		0)
		return 0;
	if (ctl->json)
		return ctl_put_json_line(ctl, event) ? 0 : -EPIPE;
	put_report(ctl, event);
	return ctl_flush(ctl) ? 0 : -EPIPE;
}

static int
logs_reports(struct ctl *ctl, const struct args *args)
{
	struct reports reports = {ctl, args->own[LOGS_STAGE]};
	struct client_handler handler = {.on_data = on_report, .arg = &reports};
	struct client_request req = {
	    .socket = ctl->socket, .command = "logs", .args = value_map_new()};
	const char *since = args->own[LOGS_SINCE];
	struct err err = {0};
	int code = CTL_DONE;
	int64_t since_ms;
	int ret;

	value_map_set(req.args, "node", value_string(args->words[0]));
	value_map_set(
	    req.args, "follow", value_bool(args->own[LOGS_FOLLOW] != NULL));
	if (since != NULL &&
	    when_since(since, clock_wall_ms(&clock_system), &since_ms) < 0) {
		value_unref(req.args);
		return ctl_usage(ctl, "--since does not take \"%s\"", since);
	}
	if (since != NULL)
		value_map_set(req.args, "since_ms", value_int(since_ms));
	ret = client_run(&req, &handler, &err);
	/* Whoever reads us has seen enough. */
	if (ret < 0 && ret != -EPIPE)
		code = ctl_fail(ctl, ret, &err);
	value_unref(req.args);
	return code;
}

/* ---- the installers' files ------------------------------------------------
 */

struct view {
	struct ctl *ctl;
	const struct args *args;
	struct buf text; /* -o json: of the file */
	char *line;	 /* the beginning of one */
	const char *run; /* shown; NULL: any */
	struct err err;
};

static bool
is_wanted(const struct view *view, struct value file)
{
	const char *pattern = view->args->own[LOGS_FILE];

	return pattern == NULL ||
	       str_glob(pattern, value_str(value_map_get(file, "name")));
}

static void
put_line(struct view *view, const char *text, size_t len)
{
	char *line = mem_printf(
	    "%s%.*s", view->line == NULL ? "" : view->line, (int)len, text);

	/* Tabs stay: what a log lines up is lined up. */
	for (char *at = line; *at != '\0';) {
		size_t plain = strcspn(at, "\t");
		char *part = mem_strndup(at, plain);

		term_add_text(&view->ctl->out, part);
		free(part);
		at += plain;
		for (; *at == '\t'; at++)
			buf_addc(&view->ctl->out, '\t');
	}
	buf_addc(&view->ctl->out, '\n');
	free(line);
	free(view->line);
	view->line = NULL;
}

static int
on_text(void *arg, const char *text, size_t len)
{
	struct view *view = arg;
	const char *end;

	if (view->ctl->json) {
		buf_add(&view->text, text, len);
		return 0;
	}
	while ((end = memchr(text, '\n', len)) != NULL) {
		put_line(view, text, (size_t)(end - text));
		len -= (size_t)(end - text) + 1;
		text = end + 1;
	}
	if (len > 0) {
		char *more = mem_printf(
		    "%s%s", view->line == NULL ? "" : view->line, text);

		free(view->line);
		view->line = more;
	}
	return ctl_flush(view->ctl) ? 0 : -EPIPE;
}

static void
put_title(struct ctl *ctl, struct value file)
{
	char size[STR_SIZE_LEN];
	struct value bytes = value_map_get(file, "bytes");
	char *title = mem_printf("==> %s, %s, generation %lld, %s <==",
	    value_str(value_map_get(file, "name")),
	    str_size((uint64_t)bytes.u.i, size),
	    (long long)value_map_get(file, "generation").u.i,
	    value_str(value_map_get(file, "time")));

	term_add_styled(&ctl->term, STYLE_BOLD, title, &ctl->out);
	buf_addc(&ctl->out, '\n');
	free(title);
}

static int
put_file(struct view *view, struct value file)
{
	struct ctl *ctl = view->ctl;
	struct value whole;
	int ret;

	if (!ctl->json)
		put_title(ctl, file);
	buf_reset(&view->text);
	ret = logfiles_read(
	    ctl, view->args->words[0], file, on_text, view, &view->err);
	if (ret < 0)
		return ret;
	if (!ctl->json) {
		if (view->line != NULL)
			put_line(view, "", 0);
		return ctl_flush(ctl) ? 0 : -EPIPE;
	}
	whole = value_copy(file);
	value_map_set(
	    whole, "text", value_string_len(view->text.data, view->text.len));
	ret = ctl_put_json_line(ctl, whole) ? 0 : -EPIPE;
	value_unref(whole);
	return ret;
}

static int
on_file(struct value file, void *arg)
{
	struct view *view = arg;
	const char *run = value_str(value_map_get(file, "run"));

	if ((view->run != NULL && strcmp(view->run, run) != 0) ||
	    !is_wanted(view, file))
		return 0;
	return put_file(view, file);
}

/* All that is there and all that comes, whichever install's it is. */
static int
follow_files(struct view *view)
{
	struct client_handler handler = {.on_data = on_file, .arg = view};
	struct client_request req = {.socket = view->ctl->socket,
	    .command = "log-files",
	    .args = value_map_new()};
	int ret;

	value_map_set(req.args, "node", value_string(view->args->words[0]));
	value_map_set(req.args, "follow", value_bool(true));
	ret = client_run(&req, &handler, &view->err);
	value_unref(req.args);
	return ret;
}

static void
put_list(struct ctl *ctl, struct value files)
{
	static const struct table_column columns[] = {
	    {"RUN", false, 0, 0},
	    {"TIME", false, 0, 0},
	    {"SIZE", true, 0, 0},
	    {"FILE", false, 12, 0},
	};
	struct table table;
	char size[STR_SIZE_LEN];

	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < value_len(files); i++) {
		struct value file = value_list_at(files, i);

		table_cell(
		    &table, STYLE_PLAIN, value_str(value_map_get(file, "run")));
		table_cell(
		    &table, STYLE_DIM, value_str(value_map_get(file, "time")));
		table_cell(&table, STYLE_PLAIN,
		    str_size((uint64_t)value_map_get(file, "bytes").u.i, size));
		table_cell(
		    &table, STYLE_BOLD, value_str(value_map_get(file, "name")));
	}
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static int
no_files(struct view *view, bool any)
{
	err_set(&view->err,
	    any ? "none of its logs is that" : "it has uploaded no logs");
	err_hint(&view->err,
	    any ? "convect-pxectl logs NODE --list shows what there is"
		: "an installer does when it fails; what it reported: "
		  "convect-pxectl logs NODE");
	return -ENOENT;
}

static int
put_files(struct view *view, struct value files)
{
	struct value chosen = logfiles_of_run(files, view->args->own[LOGS_RUN]);
	size_t shown = 0;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < value_len(chosen); i++) {
		struct value file = value_list_at(chosen, i);

		if (!is_wanted(view, file))
			continue;
		shown++;
		ret = put_file(view, file);
	}
	value_unref(chosen);
	return shown > 0 ? ret : no_files(view, value_len(files) > 0);
}

static int
show_files(struct view *view)
{
	struct ctl *ctl = view->ctl;
	struct value files;
	int ret = logfiles_list(ctl, view->args->words[0], &files, &view->err);

	if (ret < 0)
		return ret;
	if (view->args->own[LOGS_LIST] == NULL)
		ret = put_files(view, files);
	else if (ctl->json)
		ctl_put_json(ctl, files);
	else if (value_len(files) == 0)
		ret = no_files(view, false);
	else
		put_list(ctl, files);
	value_unref(files);
	return ret;
}

static int
logs_installer(struct ctl *ctl, const struct args *args)
{
	struct view view = {
	    .ctl = ctl, .args = args, .run = args->own[LOGS_RUN]};
	int code = CTL_DONE;
	int ret;

	buf_init(&view.text, TEXT_MAX);
	if (args->own[LOGS_FOLLOW] != NULL)
		ret = follow_files(&view);
	else
		ret = show_files(&view);
	if (ret < 0 && ret != -EPIPE)
		code = ctl_fail(ctl, ret, &view.err);
	free(view.line);
	buf_done(&view.text);
	return code;
}

static int
logs_run(struct ctl *ctl, const struct args *args)
{
	bool files =
	    args->own[LOGS_INSTALLER] != NULL || args->own[LOGS_LIST] != NULL ||
	    args->own[LOGS_FILE] != NULL || args->own[LOGS_RUN] != NULL;

	if (!files)
		return logs_reports(ctl, args);
	if (args->own[LOGS_SINCE] != NULL)
		return ctl_usage(ctl, "--since is for what a node reported");
	if (args->own[LOGS_STAGE] != NULL)
		return ctl_usage(ctl, "--stage is for what a node reported");
	if (args->own[LOGS_LIST] != NULL && args->own[LOGS_FOLLOW] != NULL)
		return ctl_usage(ctl, "--list does not go on");
	return logs_installer(ctl, args);
}

const struct command cmd_logs = {
    .name = "logs",
    .usage = "NODE [-f] [--installer [--file NAME] | --list]",
    .help = "what a node reported, or its installer's log files",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = logs_flags,
    .run = logs_run,
};
