/* The command table, and the program from its arguments to its exit code. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/patfile.h"

static const struct command *const commands[] = {
    &cmd_status,
    &cmd_show,
    &cmd_events,
    &cmd_logs,
    &cmd_why,
    &cmd_render,
    &cmd_inventory,
    &cmd_check,
    &cmd_doctor,
    &cmd_reinstall,
    &cmd_cancel,
    &cmd_adopt,
    &cmd_hold,
    &cmd_release,
    &cmd_lock,
    &cmd_unlock,
    &cmd_discover_list,
    &cmd_discover_show,
    &cmd_discover_accept,
    &cmd_discover_ignore,
    &cmd_cluster_status,
    &cmd_cluster_new,
    &cmd_cluster_forget,
    &cmd_cluster_backup,
    &cmd_cluster_restore,
    &cmd_kubeconfig,
    &cmd_known_hosts,
    &cmd_ssh_config,
    &cmd_record_export,
    &cmd_image_add,
    &cmd_image_list,
    &cmd_image_verify,
    &cmd_image_remove,
    &cmd_artifact_add,
    &cmd_artifact_list,
    &cmd_artifact_verify,
    &cmd_artifact_remove,
    &cmd_fetch,
    &cmd_cache,
    &cmd_template,
    &cmd_dashboard,
    &cmd_info,
    NULL,
};

static int
ctl_run(struct ctl *ctl)
{
	const struct args *args = ctl->args;
	int code = CTL_DONE;

	if (args->global[ARGS_VERSION] != NULL)
		buf_adds(&ctl->out, "convect-pxectl " PACKAGE_VERSION "\n");
	else if (args->global[ARGS_HELP] != NULL)
		args_help(commands, args->command, &ctl->out);
	else
		code = args->command->run(ctl, args);
	if (buf_bad(&ctl->out)) {
		ctl_note(ctl, "the output is longer than %zu MiB",
		    CTL_OUT_MAX >> 20);
		return CTL_FAILED;
	}
	if (!ctl_flush(ctl) && code == CTL_DONE)
		code = CTL_FAILED;
	return code;
}

static int
expand_pattern(struct args *args, struct buf *pattern, struct err *err)
{
	int ret;

	if (args->command == NULL || !args->command->takes_pattern ||
	    args->word_count == 0 || strchr(args->words[0], '@') == NULL)
		return 0;
	ret = patfile_expand(args->words[0], pattern, err);
	if (ret == 0)
		args->words[0] = pattern->data;
	return ret;
}

int
ctl_main(int argc, char *const *argv)
{
	struct args args = {0};
	struct err err = {0};
	struct ctl ctl = {
	    .args = &args, .socket = "/run/convect-pxed/ctl.sock"};
	struct buf pattern;
	bool no_color;
	int code;

	/* A reader that leaves ends the command by EPIPE, not by a signal. */
	(void)signal(SIGPIPE, SIG_IGN);
	buf_init(&ctl.out, CTL_OUT_MAX);
	buf_init(&pattern, PATFILE_MAX);
	if (args_parse(commands, argc, argv, &args, &err) < 0 ||
	    expand_pattern(&args, &pattern, &err) < 0) {
		term_init(&ctl.term_err, STDERR_FILENO, false);
		ctl_print_problem(&ctl.term_err, &err);
		code = CTL_USAGE;
		goto out;
	}
	no_color = args.global[ARGS_NO_COLOR] != NULL;
	term_init(&ctl.term, STDOUT_FILENO, no_color);
	term_init(&ctl.term_err, STDERR_FILENO, no_color);
	ctl.json = args.global[ARGS_OUTPUT] != NULL &&
		   strcmp(args.global[ARGS_OUTPUT], "json") == 0;
	if (args.global[ARGS_SOCKET] != NULL)
		ctl.socket = args.global[ARGS_SOCKET];
	if (args.command == NULL && args.global[ARGS_HELP] == NULL &&
	    args.global[ARGS_VERSION] == NULL) {
		args_help(commands, NULL, &ctl.out);
		(void)term_print(&ctl.out, STDERR_FILENO);
		code = CTL_USAGE;
		goto out;
	}
	code = ctl_run(&ctl);
out:
	buf_done(&pattern);
	buf_done(&ctl.out);
	return code;
}
