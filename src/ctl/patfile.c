#include "ctl/patfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "inventory/pattern.h"

static void
add_part(const char *part, struct buf *out)
{
	if (out->len > 0)
		buf_addc(out, ',');
	buf_adds(out, part);
}

/* A line without its comment, as one or more parts. */
static void
add_line(const char *line, size_t len, struct buf *out)
{
	size_t end = strcspn(line, "#");
	char *text = mem_strndup(line, end < len ? end : len);
	struct buf parts;

	buf_init(&parts, PATFILE_MAX);
	pattern_write_parts(text, &parts);
	if (parts.len > 0)
		add_part(parts.data, out);
	buf_done(&parts);
	free(text);
}

static int
add_file(const char *path, struct buf *out, struct err *err)
{
	struct buf text;
	size_t before = out->len;
	const char *line;
	int ret;

	buf_init(&text, PATFILE_MAX);
	ret = file_read(path, &text, err);
	for (line = text.data; ret == 0 && *line != '\0';) {
		size_t len = strcspn(line, "\n");

		add_line(line, len, out);
		line += len + (line[len] == '\n');
	}
	if (ret == 0 && out->len == before && !buf_bad(out)) {
		err_at(err, path, 0, 0, "no pattern in it");
		err_hint(err, "one pattern a line, as in gpu[01:16]");
		ret = -EINVAL;
	}
	buf_done(&text);
	return ret;
}

int
patfile_expand(const char *pattern, struct buf *out, struct err *err)
{
	struct buf parts;
	const char *part;
	int ret = 0;

	buf_init(&parts, PATFILE_MAX);
	pattern_write_parts(pattern, &parts);
	for (part = parts.data; ret == 0 && *part != '\0';) {
		size_t len = strcspn(part, ",");
		char *text = mem_strndup(part, len);

		if (text[0] == '@')
			ret = add_file(text + 1, out, err);
		else
			add_part(text, out);
		free(text);
		part += len + (part[len] == ',');
	}
	if (ret == 0 && (buf_bad(out) || buf_bad(&parts))) {
		err_set(err, "a pattern of more than %d bytes", PATFILE_MAX);
		ret = -E2BIG;
	}
	buf_done(&parts);
	return ret;
}
