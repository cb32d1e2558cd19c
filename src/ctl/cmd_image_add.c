/*
 * image add: files are opened here, as the operator, and passed to the
 * daemon, which needs no access to where they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
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

static bool
is_url(const char *text)
{
	return str_starts(text, "http://") || str_starts(text, "https://");
}

/* An open file goes with the request under `name`. 0 or a negative errno. */
static int
add_file(struct client_request *req, struct value names, const char *name,
    const char *path, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int ret = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (ret < 0) {
		err_at(err, path, 0, 0, "%s",
		    ret == -EINVAL ? "not a regular file" : strerror(-ret));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	req->fds[req->fd_count++] = fd;
	value_list_add(names, value_string(name));
	return 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* -ENOENT: no SHA256SUMS there, or none that names the file. */
static int
find_sum_beside(const char *path, char ret_hex[SHA256_HEXLEN], struct err *err)
{
	const char *name = base_name(path);
	char *sums = mem_printf("%.*sSHA256SUMS", (int)(name - path), path);
	struct buf text;
	int ret;

	buf_init(&text, SHA256SUMS_MAX);
	ret = file_read(sums, &text, NULL);
	if (ret == 0)
		ret = sha256sums_find(text.data, text.len, name, ret_hex);
	if (ret < 0 && ret != -ENOENT)
		err_at(err, sums, 0, 0, "%s", strerror(-ret));
	buf_done(&text);
	free(sums);
	return ret;
}

/* The ISO's sum: given, or from the SHA256SUMS in its directory. */
static int
add_sum(
    struct ctl *ctl, const struct args *args, struct value map, struct err *err)
{
	const char *given = args->own[ADD_SHA256];
	char sum[SHA256_HEXLEN];
	int ret;

	if (given != NULL && sha256_parse(given, sum) < 0) {
		err_set(err, "--sha256 takes 64 hex digits");
		return -EINVAL;
	}
	if (given != NULL) {
		value_map_set(map, "sha256", value_string(sum));
		return 0;
	}
	if (args->word_count == 0 || is_url(args->words[0]))
		return 0;
	ret = find_sum_beside(args->words[0], sum, err);
	if (ret == -ENOENT) {
		ctl_note(ctl,
		    "no SHA256SUMS beside %s: its content is not checked "
		    "(--sha256 gives a sum)",
		    args->words[0]);
		return 0;
	}
	if (ret == 0)
		value_map_set(map, "sha256", value_string(sum));
	return ret;
}

static int
add_source(struct client_request *req, const struct args *args,
    struct value names, struct err *err)
{
	struct value map = req->args;
	int ret;

	if (args->word_count == 1 && is_url(args->words[0])) {
		value_map_set(map, "url", value_string(args->words[0]));
		return 0;
	}
	if (args->word_count == 1) {
		value_map_set(
		    map, "file", value_string(base_name(args->words[0])));
		return add_file(req, names, "iso", args->words[0], err);
	}
	ret = add_file(req, names, "kernel", args->own[ADD_KERNEL], err);
	if (ret == 0)
		ret =
		    add_file(req, names, "initrd", args->own[ADD_INITRD], err);
	if (ret == 0 && args->own[ADD_ISO] != NULL)
		ret = add_file(req, names, "iso", args->own[ADD_ISO], err);
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
		ret = add_sum(ctl, args, req->args, err);
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
