#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/aptcache.h"
#include "app/engine.h"
#include "app/image_import.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/role.h"
#include "daemon/sandbox.h"
#include "net/filesrv.h"
#include "net/loop.h"

#define ENGINE_FILES_MAX 16384
/* A machine waits for decisions, a download only becomes slower. */
#define ENGINE_NICE (-10)
#define FILES_NICE 5
#define IMPORT_NICE 10
#define FILES_FILES_MAX 16384

struct role_row {
	const char *name;
	bool configured; /* by ROLE_FD_CONFIG, and confined here */
	int (*run)(struct role *role);
};

static int
fail(const struct err *err)
{
	char text[1024];

	log_error(NULL, "%s", err_format(err, text, sizeof text));
	return EXIT_FAILURE;
}

/* ---- engine ---- */

static bool
has_loader(void *arg, const char *name)
{
	const struct role *role = arg;

	for (int i = 0; i < PXE_LOADER_COUNT; i++) {
		if (strcmp(pxe_loader_info((enum pxe_loader)i)->file, name) ==
		    0)
			return role->loaders.present[i];
	}
	return false;
}

static void
fill_interfaces(const struct role *role, struct engine_args *args)
{
	size_t named = role->config.interfaces.count;

	args->probe_fd =
	    role->config.dhcp == DHCP_ROLE_SERVER ? ROLE_FD_PROBE : -1;
	args->arp_fd = role->config.dhcp == DHCP_ROLE_SERVER ? ROLE_FD_ARP : -1;
	args->tap_fd[0] = role->taps ? ROLE_FD_TAP : -1;
	args->tap_fd[1] = role->taps ? ROLE_FD_TAP_SEND : -1;
	args->dhcp_server = role->config.dhcp == DHCP_ROLE_SERVER;
	args->dhcp_count = named == 0 ? 1 : named;
	for (size_t i = 0; i < args->dhcp_count; i++) {
		args->dhcp_fd[2 * i] =
		    role->listens ? ROLE_FD_DHCP + (int)(2 * i) : -1;
		args->dhcp_fd[2 * i + 1] = ROLE_FD_DHCP + (int)(2 * i + 1);
		args->interface[i] =
		    named == 0 ? NULL : role->config.interfaces.item[i];
	}
}

static int
run_engine(struct role *role)
{
	const struct config *config = &role->config;
	struct engine_args args = {.state_dir = config->state_dir,
	    .inventory = (const char *const *)config->inventory.item,
	    .inventory_count = config->inventory.count,
	    .data_dir = role->data_dir,
	    .templates_dir = config->templates_dir,
	    .vault_files =
		(const char *const *)config->vault_password_files.item,
	    .vault_count = config->vault_password_files.count,
	    .options = config_to_value(config),
	    .relay_allow = (const char *const *)config->relay_allow.item,
	    .relay_count = config->relay_allow.count,
	    .dhcp_rate = (unsigned)config->dhcp_rate,
	    .dhcp_node_rate = (unsigned)config->dhcp_node_rate,
	    .events_keep_count = (uint64_t)config->events_keep_count,
	    .events_keep_ms =
		config->events_keep_days * INT64_C(24) * 3600 * 1000,
	    .enroll = config->unknown == CONFIG_UNKNOWN_ENROLL,
	    .admin_uid = role->shared ? 0 : role->uid,
	    .http_port = (uint16_t)config->http_port,
	    .files_port = (uint16_t)config->files_port,
	    .cache_port =
		config->cache.count == 0 ? 0 : (uint16_t)config->cache_port,
	    .http_fd = ROLE_FD_LISTEN,
	    .ctl_fd = ROLE_FD_CTL,
	    .tftp_log_fd = ROLE_FD_TFTP_LOG,
	    .downloads_fd = ROLE_FD_DOWNLOADS,
	    .ipxe_ra_fd = role->solicited ? ROLE_FD_IPXE_RA : -1,
	    .has_loader = has_loader,
	    .has_loader_arg = role};
	const struct sandbox sandbox = {.user = role->user,
	    .uid = role->uid,
	    .gid = role->gid,
	    .parent = role->parent,
	    .files_max = ENGINE_FILES_MAX};
	struct err err = {0};
	int code;

	(void)setpriority(PRIO_PROCESS, 0, ENGINE_NICE);
	if (sandbox_enter(&sandbox, &err) < 0) {
		code = fail(&err);
	} else {
		fill_interfaces(role, &args);
		args.priv = privsep_new(ROLE_FD_PRIV);
		code = engine_run(&args);
		privsep_free(args.priv);
	}
	value_unref(args.options);
	return code;
}

/* ---- files ---- */

