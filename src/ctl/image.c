#include "ctl/image.h"

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
#include "ctl/nodes.h"
#include "ctl/progress.h"

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

bool
image_is_url(const char *text)
{
	return str_starts(text, "http://") || str_starts(text, "https://");
}

int
image_send_file(struct client_request *req, struct value names,
    const char *name, const char *path, struct err *err)
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

const char *
image_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* -ENOENT: no SHA256SUMS there, or none that names the file. */
static int
sum_beside(const char *path, char ret_hex[SHA256_HEXLEN], struct err *err)
{
	const char *name = image_base_name(path);
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

int
image_add_sum(struct ctl *ctl, const struct args *args, const char *given,
    struct value map, struct err *err)
{
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
	if (args->word_count == 0 || image_is_url(args->words[0]))
		return 0;
	ret = sum_beside(args->words[0], sum, err);
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

int
image_verify(struct ctl *ctl, const struct args *args, const char *command)
{
	struct client_request req = {
	    .socket = ctl->socket, .command = command, .args = value_map_new()};
	struct value rows;
	struct err err = {0};
	int code;
	int ret;

	if (args->word_count > 0)
		value_map_set(req.args, "name", value_string(args->words[0]));
	ret = image_ask_long(ctl, &req, &rows, &err);
	value_unref(req.args);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	code = verify_put(ctl, rows) > 0 ? CTL_FAILED : CTL_DONE;
	value_unref(rows);
	return code;
}

static bool
remove_confirm(struct ctl *ctl, const char *what, const char *name)
{
	char *question = mem_printf("Remove the %s %s?", what, name);
	bool yes = ctl_confirm(ctl, question);

	free(question);
	return yes;
}

int
image_remove(struct ctl *ctl, const struct args *args, const char *what,
    struct value request)
{
	const char *name = args->words[0];
	struct value answer;
	int code = CTL_DONE;
	char *command;
	int ret;

	if (!remove_confirm(ctl, what, name)) {
		ctl_note(ctl, "nothing was changed");
		value_unref(request);
		return CTL_FAILED;
	}
	value_map_set(request, "name", value_string(name));
	command = mem_printf("%s-remove", what);
	ret = ctl_query(ctl, command, request, &answer, &code);
	free(command);
	if (ret < 0)
		return code;
	if (ret == 0)
		buf_addf(&ctl->out, "removed %s\n", name);
	value_unref(answer);
	return CTL_DONE;
}
