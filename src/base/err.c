#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

bool
err_is_set(const struct err *err)
{
	return err != NULL && err->text[0] != '\0';
}

void
err_clear(struct err *err)
{
	if (err != NULL)
		memset(err, 0, sizeof *err);
}

void
err_place(struct err *err, const char *file, int line, int col)
{
	if (err == NULL || err->file[0] != '\0' || err->line != 0)
		return;
	str_copy(err->file, sizeof err->file, file == NULL ? "" : file);
	err->line = line;
	err->col = col;
}

void
err_set(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err_is_set(err))
		return;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
}

void
err_at(
    struct err *err, const char *file, int line, int col, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err_is_set(err))
		return;
	err_place(err, file, line, col);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
}

void
err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
}

static void append(char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
append(char *out, size_t size, const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + len, size - len, fmt, ap);
	va_end(ap);
}

const char *
err_format(const struct err *err, char *out, size_t size)
{
	out[0] = '\0';
	if (err->file[0] != '\0')
		append(out, size, "%s:", err->file);
	if (err->line > 0)
		append(out, size, "%d:", err->line);
	if (err->line > 0 && err->col > 0)
		append(out, size, "%d:", err->col);
	append(out, size, "%s%s", out[0] == '\0' ? "" : " ", err->text);
	if (err->hint[0] != '\0')
		append(out, size, " (%s)", err->hint);
	return out;
}