/* News for the engine's time line; when its queue is full they are lost. */
static void
on_download_cb(void *arg, const struct filesrv_report *report)
{
	uint8_t data[FILESRV_REPORT_MAX];
	size_t len = filesrv_report_encode(report, data);

	(void)arg;
	(void)send(ROLE_FD_DOWNLOADS, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int
serve_files(struct err *err)
{
	struct filesrv_config config = {
	    .root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
	    .on_report = on_download_cb};
	struct loop *loop = loop_new();
	struct filesrv *filesrv = filesrv_new(loop, &config, err);
	int ret = filesrv == NULL
		      ? -EINVAL
		      : filesrv_listen(filesrv, ROLE_FD_LISTEN, err);

	if (ret == 0)
		ret = loop_run(loop);
	filesrv_free(filesrv);
	loop_free(loop);
	if (config.root_fd >= 0)
		close(config.root_fd);
	return ret;
}

static int
run_files(struct role *role)
{
	char *root = mem_printf("%s/files", role->config.state_dir);
	const struct sandbox sandbox = {.user = role->user,
	    .uid = role->uid,
	    .gid = role->gid,
	    .chroot = root,
	    .parent = role->parent,
	    .files_max = FILES_FILES_MAX,
	    .no_children = true};
	struct err err = {0};
	int ret;

	(void)setpriority(PRIO_PROCESS, 0, FILES_NICE);
	ret = sandbox_enter(&sandbox, &err);
	free(root);
	if (ret == 0)
		ret = serve_files(&err);
	return ret < 0 ? fail(&err) : EXIT_SUCCESS;
}

/* ---- cache ---- */

static int
serve_cache(const struct role *role, const char *dir, struct err *err)
{
	const struct config *config = &role->config;
	const struct aptcache_config cache_config = {.dir = dir,
	    .upstreams = (const char *const *)config->cache.item,
	    .upstream_count = config->cache.count,
	    .size_max = (uint64_t)config->cache_size << 20,
	    .free_floor = (uint64_t)config->cache_free << 20,
	    .offline = config->cache_offline != 0};
	struct loop *loop = loop_new();
	struct aptcache *cache = aptcache_new(loop, &cache_config, err);
	int ret = cache == NULL ? -EINVAL
				: aptcache_listen(cache, ROLE_FD_LISTEN, err);

	if (ret == 0)
		ret = loop_run(loop);
	aptcache_free(cache);
	loop_free(loop);
	return ret;
}

/* It needs the system's resolver and certificates: no chroot. */
static int
run_cache(struct role *role)
{
	char *dir = mem_printf("%s/cache", role->config.state_dir);
	const struct sandbox sandbox = {.user = role->user,
	    .uid = role->uid,
	    .gid = role->gid,
	    .parent = role->parent,
	    .files_max = FILES_FILES_MAX};
	struct err err = {0};
	int ret;

	(void)setpriority(PRIO_PROCESS, 0, FILES_NICE);
	ret = sandbox_enter(&sandbox, &err);
	if (ret == 0)
		ret = serve_cache(role, dir, &err);
	free(dir);
	return ret < 0 ? fail(&err) : EXIT_SUCCESS;
}

/* ---- image-import: the engine's child, confined as the engine is ---- */

static int
run_image_import(struct role *role)
{
	(void)role;
	/* Not the engine's, whose child it is. */
	(void)setpriority(PRIO_PROCESS, 0, IMPORT_NICE);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return image_import_main(STDIN_FILENO, STDOUT_FILENO);
}

static const struct role_row rows[] = {
    [ROLE_ENGINE] = {"engine", true, run_engine},
    [ROLE_FILES] = {"files", true, run_files},
    [ROLE_CACHE] = {"cache", true, run_cache},
    [ROLE_IMAGE_IMPORT] = {"image-import", false, run_image_import},
};

static int
run_configured(const struct role_row *row)
{
	struct role role = {.parent = 0};
	struct err err = {0};
	struct buf text;
	int ret;

	buf_init(&text, ROLE_JSON_MAX);
	ret = file_read_fd(ROLE_FD_CONFIG, "role description", &text, &err);
	if (ret == 0)
		ret = role_read_json(&role, text.data, text.len, &err);
	buf_done(&text);
	close(ROLE_FD_CONFIG);
	if (ret < 0)
		return fail(&err);
	log_init((enum log_level)role.config.log_level,
	    (enum log_format)role.config.log_format);
	ret = row->run(&role);
	role_done(&role);
	return ret;
}

int
role_main(const char *name)
{
	/* Started through /proc/self/exe, it would be "exe" in ps and ss. */
	(void)prctl(PR_SET_NAME, "convect-pxed");
	for (size_t i = ROLE_ENGINE; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].configured ? run_configured(&rows[i])
						  : rows[i].run(NULL);
	}
	log_error(NULL, "there is no role \"%s\"", name);
	return EXIT_FAILURE;
}
