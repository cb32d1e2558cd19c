#include "ctl/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

void
progress_init(struct progress *progress, struct ctl *ctl)
{
	memset(progress, 0, sizeof *progress);
	progress->ctl = ctl;
}

static void
progress_end_line(struct progress *progress)
{
	if (progress->drawn)
		(void)fputc('\n', stderr);
	progress->drawn = false;
}

/* "copy of ubuntu: 45 %, 1.2 GiB of 2.6 GiB" */
static void
progress_draw(struct progress *progress, struct value line)
{
	struct value bytes = value_map_get(line, "bytes");
	struct value total = value_map_get(line, "total");
	char done[STR_SIZE_LEN];
	char all[STR_SIZE_LEN];

	(void)fprintf(stderr, "\r\033[K%s", progress->phase);
	if (bytes.type == VALUE_INT && total.type == VALUE_INT && total.u.i > 0)
		(void)fprintf(stderr, ": %3.0f %%, %s of %s",
		    100.0 * (double)bytes.u.i / (double)total.u.i,
		    str_size((uint64_t)bytes.u.i, done),
		    str_size((uint64_t)total.u.i, all));
	else if (bytes.type == VALUE_INT)
		(void)fprintf(
		    stderr, ": %s", str_size((uint64_t)bytes.u.i, done));
	progress->drawn = true;
}

void
progress_show(struct progress *progress, struct value line)
{
	const char *phase = value_str(value_map_get(line, "phase"));
	const char *image = value_str(value_map_get(line, "image"));
	char title[sizeof progress->phase];
	struct buf safe;

	if (strcmp(phase, "note") == 0) {
		progress_end_line(progress);
		ctl_note(progress->ctl, "%s",
		    value_str(value_map_get(line, "text")));
		return;
	}
	buf_init(&safe, 4096);
	term_add_text(&safe, phase);
	if (*image != '\0')
		buf_addc(&safe, ' ');
	term_add_text(&safe, image);
	str_copy(title, sizeof title, safe.data);
	buf_done(&safe);
	if (strcmp(title, progress->phase) != 0) {
		progress_end_line(progress);
		str_copy(progress->phase, sizeof progress->phase, title);
		if (!progress->ctl->term_err.tty)
			ctl_note(progress->ctl, "%s", title);
	}
	if (progress->ctl->term_err.tty)
		progress_draw(progress, line);
}

void
progress_done(struct progress *progress)
{
	progress_end_line(progress);
}
