#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/image_work.h"
#include "base/clock.h"

#define PROGRESS_INTERVAL_MS 200

void
image_progress_init(struct image_progress *progress, int fd)
{
	memset(progress, 0, sizeof *progress);
	progress->fd = fd;
}

/* One line; a reader that is gone does not stop the work. */
static void
progress_put(struct image_progress *progress, json_t *line)
{
	char *text;

	if (progress->image != NULL)
		json_object_set_new(
		    line, "image", json_string(progress->image));
	text = json_dumps(line, JSON_COMPACT);
	if (text != NULL) {
		(void)image_write_all(progress->fd, text, strlen(text));
		(void)image_write_all(progress->fd, "\n", 1);
	}
	free(text);
	json_decref(line);
}

void
image_progress_step(struct image_progress *progress, const char *phase,
    int64_t bytes, int64_t total)
{
	int64_t now = clock_mono_ms(&clock_system);
	json_t *line;

	if (progress->phase == phase &&
	    now - progress->last_ms < PROGRESS_INTERVAL_MS)
		return;
	progress->phase = phase;
	progress->last_ms = now;
	line = json_object();
	json_object_set_new(line, "type", json_string("progress"));
	json_object_set_new(line, "phase", json_string(phase));
	json_object_set_new(line, "bytes", json_integer(bytes));
	if (total > 0)
		json_object_set_new(line, "total", json_integer(total));
	progress_put(progress, line);
}

void
image_progress_note(struct image_progress *progress, const char *fmt, ...)
{
	char text[512];
	json_t *line = json_object();
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_object_set_new(line, "type", json_string("progress"));
	json_object_set_new(line, "phase", json_string("note"));
	json_object_set_new(line, "text", json_string(text));
	progress_put(progress, line);
}

void
image_progress_data(struct image_progress *progress, json_t *data)
{
	json_t *line = json_object();

	progress->image = NULL;
	json_object_set_new(line, "type", json_string("data"));
	json_object_set_new(line, "data", data);
	progress_put(progress, line);
}

void
image_progress_error(struct image_progress *progress, const struct err *err)
{
	struct err plain = *err;
	char text[sizeof plain];
	json_t *line = json_object();

	plain.hint[0] = '\0';
	progress->image = NULL;
	(void)err_format(&plain, text, sizeof text);
	json_object_set_new(line, "type", json_string("error"));
	json_object_set_new(line, "text", json_string(text));
	if (err->hint[0] != '\0')
		json_object_set_new(line, "hint", json_string(err->hint));
	progress_put(progress, line);
}
