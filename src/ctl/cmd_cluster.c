/* cluster: the k3s cluster's state, its backup, and the end of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"
#include "ctl/table.h"
#include "ctl/when.h"

#define BACKUP_MAX (1u << 20) /* of one request */

static const struct table_column columns[] = {
    {.title = "NODE", .shrink_to = 12},
    {.title = "ROLE"},
    {.title = "STATE"},
    {.title = "SINCE"},
    {.title = "ADDRESS", .from = 80},
    {.title = "WHY", .shrink_to = 20},
};

/* ---- status ----------------------------------------------------------------
 */

static enum style
state_style(const char *state, bool away)
{
	if (away)
		return STYLE_YELLOW;
	if (strcmp(state, "member") == 0)
		return STYLE_GREEN;
	return strcmp(state, "broken") == 0 ? STYLE_RED : STYLE_PLAIN;
}

static void
add_member(struct table *table, struct value row)
{
	bool away = value_truth(value_map_get(row, "away"));
	char number[NODES_TEXTLEN];
	char ago[WHEN_STRLEN];
	const char *state = nodes_text(row, "state", number);
	const char *since = value_str(value_map_get(row, "since"));
	const char *why = value_str(value_map_get(row, "why"));
	int64_t then;

	table_cell(table, STYLE_BOLD, value_str(value_map_get(row, "name")));
	table_cell(table, STYLE_PLAIN, value_str(value_map_get(row, "role")));
	table_cell(table, state_style(state, away), away ? "away" : state);
	table_cell(table, STYLE_DIM,
	    when_parse(since, &then) < 0
		? NULL
		: when_ago(then, clock_wall_ms(&clock_system), ago));
	table_cell(
	    table, STYLE_PLAIN, value_str(value_map_get(row, "address")));
	table_cell(table, STYLE_PLAIN, *why == '\0' ? NULL : why);
}

static void
write_head(struct ctl *ctl, struct value status)
{
	const char *by = value_str(value_map_get(status, "initialised_by"));
	char servers[NODES_TEXTLEN];
	char running[NODES_TEXTLEN];
	bool quorum = value_truth(value_map_get(status, "quorum"));

	if (*by == '\0') {
		buf_adds(&ctl->out, "no cluster has begun\n");
		return;
	}
	buf_adds(&ctl->out, "begun by ");
	term_add_text(&ctl->out, by);
	if (!value_truth(value_map_get(status, "up"))) {
		buf_adds(&ctl->out, ", not up yet\n");
		return;
	}
	buf_adds(&ctl->out, ", ");
	buf_adds(&ctl->out, nodes_text(status, "running", running));
	buf_adds(&ctl->out, " of ");
	buf_adds(&ctl->out, nodes_text(status, "servers", servers));
	buf_adds(&ctl->out, " drivers run: ");
	term_add_styled(&ctl->term, quorum ? STYLE_GREEN : STYLE_RED,
	    quorum ? "quorum" : "no quorum", &ctl->out);
	buf_addc(&ctl->out, '\n');
}

static void
write_status(struct ctl *ctl, struct value status)
{
	struct value rows = value_map_get(status, "members");
	struct table table;

	write_head(ctl, status);
	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < value_len(rows); i++)
		add_member(&table, value_list_at(rows, i));
	if (value_len(rows) > 0)
		buf_addc(&ctl->out, '\n');
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static int
status_run(struct ctl *ctl, const struct args *args)
{
	struct value status;
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret = ctl_query(ctl, "cluster-status", value_map_new(), &status, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		write_status(ctl, status);
	value_unref(status);
	return CTL_DONE;
}

/* ---- orders ----------------------------------------------------------------
 */

static int
send_order(struct ctl *ctl, const char *command, struct value request,
    const char *question)
{
	struct value answer;
	int code = CTL_DONE;

	if (!ctl_confirm(ctl, question)) {
		value_unref(request);
		ctl_note(ctl, "nothing was changed");
		return CTL_FAILED;
	}
	if (ctl_query(ctl, command, request, &answer, &code) < 0)
		return code;
	value_unref(answer);
	return CTL_DONE;
}

static int
new_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return send_order(ctl, "cluster-new", value_map_new(),
	    "Give up the cluster, so that the first driver begins another? Its "
	    "secrets are forgotten, and what it holds is on the drivers' disks "
	    "alone.");
}

