/*
 * reinstall: arms an install for nodes. The list is resolved, shown and asked
 * about first, and the names are what is sent: a pattern that comes to match
 * more in the meantime erases nothing more.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"

enum {
	REINSTALL_WAIT
};

static const struct args_flag reinstall_flags[] = {
    [REINSTALL_WAIT] = {"--wait", 0, NULL,
	"until every node is installed, failed or held"},
    {0},
};

static struct value
node_names(struct value nodes)
{
	struct value names = value_list_new();

	for (size_t i = 0; i < value_len(nodes); i++)
		value_list_add(names,
		    value_ref(value_map_get(value_list_at(nodes, i), "name")));
	return names;
}

static bool
reinstall_confirm(struct ctl *ctl, struct value nodes)
{
	size_t count = value_len(nodes);
	char *question;
	bool yes;

	if (ctl->args->global[ARGS_YES] != NULL)
		return true;
	nodes_write_table(
	    nodes, &ctl->term_err, clock_wall_ms(&clock_system), &ctl->out);
	(void)term_print(&ctl->out, 2);
	buf_reset(&ctl->out);
	question = mem_printf("Install %s anew at the next network boot? What "
			      "is on the disks is lost.",
	    count == 1 ? "this node" : "these nodes");
	yes = ctl_confirm(ctl, question);
	free(question);
	return yes;
}

enum wait_state {
	WAIT_GOING,
	WAIT_GOOD,
	WAIT_BAD
};

static enum wait_state
node_wait_state(struct value node)
{
	char number[NODES_TEXTLEN];
	struct value want = value_map_get(node, "want");
	struct value have = value_map_get(node, "have");
	bool tried = value_map_get(node, "attempts").u.i > 0;

	/* Until the first attempt, "failed" tells of the install before. */
	if (value_map_get(node, "held").type == VALUE_STRING ||
	    (tried && strcmp(nodes_text(node, "phase", number), "failed") == 0))
		return WAIT_BAD;
	return have.u.i >= want.u.i ? WAIT_GOOD : WAIT_GOING;
}

/* True while one still works; *ret_bad counts failed and held ones. */
static bool
nodes_wait_state(struct value nodes, size_t *ret_bad)
{
	bool going = false;

	*ret_bad = 0;
	for (size_t i = 0; i < value_len(nodes); i++) {
		enum wait_state state =
		    node_wait_state(value_list_at(nodes, i));

		going = going || state == WAIT_GOING;
		*ret_bad += state == WAIT_BAD;
	}
	return going;
}

/* The names as one pattern: "a,b,c". */
static char *
names_pattern(struct value names)
{
	struct buf text;

	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < value_len(names); i++) {
		buf_adds(&text, i == 0 ? "" : ",");
		buf_adds(&text, value_str(value_list_at(names, i)));
	}
	return buf_take(&text, NULL);
}

static int
reinstall_poll(struct ctl *ctl, const char *pattern, struct value *ret_nodes)
{
	struct value request = value_map_new();
	struct err err = {0};
	int ret;

	value_map_set(request, "pattern", value_string(pattern));
	ret = ctl_ask(ctl, "status", request, ret_nodes, &err);
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

static void
reinstall_put(struct ctl *ctl, struct value nodes)
{
	if (ctl->json)
		ctl_put_json(ctl, nodes);
	else
		nodes_write_table(
		    nodes, &ctl->term, clock_wall_ms(&clock_system), &ctl->out);
}

static int
reinstall_wait(struct ctl *ctl, struct value names)
{
	static const struct timespec second = {.tv_sec = 1};
	char *pattern = names_pattern(names);
	struct value nodes;
	size_t bad = 0;
	bool going = true;
	int code = CTL_DONE;

	while (going) {
		code = reinstall_poll(ctl, pattern, &nodes);
		if (code != CTL_DONE)
			break;
		going = nodes_wait_state(nodes, &bad);
		if (!going)
			reinstall_put(ctl, nodes);
		else
			(void)nanosleep(&second, NULL);
		value_unref(nodes);
	}
	free(pattern);
	return code == CTL_DONE && bad > 0 ? CTL_FAILED : code;
}

static int
reinstall_send(struct ctl *ctl, struct value names, bool wait)
{
	struct value request = value_map_new();
	struct value nodes;
	struct err err = {0};
	int ret;

	value_map_set(request, "nodes", value_ref(names));
	ret = ctl_ask(ctl, "reinstall", request, &nodes, &err);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	if (!wait)
		reinstall_put(ctl, nodes);
	value_unref(nodes);
	return wait ? reinstall_wait(ctl, names) : CTL_DONE;
}

static int
reinstall_run(struct ctl *ctl, const struct args *args)
{
	struct value nodes;
	struct value names;
	int code = reinstall_poll(ctl, args->words[0], &nodes);

	if (code != CTL_DONE)
		return code;
	names = node_names(nodes);
	if (reinstall_confirm(ctl, nodes)) {
		code = reinstall_send(
		    ctl, names, args->own[REINSTALL_WAIT] != NULL);
	} else {
		ctl_note(ctl, "nothing was changed");
		code = CTL_FAILED;
	}
	value_unref(names);
	value_unref(nodes);
	return code;
}

const struct command cmd_reinstall = {
    .name = "reinstall",
    .usage = "PATTERN [--yes] [--wait]",
    .help = "install nodes anew at their next network boot",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = reinstall_flags,
    .takes_pattern = true,
    .run = reinstall_run,
};
