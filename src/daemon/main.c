#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/engine.h"
#include "app/privsep.h"
#include "base/clock.h"
#include "base/datadir.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/parent.h"
#include "inventory/inv_secrets.h"

#define EXIT_USAGE 2
#define HELP_MAX 65536

static int
say(const struct err *err, int code)
{
	char text[1024];

	fprintf(
	    stderr, "convect-pxed: %s\n", err_format(err, text, sizeof text));
	return code;
}

static int
print_help(void)
{
	struct buf out;

	buf_init(&out, HELP_MAX);
	config_write_help(&out);
	fputs(out.data, stdout);
	buf_done(&out);
	return EXIT_SUCCESS;
}

/* ---- the steps of the start ---- */

static int
check_root(struct parent *parent, struct err *err)
{
	(void)parent;
	if (geteuid() == 0)
		return 0;
	err_set(err, "must be started as root: it opens the ports 67 and 69, "
		     "and then drops root's rights");
	err_hint(err, "sudo convect-pxed ...; --check works as any user");
	return -EPERM;
}

static int
find_account(struct parent *parent, struct err *err)
{
	struct role *role = &parent->role;
	int ret = account_find(
	    role->config.user, role->config.user_given, &parent->account, err);

	if (ret < 0)
		return ret;
	role->user = mem_strdup(parent->account.name);
	role->uid = parent->account.uid;
	role->gid = parent->account.gid;
	role->shared = parent->account.shared;
	role->parent = getpid();
	return 0;
}

/* What the shipped data is, beside the program or in a source tree. */
static int
find_data(struct parent *parent, struct err *err)
{
	static const char *const kinds[PRIV_TREE_KINDS] = {
	    [PRIV_TREE_PXE] = "pxe",
	    [PRIV_TREE_TEMPLATES] = "templates",
	    [PRIV_TREE_HTTP] = "http",
	};
	parent->role.data_dir = datadir_find();
	for (int i = 0; i < PRIV_TREE_KINDS; i++) {
		char *path;

		if (kinds[i] == NULL)
			continue;
		path = mem_printf("%s/%s", parent->role.data_dir, kinds[i]);
		parent->trees.path[i][0] = path;
		parent->trees.count[i] = 1;
		if (access(path, R_OK) == 0)
			continue;
		err_at(err, path, 0, 0, "convect-pxed's own files: %s",
		    strerror(errno));
		err_hint(err, "make install, or name their directory in "
			      "CONVECT_PXED_DATADIR");
		return -ENOENT;
	}
	return 0;
}

/* From here on the table of what the engine may have is frozen. */
static int
freeze_trees(struct parent *parent, struct err *err)
{
	const struct config *config = &parent->role.config;
	struct priv_trees *trees = &parent->trees;

	(void)err;
	for (size_t i = 0; i < config->inventory.count; i++)
		trees->path[PRIV_TREE_INVENTORY][i] = config->inventory.item[i];
	trees->count[PRIV_TREE_INVENTORY] = config->inventory.count;
	for (size_t i = 0; i < config->vault_password_files.count; i++) {
		size_t label;

		trees->path[PRIV_TREE_VAULT][i] = inv_secrets_path(
		    config->vault_password_files.item[i], &label);
	}
	trees->count[PRIV_TREE_VAULT] = config->vault_password_files.count;
	if (config->templates_dir != NULL) {
		trees->path[PRIV_TREE_OPERATOR][0] = config->templates_dir;
		trees->count[PRIV_TREE_OPERATOR] = 1;
	}
	priv_init(&parent->priv, trees);
	return 0;
}

static int
watch_files(struct parent *parent, struct err *err)
{
	(void)err; /* it can be told to look */
	parent_watch(parent);
	return 0;
}

static int
open_sockets(struct parent *parent, struct err *err)
{
	int ret = sockets_open(
	    &parent->role.config, &parent->account, &parent->sockets, err);

	parent->role.taps = parent->sockets.tap >= 0;
	parent->role.solicited = parent->sockets.ipxe_ra >= 0;
	parent->role.listens = parent->sockets.interface[0].dhcp.fd >= 0;
	if (ret == 0 &&
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		parent->downloads) < 0) {
		ret = -errno;
		err_set(err, "socketpair: %s", strerror(-ret));
	}
	return ret;
}

