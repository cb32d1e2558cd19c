#include "ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
ctl_flush(struct ctl *ctl)
{
	int ret = term_print(&ctl->out, STDOUT_FILENO);

	buf_reset(&ctl->out);
	return ret == 0;
}

void
ctl_print_problem(const struct term *term, const struct err *err)
{
	struct err plain = *err;
	char text[sizeof plain];
	struct buf line;

	plain.hint[0] = '\0';
	buf_init(&line, 8192);
	buf_adds(&line, "convect-pxectl: ");
	term_add_styled(
	    term, STYLE_RED, err_format(&plain, text, sizeof text), &line);
	buf_addc(&line, '\n');
	if (err->hint[0] != '\0') {
		buf_adds(&line, "  hint: ");
		term_add_text(&line, err->hint);
		buf_addc(&line, '\n');
	}
	(void)term_print(&line, STDERR_FILENO);
	buf_done(&line);
}

int
ctl_fail(struct ctl *ctl, int ret, const struct err *err)
{
	(void)ctl_flush(ctl);
	ctl_print_problem(&ctl->term_err, err);
	return ret == -ECONNREFUSED ? CTL_UNREACHABLE : CTL_FAILED;
}

int
ctl_usage(struct ctl *ctl, const char *fmt, ...)
{
	struct err err = {0};
	char text[sizeof err.text];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(&err, "%s: %s", ctl->args->command->name, text);
	err_hint(&err, "usage: convect-pxectl %s %s", ctl->args->command->name,
	    ctl->args->command->usage);
	ctl_print_problem(&ctl->term_err, &err);
	return CTL_USAGE;
}

void
ctl_put_json(struct ctl *ctl, struct value value)
{
	value_write_json(value, 2, false, &ctl->out);
	buf_addc(&ctl->out, '\n');
}

bool
ctl_put_json_line(struct ctl *ctl, struct value value)
{
	value_write_json(value, -1, false, &ctl->out);
	buf_addc(&ctl->out, '\n');
	return ctl_flush(ctl);
}

void
ctl_note(struct ctl *ctl, const char *fmt, ...)
{
	char text[1024];
	struct buf line;
	va_list ap;

	if (ctl->quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_init(&line, 8192);
	term_add_styled(&ctl->term_err, STYLE_DIM, text, &line);
	buf_addc(&line, '\n');
	(void)term_print(&line, STDERR_FILENO);
	buf_done(&line);
}

int
ctl_ask(struct ctl *ctl, const char *command, struct value args,
    struct value *ret_data, struct err *err)
{
	int ret = client_ask(ctl->socket, command, args, ret_data, err);

	value_unref(args);
	return ret;
}

int
ctl_query(struct ctl *ctl, const char *command, struct value args,
    struct value *ret_data, int *ret_exit)
{
	struct err err = {0};
	struct value data;
	int ret = ctl_ask(ctl, command, args, &data, &err);

	if (ret < 0) {
		*ret_exit = ctl_fail(ctl, ret, &err);
		return -1;
	}
	if (ctl->json)
		ctl_put_json(ctl, data);
	*ret_data = data;
	return ctl->json;
}

int
ctl_stream(struct ctl *ctl, const char *command, struct value args,
    const struct client_handler *handler)
{
	struct client_request req = {
	    .socket = ctl->socket, .command = command, .args = args};
	struct err err = {0};
	int ret = client_run(&req, handler, &err);

	value_unref(args);
	/* Whoever reads us has seen enough: `events | head`. */
	return ret == 0 || ret == -EPIPE ? CTL_DONE : ctl_fail(ctl, ret, &err);
}

bool
ctl_confirm(struct ctl *ctl, const char *question)
{
	char answer[16];

	if (ctl->args->global[ARGS_YES] != NULL)
		return true;
	(void)ctl_flush(ctl);
	if (isatty(STDIN_FILENO) != 1) {
		ctl_note(ctl, "%s Nobody to ask: give --yes.", question);
		return false;
	}
	(void)fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}
