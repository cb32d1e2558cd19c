#include "ctl/logfiles.h"

#include <string.h>

static int
on_file(struct value file, void *arg)
{
	const struct value *list = arg;

	value_list_add(*list, value_ref(file));
	return 0;
}

int
logfiles_list(
    struct ctl *ctl, const char *node, struct value *ret_files, struct err *err)
{
	struct value list = value_list_new();
	struct client_handler handler = {.on_data = on_file, .arg = &list};
	struct client_request req = {.socket = ctl->socket,
	    .command = "log-files",
	    .args = value_map_new()};
	int ret;

	value_map_set(req.args, "node", value_string(node));
	ret = client_run(&req, &handler, err);
	value_unref(req.args);
	if (ret < 0)
		value_unref(list);
	else
		*ret_files = list;
	return ret;
}

struct value
logfiles_of_run(struct value files, const char *run)
{
	struct value list = value_list_new();
	size_t count = value_len(files);

	if (run == NULL && count > 0)
		run = value_str(
		    value_map_get(value_list_at(files, count - 1), "run"));
	for (size_t i = 0; run != NULL && i < count; i++) {
		struct value file = value_list_at(files, i);

		if (strcmp(value_str(value_map_get(file, "run")), run) == 0)
			value_list_add(list, value_ref(file));
	}
	return list;
}

struct reading {
	logfiles_text_cb *cb;
	void *arg;
};

static int
on_text(struct value piece, void *arg)
{
	const struct reading *reading = arg;
	const char *text = value_str(value_map_get(piece, "text"));

	return reading->cb(reading->arg, text, strlen(text));
}

int
logfiles_read(struct ctl *ctl, const char *node, struct value file,
    logfiles_text_cb *cb, void *arg, struct err *err)
{
	struct reading reading = {cb, arg};
	struct client_handler handler = {.on_data = on_text, .arg = &reading};
	struct client_request req = {.socket = ctl->socket,
	    .command = "log-read",
	    .args = value_map_new()};
	int ret;

	value_map_set(req.args, "node", value_string(node));
	value_map_set(req.args, "run", value_ref(value_map_get(file, "run")));
	value_map_set(req.args, "name", value_ref(value_map_get(file, "name")));
	ret = client_run(&req, &handler, err);
	value_unref(req.args);
	return ret;
}
