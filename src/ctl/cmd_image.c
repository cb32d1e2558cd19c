/* image list, verify and remove. */
#include "base/str.h"
#include "ctl/image.h"
#include "ctl/nodes.h"
#include "ctl/table.h"

enum {
	REMOVE_FORCE
};

static const struct args_flag remove_flags[] = {
    [REMOVE_FORCE] = {"--force", 'f', NULL, "even while nodes name it"},
    {0},
};

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

static int
image_verify_run(struct ctl *ctl, const struct args *args)
{
	return image_verify(ctl, args, "image-verify");
}

static int
image_remove_run(struct ctl *ctl, const struct args *args)
{
	struct value request = value_map_new();

	value_map_set(
	    request, "force", value_bool(args->own[REMOVE_FORCE] != NULL));
	return image_remove(ctl, args, "image", request);
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