static int
prepare_state(struct parent *parent, struct err *err)
{
	return statedir_prepare(
	    parent->role.config.state_dir, &parent->account, err);
}

static int
prepare_loaders(struct parent *parent, struct err *err)
{
	char *dir =
	    mem_printf("%s/files/loaders", parent->role.config.state_dir);
	int ret = loaders_assemble("", dir, &parent->role.loaders, err);

	free(dir);
	return ret;
}

static int
prepare_tftpd(struct parent *parent, struct err *err)
{
	return tftpd_init(&parent->tftpd, parent->role.config.state_dir,
	    parent->sockets.tftp_log_path, err);
}

static int
take_signals(struct parent *parent, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		parent->signals =
		    signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (parent->signals >= 0)
		return 0;
	err_set(err, "signals: %s", strerror(errno));
	return -errno;
}

/* Sockets come early: a second start must not touch the first one's files. */
static int (*const start_steps[])(struct parent *parent, struct err *err) = {
    check_root,
    find_account,
    find_data,
    freeze_trees,
    take_signals,
    open_sockets,
    prepare_state,
    prepare_loaders,
    prepare_tftpd,
    watch_files,
};

static int
start(struct parent *parent, struct err *err)
{
	size_t count = sizeof start_steps / sizeof start_steps[0];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = start_steps[i](parent, err);
	return ret;
}

static void
finish(struct parent *parent)
{
	priv_detach(&parent->priv);
	watch_done(&parent->watch);
	sockets_close(&parent->sockets);
	tftpd_done(&parent->tftpd);
	account_done(&parent->account);
	for (int i = PRIV_TREE_PXE; i <= PRIV_TREE_HTTP; i++)
		free((void *)(uintptr_t)parent->trees.path[i][0]);
	role_done(&parent->role);
}

/* Everything in this process, as whoever calls. */
static int
run_check(struct parent *parent, struct err *err)
{
	const struct config *config = &parent->role.config;
	struct engine_args args = {.state_dir = config->state_dir,
	    .templates_dir = config->templates_dir,
	    .vault_files =
		(const char *const *)config->vault_password_files.item,
	    .vault_count = config->vault_password_files.count,
	    .http_port = (uint16_t)config->http_port,
	    .files_port = (uint16_t)config->files_port,
	    .dhcp_server = config->dhcp == DHCP_ROLE_SERVER,
	    .dhcp_count = config->interfaces.count};
	int code;

	for (size_t i = 0; i < config->interfaces.count; i++)
		args.interface[i] = config->interfaces.item[i];

	if (find_data(parent, err) < 0 || freeze_trees(parent, err) < 0)
		return say(err, EXIT_FAILURE);
	args.data_dir = parent->role.data_dir;
	args.priv = privsep_new_direct(&parent->trees);
	code = engine_check(&args);
	privsep_free(args.priv);
	return code;
}

static int
serve(struct parent *parent, struct err *err)
{
	if (start(parent, err) < 0) {
		char text[1024];

		log_error(NULL, "%s", err_format(err, text, sizeof text));
		return EXIT_FAILURE;
	}
	children_init(parent, clock_mono_ms(&clock_system));
	return parent_loop(parent);
}

int
main(int argc, char *argv[])
{
	struct parent parent = {.argc = argc,
	    .argv = argv,
	    .signals = -1,
	    .downloads = {-1, -1},
	    .sockets = SOCKETS_NONE,
	    .priv = {.fd = -1},
	    .watch = {.fd = -1}};
	struct config *config = &parent.role.config;
	struct err err = {0};
	int code;

	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return role_main(argv[2]);
	config_init(config);
	if (config_load(config, argc, argv, &err) < 0) {
		code = say(&err, EXIT_USAGE);
	} else if (config->help) {
		code = print_help();
	} else if (config->version) {
		code = puts("convect-pxed " PACKAGE_VERSION) < 0;
	} else {
		log_init((enum log_level)config->log_level,
		    (enum log_format)config->log_format);
		code = config->check ? run_check(&parent, &err)
				     : serve(&parent, &err);
	}
	finish(&parent);
	return code;
}
