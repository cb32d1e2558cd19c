/* artifact add, list, verify and remove; fetch. */
#include <errno.h>
#include <unistd.h>

#include "base/str.h"
#include "core/manifest.h"
#include "ctl/image.h"
#include "ctl/nodes.h"
#include "ctl/table.h"

enum {
	ADD_NAME,
	ADD_SHA256,
	ADD_KIND,
	ADD_ARCH,
	ADD_VERSION
};

static const struct args_flag add_flags[] = {
    [ADD_NAME] = {"--name", 0, "NAME", "what nodes fetch [the file's name]"},
    [ADD_SHA256] = {"--sha256", 0, "HEX",
	"its sum [from a SHA256SUMS beside it]"},
    [ADD_KIND] = {"--kind", 0, "KIND", "deb, images, ... [from its name]"},
    [ADD_ARCH] = {"--arch", 0, "ARCH", "amd64, arm64, all [from its name]"},
    [ADD_VERSION] = {"--version-of", 0, "TEXT", "its version"},
    {0},
};

/* The options that go with the request as they are. */
static const struct {
	size_t flag;
	const char *key;
} add_texts[] = {
    {ADD_KIND, "kind"},
    {ADD_ARCH, "arch"},
    {ADD_VERSION, "version"},
};

static int
add_name(const struct args *args, struct value map, struct err *err)
{
	const char *given = args->own[ADD_NAME];
	struct artifact artifact = {0};
	int ret;

	/* As a list's line would call it. */
	if (given == NULL && image_is_url(args->words[0])) {
		ret = artifact_parse_line(args->words[0], &artifact, err);
		given = artifact.name;
	} else {
		given = given != NULL ? given : image_base_name(args->words[0]);
		ret = artifact_check_name(given, err);
	}
	if (ret < 0)
		return ret;
	value_map_set(map, "name", value_string(given));
	return 0;
}

static int
add_request(struct ctl *ctl, const struct args *args,
    struct client_request *req, struct err *err)
{
	struct value names = value_list_new();
	int ret = add_name(args, req->args, err);

	for (size_t i = 0; i < sizeof add_texts / sizeof add_texts[0]; i++) {
		const char *text = args->own[add_texts[i].flag];

		if (text != NULL)
			value_map_set(
			    req->args, add_texts[i].key, value_string(text));
	}
	if (ret == 0 && image_is_url(args->words[0]))
		value_map_set(req->args, "url", value_string(args->words[0]));
	else if (ret == 0)
		ret = image_send_file(req, names, "iso", args->words[0], err);
	if (ret == 0)
		ret = image_add_sum(
		    ctl, args, args->own[ADD_SHA256], req->args, err);
	value_map_set(req->args, "fds", names);
	return ret;
}

/* Asks when the request could be made; frees it. */
static int
ask(struct ctl *ctl, struct client_request *req, int ret, struct err *err,
    struct value *ret_data)
{
	if (ret == 0)
		ret = image_ask_long(ctl, req, ret_data, err);
	for (size_t i = 0; i < req->fd_count; i++)
		close(req->fds[i]);
	value_unref(req->args);
	return ret < 0 ? ctl_fail(ctl, ret, err) : CTL_DONE;
}

static int
artifact_add_run(struct ctl *ctl, const struct args *args)
{
	struct client_request req = {.socket = ctl->socket,
	    .command = "artifact-add",
	    .args = value_map_new()};
	struct value artifact = {0};
	struct err err = {0};
	char number[NODES_TEXTLEN];
	int ret = add_request(ctl, args, &req, &err);
	int code = ask(ctl, &req, ret, &err, &artifact);

	if (code == CTL_DONE && ctl->json) {
		ctl_put_json(ctl, artifact);
	} else if (code == CTL_DONE) {
		buf_adds(&ctl->out, "added ");
		term_add_text(&ctl->out, nodes_text(artifact, "name", number));
		buf_addc(&ctl->out, '\n');
	}
	value_unref(artifact);
	return code;
}

/* ---- fetch --------------------------------------------------------------- */

