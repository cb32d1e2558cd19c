/* image list, verify and remove. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/image.h"
#include "ctl/nodes.h"
#include "ctl/progress.h"
#include "ctl/table.h"

enum {
	REMOVE_FORCE
};

static const struct args_flag remove_flags[] = {
    [REMOVE_FORCE] = {"--force", 'f', NULL, "even while nodes name it"},
    {0},
};

struct long_answer {
	struct progress progress;
	struct value data;
};

static int
long_on_data(struct value data, void *arg)
{
	struct long_answer *answer = arg;

	value_unref(answer->data);
	answer->data = value_ref(data);
	return 0;
}

static int
long_on_progress(struct value line, void *arg)
{
	struct long_answer *answer = arg;

	progress_show(&answer->progress, line);
	return 0;
}

int
image_ask_long(struct ctl *ctl, const struct client_request *req,
    struct value *ret_data, struct err *err)
{
	struct long_answer answer = {0};
	struct client_handler handler = {
	    .on_data = long_on_data,
	    .on_progress = long_on_progress,
	    .arg = &answer,
	};
	int ret;

	progress_init(&answer.progress, ctl);
	ret = client_run(req, &handler, err);
	progress_done(&answer.progress);
	if (ret < 0) {
		value_unref(answer.data);
		return ret;
	}
	*ret_data = answer.data;
	return 0;
}

static void
list_row(struct table *table, struct value image)
{
	char number[NODES_TEXTLEN];
	char size[STR_SIZE_LEN];
	struct value bytes = value_map_get(image, "bytes");
	bool is_default = value_truth(value_map_get(image, "default"));
	bool has_iso = *nodes_text(image, "iso", number) != '\0';

	table_cell(table, STYLE_BOLD, nodes_text(image, "name", number));
	table_cell(table, STYLE_PLAIN, nodes_text(image, "release", number));
	table_cell(table, STYLE_PLAIN,
	    bytes.type == VALUE_INT ? str_size((uint64_t)bytes.u.i, size) : "");
	table_cell(table, STYLE_PLAIN, has_iso ? "yes" : "no");
	table_cell(table, STYLE_PLAIN, nodes_text(image, "nodes", number));
	table_cell(table, STYLE_GREEN, is_default ? "yes" : "");
}

static void
list_put(struct ctl *ctl, struct value images)
{
	static const struct table_column columns[] = {
	    {"IMAGE", false, 12, 0},
	    {"RELEASE", false, 8, 0},
	    {"SIZE", true, 0, 0},
	    {"ISO", false, 0, 0},
	    {"NODES", true, 0, 0},
	    {"DEFAULT", false, 0, 0},
	};
	struct table table;

	if (value_len(images) == 0) {
		buf_adds(&ctl->out,
		    "no images; convect-pxectl image add ISO brings one in\n");
		return;
	}
	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < value_len(images); i++)
		list_row(&table, value_list_at(images, i));
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static int
image_list_run(struct ctl *ctl, const struct args *args)
{
	struct value images;
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret = ctl_query(ctl, "image-list", value_map_new(), &images, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		list_put(ctl, images);
	value_unref(images);
	return CTL_DONE;
}

/* Returns how many are damaged. */
static size_t
verify_put(struct ctl *ctl, struct value images)
{
	char number[NODES_TEXTLEN];
	size_t bad = 0;

	for (size_t i = 0; i < value_len(images); i++) {
		struct value image = value_list_at(images, i);
		struct value problems = value_map_get(image, "problems");
		bool ok = value_truth(value_map_get(image, "ok"));

		bad += !ok;
		if (ctl->json)
			continue;
		term_add_text(&ctl->out, nodes_text(image, "name", number));
		buf_adds(&ctl->out, ": ");
		term_add_styled(&ctl->term, ok ? STYLE_GREEN : STYLE_RED,
		    ok ? "good" : "damaged", &ctl->out);
		buf_addc(&ctl->out, '\n');
		for (size_t p = 0; p < value_len(problems); p++) {
			buf_adds(&ctl->out, "  ");
			term_add_text(
			    &ctl->out, value_str(value_list_at(problems, p)));
			buf_addc(&ctl->out, '\n');
		}
	}
	if (ctl->json)
		ctl_put_json(ctl, images);
	return bad;
}

static int
image_verify_run(struct ctl *ctl, const struct args *args)
{
	struct client_request req = {.socket = ctl->socket,
	    .command = "image-verify",
	    .args = value_map_new()};
	struct value images;
	struct err err = {0};
	int code;
	int ret;

	if (args->word_count > 0)
		value_map_set(req.args, "name", value_string(args->words[0]));
	ret = image_ask_long(ctl, &req, &images, &err);
	value_unref(req.args);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	code = verify_put(ctl, images) > 0 ? CTL_FAILED : CTL_DONE;
	value_unref(images);
	return code;
}

static bool
remove_confirm(struct ctl *ctl, const char *name)
{
	char *question = mem_printf("Remove the image %s?", name);
	bool yes = ctl_confirm(ctl, question);

	free(question);
	return yes;
}

static int
image_remove_run(struct ctl *ctl, const struct args *args)
{
	struct value request;
	struct value answer;
	int code = CTL_DONE;
	int ret;

	if (!remove_confirm(ctl, args->words[0])) {
		ctl_note(ctl, "nothing was changed");
		return CTL_FAILED;
	}
	request = value_map_new();
	value_map_set(request, "name", value_string(args->words[0]));
	value_map_set(
	    request, "force", value_bool(args->own[REMOVE_FORCE] != NULL));
	ret = ctl_query(ctl, "image-remove", request, &answer, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		buf_addf(&ctl->out, "removed %s\n", args->words[0]);
	value_unref(answer);
	return CTL_DONE;
}

const struct command cmd_image_list = {
    .name = "image list",
    .usage = "",
    .help = "the images that nodes can boot",
    .need = COMMAND_DAEMON,
    .run = image_list_run,
};

const struct command cmd_image_verify = {
    .name = "image verify",
    .usage = "[NAME]",
    .help = "read an image, or all, and compare with their sums",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .run = image_verify_run,
};

const struct command cmd_image_remove = {
    .name = "image remove",
    .usage = "NAME [--force]",
    .help = "remove an image that no node needs",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = remove_flags,
    .run = image_remove_run,
};
