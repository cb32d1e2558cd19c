#include "ctl/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/escape.h"

/* SGR parameters (ECMA-48 8.3.117), by enum style. */
static const char *const style_sgr[] = {
    [STYLE_PLAIN] = "",
    [STYLE_BOLD] = "1",
    [STYLE_DIM] = "2",
    [STYLE_RED] = "31",
    [STYLE_GREEN] = "32",
    [STYLE_YELLOW] = "33",
    [STYLE_BLUE] = "34",
    [STYLE_MAGENTA] = "35",
    [STYLE_CYAN] = "36",
};

static bool
term_wants_color(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *name = getenv("TERM");

	if (no_color != NULL && no_color[0] != '\0')
		return false;
	return name != NULL && strcmp(name, "dumb") != 0;
}

void
term_init(struct term *term, int fd, bool no_color)
{
	struct winsize size = {0};

	memset(term, 0, sizeof *term);
	term->tty = isatty(fd) == 1;
	if (!term->tty)
		return;
	term->color = !no_color && term_wants_color();
	term->width = 80;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		term->width = size.ws_col;
}

size_t
term_columns(const char *text)
{
	size_t columns = 0;

	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			columns++;
	return columns;
}

void
term_add_text(struct buf *out, const char *text)
{
	escape_log(out, text, strlen(text));
}

void
term_add_safe(const struct term *term, enum style style, const char *text,
    size_t len, struct buf *out)
{
	bool styled = term->color && style != STYLE_PLAIN;

	if (styled)
		buf_addf(out, "\033[%sm", style_sgr[style]);
	buf_add(out, text, len);
	if (styled)
		buf_adds(out, "\033[0m");
}

void
term_add_styled(const struct term *term, enum style style, const char *text,
    struct buf *out)
{
	struct buf safe;

	buf_init(&safe, 1u << 20);
	term_add_text(&safe, text);
	term_add_safe(term, style, safe.data, safe.len, out);
	buf_done(&safe);
}

int
term_print(const struct buf *buf, int fd)
{
	size_t done = 0;
	ssize_t n;

	while (done < buf->len) {
		n = write(fd, buf->data + done, buf->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}
