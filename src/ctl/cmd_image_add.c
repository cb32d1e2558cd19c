/*
 * image add: files are opened here, as the operator, and passed to the
 * daemon, which needs no access to where they are.
 */
#include <errno.h>
#include <unistd.h>

#include "core/sha256sums.h"
#include "ctl/ctl.h"
#include "ctl/image.h"
#include "ctl/nodes.h"

enum {
	ADD_NAME,
	ADD_SHA256,
	ADD_KERNEL,
	ADD_INITRD,
	ADD_ISO,
	ADD_KERNEL_ARGS,
	ADD_INSPECT
};

static const struct args_flag add_flags[] = {
    [ADD_NAME] = {"--name", 0, "NAME", "its name [from the release]"},
    [ADD_SHA256] = {"--sha256", 0, "HEX",
	"of the ISO [from a SHA256SUMS beside it]"},
    [ADD_KERNEL] = {"--kernel", 0, "FILE", "with --initrd: not from an ISO"},
    [ADD_INITRD] = {"--initrd", 0, "FILE", "with --kernel"},
    [ADD_ISO] = {"--iso", 0, "FILE", "that the kernel's machine fetches"},
    [ADD_KERNEL_ARGS] = {"--kernel-args", 0, "ARGS",
	"the kernel's arguments, a template"},
    [ADD_INSPECT] = {"--inspect", 0, NULL,
	"what convect-pxed-inspect-build makes"},
    {0},
};

static int
add_source(struct client_request *req, const struct args *args,
    struct value names, struct err *err)
{
	struct value map = req->args;
	int ret;

	if (args->word_count == 1 && image_is_url(args->words[0])) {
		value_map_set(map, "url", value_string(args->words[0]));
		return 0;
	}
	if (args->word_count == 1) {
		value_map_set(
		    map, "file", value_string(image_base_name(args->words[0])));
		return image_send_file(req, names, "iso", args->words[0], err);
	}
	ret = image_send_file(req, names, "kernel", args->own[ADD_KERNEL], err);
	if (ret == 0)
		ret = image_send_file(
		    req, names, "initrd", args->own[ADD_INITRD], err);
	if (ret == 0 && args->own[ADD_ISO] != NULL)
		ret =
		    image_send_file(req, names, "iso", args->own[ADD_ISO], err);
	return ret;
}

/* Which options go together. */
static int
add_check(struct ctl *ctl, const struct args *args)
{
	bool pair = args->own[ADD_KERNEL] != NULL ||
		    args->own[ADD_INITRD] != NULL || args->own[ADD_ISO] != NULL;

	if (args->word_count == 1 && pair)
		return ctl_usage(
		    ctl, "an ISO, or --kernel and --initrd, not both");
	if (args->word_count == 1)
		return CTL_DONE;
	if (args->own[ADD_KERNEL] == NULL || args->own[ADD_INITRD] == NULL)
		return ctl_usage(ctl, "needs an ISO, or --kernel and --initrd");
	if (args->own[ADD_NAME] == NULL)
		return ctl_usage(ctl, "--kernel and --initrd need a --name");
	if (args->own[ADD_SHA256] != NULL && args->own[ADD_ISO] == NULL)
		return ctl_usage(ctl, "--sha256 is that of an ISO");
	return CTL_DONE;
}

static int
add_request(struct ctl *ctl, const struct args *args,
    struct client_request *req, struct err *err)
{
	struct value names = value_list_new();
	int ret;

	if (args->own[ADD_NAME] != NULL)
		value_map_set(
		    req->args, "name", value_string(args->own[ADD_NAME]));
	if (args->own[ADD_KERNEL_ARGS] != NULL)
		value_map_set(req->args, "kernel_args",
		    value_string(args->own[ADD_KERNEL_ARGS]));
	if (args->own[ADD_INSPECT] != NULL)
		value_map_set(req->args, "inspect", value_bool(true));
	ret = add_source(req, args, names, err);
	if (ret == 0)
		ret = image_add_sum(
		    ctl, args, args->own[ADD_SHA256], req->args, err);
	value_map_set(req->args, "fds", names);
	return ret;
}

static int
image_add_run(struct ctl *ctl, const struct args *args)
{
	struct client_request req = {.socket = ctl->socket,
	    .command = "image-add",
	    .args = value_map_new()};
	struct value image = {0};
	struct err err = {0};
	char number[NODES_TEXTLEN];
	int code = add_check(ctl, args);
	int ret;

	if (code != CTL_DONE)
		goto out;
	ret = add_request(ctl, args, &req, &err);
	if (ret == 0)
		ret = image_ask_long(ctl, &req, &image, &err);
	if (ret < 0) {
		code = ctl_fail(ctl, ret, &err);
		goto out;
	}
	if (ctl->json) {
		ctl_put_json(ctl, image);
	} else {
		buf_adds(&ctl->out, "added ");
		term_add_text(&ctl->out, nodes_text(image, "name", number));
		buf_addc(&ctl->out, '\n');
	}
out:
	for (size_t i = 0; i < req.fd_count; i++)
		close(req.fds[i]);
	value_unref(image);
	value_unref(req.args);
	return code;
}

const struct command cmd_image_add = {
    .name = "image add",
    .usage = "ISO|URL [--name N] [--sha256 HEX] | --name N --kernel F "
	     "--initrd F [--iso F]",
    .help = "bring in an Ubuntu live-server ISO, or a kernel and an initrd",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .flags = add_flags,
    .run = image_add_run,
};
