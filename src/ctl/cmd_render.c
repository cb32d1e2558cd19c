/* render: one file of one node, as it would be served. */
#include "ctl/ctl.h"
#include "ctl/local.h"
#include "ctl/preview.h"

static void
render_put(struct ctl *ctl, const struct inv_host *host, enum profile_kind kind,
    const struct buf *text)
{
	struct value map;

	if (!ctl->json) {
		buf_add(&ctl->out, text->data, text->len);
		if (text->len > 0 && text->data[text->len - 1] != '\n')
			buf_addc(&ctl->out, '\n');
		return;
	}
	map = value_map_new();
	value_map_set(map, "node", value_string(inv_host_name(host)));
	value_map_set(map, "kind", value_string(profile_kind_name(kind)));
	value_map_set(map, "text", value_string_len(text->data, text->len));
	ctl_put_json(ctl, map);
	value_unref(map);
}

static int
render_host(struct ctl *ctl, struct preview *preview,
    const struct inv_host *host, enum profile_kind kind)
{
	struct value vars = {0};
	struct err err = {0};
	struct buf text;
	int code = CTL_DONE;
	int ret = preview_vars(preview, host, &vars, &err);

	buf_init(&text, PROFILE_OUTPUT_MAX);
	if (ret == 0)
		ret = preview_render(preview, kind, vars, &text, &err);
	if (ret == 0)
		render_put(ctl, host, kind, &text);
	else
		code = ctl_fail(ctl, ret, &err);
	buf_done(&text);
	value_unref(vars);
	return code;
}

static int
render_with(struct ctl *ctl, struct value info, struct inventory *inv,
    enum profile_kind kind)
{
	const struct inv_host *host = local_host(ctl, inv, ctl->args->words[0]);
	struct preview preview;
	struct err err = {0};
	int code;
	int ret;

	if (host == NULL)
		return CTL_FAILED;
	ret = preview_open(ctl, info, inv, &preview, &err);
	if (ret < 0)
		code = ctl_fail(ctl, ret, &err);
	else
		code = render_host(ctl, &preview, host, kind);
	preview_done(&preview);
	return code;
}

static int
render_run(struct ctl *ctl, const struct args *args)
{
	enum profile_kind kind = PROFILE_USER_DATA;
	struct inventory *inv = NULL;
	struct value info;
	int code;

	if (args->word_count > 1 &&
	    profile_kind_parse(args->words[1], &kind) < 0)
		return ctl_usage(
		    ctl, "there is no file \"%s\"", args->words[1]);
	info = local_info(ctl);
	code = local_inventory(ctl, info, &inv);
	if (code == CTL_DONE)
		code = render_with(ctl, info, inv, kind);
	inventory_unref(inv);
	value_unref(info);
	return code;
}

const struct command cmd_render = {
    .name = "render",
    .usage = "NODE [user-data|meta-data|vendor-data|network-config|boot]",
    .help = "a node's file as it would be served, secrets masked",
    .need = COMMAND_LOCAL,
    .words_min = 1,
    .words_max = 2,
    .run = render_run,
};