static int
forget_run(struct ctl *ctl, const struct args *args)
{
	struct value request = value_map_new();

	value_map_set(request, "node", value_string(args->words[0]));
	return send_order(ctl, "cluster-forget", request,
	    "Is its Node gone from the cluster, and its member from etcd?");
}

/* ---- secrets in files ------------------------------------------------------
 */

/* Never over a file that is there, and nobody else's to read. */
static int
write_secret(const char *path, const struct buf *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret = 0;

	if (fd < 0) {
		ret = -errno;
		err_set(err, "%s: %s", path, strerror(-ret));
		if (ret == -EEXIST)
			err_hint(err, "name another file, or take it away");
		return ret;
	}
	if (term_print(text, fd) < 0 || fsync(fd) < 0) {
		ret = -errno;
		err_set(err, "%s: %s", path, strerror(-ret));
		(void)unlink(path);
	}
	(void)close(fd);
	return ret;
}

static int
backup_run(struct ctl *ctl, const struct args *args)
{
	struct value backup;
	struct err err = {0};
	struct buf text;
	int ret =
	    ctl_ask(ctl, "cluster-backup", value_map_new(), &backup, &err);

	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	buf_init(&text, CTL_OUT_MAX);
	value_write_json(backup, -1, false, &text);
	buf_addc(&text, '\n');
	ret = write_secret(args->words[0], &text, &err);
	explicit_bzero(text.data, text.len);
	buf_done(&text);
	value_unref(backup);
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

static int
restore_run(struct ctl *ctl, const struct args *args)
{
	struct value request;
	struct value backup = {0};
	struct err err = {0};
	struct buf text;
	int ret;

	buf_init(&text, BACKUP_MAX);
	ret = file_read(args->words[0], &text, &err);
	if (ret == 0)
		ret = value_parse_json(text.data, text.len, &backup, &err);
	explicit_bzero(text.data, text.len);
	buf_done(&text);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	request = value_map_new();
	value_map_set(request, "backup", backup);
	return send_order(ctl, "cluster-restore", request,
	    "Take the cluster of this backup for the one that the nodes are "
	    "in?");
}

enum {
	KUBECONFIG_FILE
};

static const struct args_flag kubeconfig_flags[] = {
    [KUBECONFIG_FILE] = {"--file", 'f', "FILE",
	"write it there, for its owner alone"},
    {0},
};

static int
kubeconfig_run(struct ctl *ctl, const struct args *args)
{
	const char *path = args->own[KUBECONFIG_FILE];
	struct value answer;
	struct value file;
	struct err err = {0};
	struct buf text;
	int code = CTL_DONE;
	int ret;

	ret = ctl_query(ctl, "kubeconfig", value_map_new(), &answer, &code);
	if (ret < 0)
		return code;
	file = value_map_get(answer, "kubeconfig");
	buf_init(&text, CTL_OUT_MAX);
	buf_add(&text, value_str(file), value_str_len(file));
	if (path != NULL) {
		buf_reset(&ctl->out);
		ret = write_secret(path, &text, &err);
	} else if (ret == 0) {
		buf_add(&ctl->out, text.data, text.len);
	}
	explicit_bzero(text.data, text.len);
	buf_done(&text);
	value_unref(answer);
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

const struct command cmd_cluster_status = {
    .name = "cluster status",
    .usage = "",
    .help = "the k3s cluster: who began it, its members, its quorum",
    .need = COMMAND_DAEMON,
    .run = status_run,
};

const struct command cmd_cluster_new = {
    .name = "cluster new",
    .usage = "[--yes]",
    .help = "give the cluster up, so that another one may begin",
    .need = COMMAND_DAEMON,
    .run = new_run,
};

const struct command cmd_cluster_forget = {
    .name = "cluster forget",
    .usage = "NODE [--yes]",
    .help = "say that a node was taken out of the cluster by hand",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = forget_run,
};

const struct command cmd_cluster_backup = {
    .name = "cluster backup",
    .usage = "FILE",
    .help = "write what is known of the cluster, with its secrets",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = backup_run,
};

const struct command cmd_cluster_restore = {
    .name = "cluster restore",
    .usage = "FILE [--yes]",
    .help = "read it back into a database that knows no cluster",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = restore_run,
};

const struct command cmd_kubeconfig = {
    .name = "kubeconfig",
    .usage = "[--file FILE]",
    .help = "the cluster's file for kubectl",
    .need = COMMAND_DAEMON,
    .flags = kubeconfig_flags,
    .run = kubeconfig_run,
};