static void
fetch_put(struct ctl *ctl, struct value rows)
{
	char number[NODES_TEXTLEN];

	for (size_t i = 0; i < value_len(rows); i++) {
		struct value row = value_list_at(rows, i);

		term_add_text(&ctl->out, nodes_text(row, "name", number));
		buf_adds(&ctl->out, ": ");
		term_add_text(&ctl->out, nodes_text(row, "state", number));
		buf_addc(&ctl->out, '\n');
	}
}

static int
fetch_run(struct ctl *ctl, const struct args *args)
{
	struct client_request req = {.socket = ctl->socket,
	    .command = "artifact-fetch",
	    .args = value_map_new()};
	struct value names = value_list_new();
	struct value rows = {0};
	struct err err = {0};
	int ret = image_send_file(&req, names, "iso", args->words[0], &err);
	int code;

	value_map_set(req.args, "fds", names);
	value_map_set(req.args, "file", value_string(args->words[0]));
	code = ask(ctl, &req, ret, &err, &rows);
	if (code == CTL_DONE && ctl->json)
		ctl_put_json(ctl, rows);
	else if (code == CTL_DONE)
		fetch_put(ctl, rows);
	value_unref(rows);
	return code;
}

/* ---- list, verify, remove -------------------------------------------------
 */

static void
list_row(struct table *table, struct value row)
{
	char number[NODES_TEXTLEN];
	char size[STR_SIZE_LEN];
	struct value bytes = value_map_get(row, "bytes");
	const char *state = value_str(value_map_get(row, "state"));

	table_cell(table, STYLE_BOLD, nodes_text(row, "name", number));
	table_cell(table, STYLE_PLAIN, nodes_text(row, "kind", number));
	table_cell(table, STYLE_PLAIN, nodes_text(row, "arch", number));
	table_cell(table, STYLE_PLAIN, nodes_text(row, "version", number));
	table_cell(table, STYLE_PLAIN,
	    bytes.type == VALUE_INT ? str_size((uint64_t)bytes.u.i, size) : "");
	table_cell(table,
	    str_eq_nocase(state, "good") ? STYLE_GREEN : STYLE_RED, state);
}

static void
list_put(struct ctl *ctl, struct value rows)
{
	static const struct table_column columns[] = {
	    {"ARTIFACT", false, 16, 0},
	    {"KIND", false, 0, 0},
	    {"ARCH", false, 0, 0},
	    {"VERSION", false, 0, 0},
	    {"SIZE", true, 0, 0},
	    {"STATE", false, 0, 0},
	};
	struct table table;

	if (value_len(rows) == 0) {
		buf_adds(&ctl->out,
		    "no artifacts; convect-pxectl artifact add FILE brings "
		    "one in\n");
		return;
	}
	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < value_len(rows); i++)
		list_row(&table, value_list_at(rows, i));
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static int
artifact_list_run(struct ctl *ctl, const struct args *args)
{
	struct value rows;
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret = ctl_query(ctl, "artifact-list", value_map_new(), &rows, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		list_put(ctl, rows);
	value_unref(rows);
	return CTL_DONE;
}

static int
artifact_verify_run(struct ctl *ctl, const struct args *args)
{
	return image_verify(ctl, args, "artifact-verify");
}

static int
artifact_remove_run(struct ctl *ctl, const struct args *args)
{
	return image_remove(ctl, args, "artifact", value_map_new());
}

const struct command cmd_artifact_add = {
    .name = "artifact add",
    .usage = "FILE|URL [--name N] [--sha256 HEX] [--kind K] [--arch A]",
    .help = "bring in a file that installed nodes fetch",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = add_flags,
    .run = artifact_add_run,
};

const struct command cmd_artifact_list = {
    .name = "artifact list",
    .usage = "",
    .help = "the files that nodes can fetch, and whether they are good",
    .need = COMMAND_DAEMON,
    .run = artifact_list_run,
};

const struct command cmd_artifact_verify = {
    .name = "artifact verify",
    .usage = "[NAME]",
    .help = "read an artifact, or all, and compare with their sums",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .run = artifact_verify_run,
};

const struct command cmd_artifact_remove = {
    .name = "artifact remove",
    .usage = "NAME",
    .help = "remove an artifact",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = artifact_remove_run,
};

const struct command cmd_fetch = {
    .name = "fetch",
    .usage = "LIST",
    .help = "download the artifacts that a list names, and that are missing",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = fetch_run,
};
