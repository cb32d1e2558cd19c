#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/loaders.h"
#include "daemon/portholder.h"
#include "daemon/role.h"
#include "daemon/spawn.h"
#include "daemon/statedir.h"
#include "daemon/supervise.h"
#include "daemon/unixsock.h"

/* ---- a directory of our own ---- */

static int
set_up(void **state)
{
	char *dir = mem_strdup("/tmp/convect-daemon.XXXXXX");

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int
tear_down(void **state)
{
	char *dir = *state;
	char *command = mem_printf("rm -rf '%s'", dir);

	assert_int_equal(system(command), 0); /* NOLINT: our own name */
	free(command);
	free(dir);
	return 0;
}

static char *
put(const char *dir, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", dir, name);
	char *parent = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	FILE *file;

	assert_int_equal(file_mkdirs(parent, 0755, NULL), 0);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(parent);
	return path;
}

static void
assert_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	char *path = mem_printf("%s/%s", dir, name);
	struct stat st;
	struct buf got;

	buf_init(&got, 4096);
	assert_int_equal(file_read(path, &got, NULL), 0);
	assert_string_equal(got.data, text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	buf_done(&got);
	free(path);
}

/* ---- loaders ---- */

static void
test_loaders(void **state)
{
	const char *root = *state;
	char *tree = mem_printf("%s/loaders", root);
	struct loader_set set;
	struct err err = {0};
	char *source;
	struct stat before;
	struct stat after;
	char *copy = mem_printf("%s/undionly.kpxe", tree);

	assert_int_equal(file_mkdirs(tree, 0755, NULL), 0);
	assert_int_equal(loaders_assemble(root, tree, &set, &err), -ENOENT);
	assert_string_equal(err.hint, "apt-get install ipxe");

	source = put(root, "usr/lib/ipxe/undionly.kpxe", "one");
	assert_int_equal(loaders_assemble(root, tree, &set, &err), 0);
	assert_true(set.present[PXE_LOADER_UNDIONLY]);
	assert_false(set.present[PXE_LOADER_IPXE_X64]);
	assert_file(tree, "undionly.kpxe", "one", 0644);

	/* The same again is left alone; another one takes its place. */
	assert_int_equal(stat(copy, &before), 0);
	assert_int_equal(loaders_assemble(root, tree, &set, &err), 0);
	assert_int_equal(stat(copy, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	free(put(root, "usr/lib/ipxe/undionly.kpxe", "two"));
	assert_int_equal(loaders_assemble(root, tree, &set, &err), 0);
	assert_file(tree, "undionly.kpxe", "two", 0644);

	/* Taken away from the system, or of the operator's own making. */
	assert_int_equal(unlink(source), 0);
	free(put(tree, "ipxe-arm64.efi", "mine"));
	assert_int_equal(loaders_assemble(root, tree, &set, &err), 0);
	assert_true(set.present[PXE_LOADER_UNDIONLY]);
	assert_true(set.present[PXE_LOADER_IPXE_ARM64]);
	free(source);
	free(copy);
	free(tree);
}

/* A mode that in.tftpd would refuse, and a link, are put right. */
static void
test_loaders_mended(void **state)
{
	const char *root = *state;
	char *tree = mem_printf("%s/loaders", root);
	char *copy = mem_printf("%s/ipxe.efi", tree);
	struct loader_set set;
	struct stat st;

	free(put(root, "usr/lib/ipxe/ipxe.efi", "efi"));
	free(put(root, "loaders/ipxe.efi", "efi"));
	assert_int_equal(chmod(copy, 0600), 0);
	assert_int_equal(loaders_assemble(root, tree, &set, NULL), 0);
	assert_file(tree, "ipxe.efi", "efi", 0644);
	assert_int_equal(unlink(copy), 0);
	assert_int_equal(symlink("/etc/passwd", copy), 0);
	assert_int_equal(loaders_assemble(root, tree, &set, NULL), 0);
	assert_int_equal(lstat(copy, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_file(tree, "ipxe.efi", "efi", 0644);
	free(copy);
	free(tree);
}

/* ---- who holds a port ---- */

static uint16_t
bind_any(int type, int *ret_fd)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*ret_fd = fd;
	return ntohs(addr.sin_port);
}

static void
test_port_holder(void **state)
{
	struct port_holder holder[PORT_HOLDERS_MAX];
	struct err err = {0};
	char pid[64];
	int fd;
	uint16_t port = bind_any(SOCK_DGRAM, &fd);

	(void)state;
	(void)snprintf(pid, sizeof pid, "(process %ld)", (long)getpid());
	assert_int_equal(port_holders(false, port, holder), 1);
	assert_int_equal(holder->pid, getpid());
	assert_string_equal(holder->program, "test_daemon");
	assert_int_equal(holder->addr.s_addr, htonl(INADDR_LOOPBACK));
	port_holder_explain(false, port, NULL, &err);
	assert_true(strstr(err.text, "is taken by test_daemon") != NULL);
	assert_true(strstr(err.text, pid) != NULL);
	assert_true(err.hint[0] != '\0');
	close(fd);
	assert_int_equal(port_holders(false, port, holder), 0);

	/* TCP: only who listens. */
	port = bind_any(SOCK_STREAM, &fd);
	assert_int_equal(port_holders(true, port, holder), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(port_holders(true, port, holder), 1);
	err_clear(&err);
	port_holder_explain(true, port, "http-port", &err);
	assert_string_equal(
	    err.hint, "stop it, or choose another port with --http-port");
	close(fd);
}

/* ---- unix sockets ---- */

static void
test_ctl_socket(void **state)
{
	const struct account account = {
	    .name = NULL, .uid = getuid(), .gid = getgid()};
	char *path = mem_printf("%s/run/ctl.sock", (const char *)*state);
	char *file = put(*state, "run/file", "");
	struct err err = {0};
	struct stat st;
	int first;
	int second;

	assert_int_equal(unixsock_listen(path, &account, &first, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(
	    unixsock_listen(path, &account, &second, &err), -EADDRINUSE);
	assert_string_equal(err.text, "another convect-pxed is running");
	close(first); /* its owner died: the name stays */
	assert_int_equal(unixsock_listen(path, &account, &second, NULL), 0);
	close(second);
	err_clear(&err);
	assert_int_equal(
	    unixsock_listen(file, &account, &second, &err), -EEXIST);
	assert_true(strstr(err.text, "not a socket") != NULL);
	free(path);
	free(file);
}

static void
test_shared_account_socket(void **state)
{
	const struct account nobody = {
	    .uid = 65534, .gid = 65534, .shared = true};
	char *path = mem_printf("%s/ctl.sock", (const char *)*state);
	struct stat st;
	int fd;

	assert_int_equal(unixsock_listen(path, &nobody, &fd, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	close(fd);
	free(path);
}

/* ---- state directory and user ---- */

static void
assert_dir(const char *root, const char *name, mode_t mode, uid_t uid)
{
	char *path = mem_printf("%s/%s", root, name);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, uid);
	free(path);
}

static void
test_state_dir(void **state)
{
	bool root = getuid() == 0;
	struct account account = {
	    .uid = root ? 65534 : getuid(), .gid = root ? 65534 : getgid()};
	char *dir = mem_printf("%s/a/state", (const char *)*state);
	char *db = mem_printf("%s/db", dir);
	struct err err = {0};

	for (int i = 0; i < 2; i++) { /* made, then found */
		assert_int_equal(statedir_prepare(dir, &account, &err), 0);
		assert_dir(dir, ".", 0755, getuid());
		assert_dir(dir, "db", 0700, account.uid);
		assert_dir(dir, "files", 0755, getuid());
		assert_dir(dir, "files/images", 0755, account.uid);
		assert_dir(dir, "files/loaders", 0755, getuid());
	}
	assert_int_equal(rmdir(db), 0);
	assert_int_equal(symlink("/etc", db), 0);
	assert_int_not_equal(statedir_prepare(dir, &account, &err), 0);
	assert_string_equal(err.file, db);
	free(db);
	free(dir);
}

/* Root works in it: nobody else may put something in the place of a part. */
static void
test_state_dir_refused(void **state)
{
	const struct account account = {.uid = 65534, .gid = 65534};
	const char *dir = *state;
	struct err err = {0};

	if (getuid() != 0)
		skip();
	/* Such as adduser(8) makes a home directory. */
	assert_int_equal(chown(dir, 65534, 65534), 0);
	assert_int_equal(statedir_prepare(dir, &account, &err), 0);
	assert_dir(dir, ".", 0755, 0);
	assert_int_equal(chown(dir, 1000, 1000), 0);
	assert_int_equal(statedir_prepare(dir, &account, &err), -EPERM);
	assert_non_null(strstr(err.hint, "chown root"));
	assert_int_equal(chown(dir, 0, 0), 0);
	assert_int_equal(chmod(dir, 01777), 0);
	err_clear(&err);
	assert_int_equal(statedir_prepare(dir, &account, &err), -EPERM);
	assert_dir(dir, ".", 01777, 0);
}

/* The next start runs as another user: what there is must be his. */
static void
test_state_dir_adopted(void **state)
{
	const struct account first = {.uid = 65534, .gid = 65534};
	const struct account second = {.uid = 65533, .gid = 65533};
	const char *dir = *state;
	char *log = mem_printf("%s/db/events", dir);
	char *kernel = mem_printf("%s/files/images/a/vmlinuz", dir);
	char *root_own = mem_printf("%s/files/images/a/root", dir);
	struct stat st;

	if (getuid() != 0)
		skip();
	assert_int_equal(statedir_prepare(dir, &first, NULL), 0);
	free(put(dir, "db/events", ""));
	free(put(dir, "files/images/a/vmlinuz", ""));
	free(put(dir, "files/images/a/root", ""));
	assert_int_equal(chown(log, 65534, 65534), 0);
	assert_int_equal(chown(kernel, 65534, 65534), 0);
	*strrchr(kernel, '/') = '\0';
	assert_int_equal(chown(kernel, 65534, 65534), 0);
	kernel[strlen(kernel)] = '/';
	assert_int_equal(statedir_prepare(dir, &second, NULL), 0);
	assert_int_equal(stat(log, &st), 0);
	assert_int_equal(st.st_uid, 65533);
	assert_int_equal(stat(kernel, &st), 0);
	assert_int_equal(st.st_uid, 65533);
	assert_int_equal(stat(root_own, &st), 0);
	assert_int_equal(st.st_uid, 0);
	free(log);
	free(kernel);
	free(root_own);
}

static void
test_account(void **state)
{
	struct account account = {.name = NULL};
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    account_find("no-such-user", true, &account, &err), -ENOENT);
	assert_true(strstr(err.text, "no-such-user") != NULL);
	assert_true(strstr(err.hint, "useradd --system") != NULL);
	err_clear(&err);
	assert_int_equal(account_find("root", true, &account, &err), -EINVAL);
	assert_int_equal(
	    account_find("no-such-user", false, &account, NULL), 0);
	assert_string_equal(account.name, "nobody");
	assert_true(account.shared);
	account_done(&account);
}

/* ---- children ---- */

static void
test_backoff(void **state)
{
	static const int64_t waits[] = {
	    1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
	struct supervise child;
	int64_t now = 5000;

	(void)state;
	supervise_init(&child, now);
	assert_true(supervise_is_due(&child, now));
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		supervise_started(&child, 42, now);
		assert_false(supervise_is_due(&child, now));
		now += 10;
		assert_int_equal(supervise_ended(&child, false, now), waits[i]);
		assert_false(supervise_is_due(&child, now + waits[i] - 1));
		now += waits[i];
		assert_true(supervise_is_due(&child, now));
	}
	/* Long enough alive, and it starts over. */
	supervise_started(&child, 42, now);
	now += SUPERVISE_STEADY_MS;
	assert_int_equal(supervise_ended(&child, false, now), 1000);
	/* Done with its work: again at once; done too soon: not so. */
	supervise_started(&child, 42, now);
	assert_int_equal(supervise_ended(&child, true, now + 900000), 0);
	supervise_started(&child, 42, now);
	assert_int_equal(supervise_ended(&child, true, now + 10), 1000);
}

static pid_t
run_shell(const char *script, int out)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct spawn spawn = {.path = "/bin/sh", .argv = argv};
	int keep = open("/dev/null", O_RDONLY); /* must not be inherited */

	/* Their numbers overlap the ones they go to. */
	spawn_add_fd(&spawn, out, 7);
	spawn_add_fd(&spawn, 2, 8);
	spawn_add_fd(&spawn, out, 3);
	assert_true(keep >= 0);
	return spawn_run(&spawn, NULL);
}

static void
test_spawn(void **state)
{
	char text[256] = "";
	char status_text[SPAWN_STATUS_STRLEN];
	int fds[2];
	int status;
	pid_t pid;
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = run_shell("read line; echo \"in:$line\" >&7; ls /proc/self/fd "
			">&3; exit 3",
	    fds[1]);
	assert_true(pid > 0);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(
	    spawn_status_text(status, status_text), "exit status 3");
	n = read(fds[0], text, sizeof text - 1);
	assert_true(n > 0);
	/* `ls` itself has its directory open as one more: 4. */
	assert_string_equal(text, "in:\n0\n1\n2\n3\n4\n7\n8\n");
	close(fds[0]);
	assert_string_equal(spawn_status_text(SIGKILL, status_text),
	    "killed by signal 9 (Killed)");
}

/* ---- what a role is told ---- */

static void
test_role_json(void **state)
{
	struct role role = {.uid = 4000000000u,
	    .gid = 101,
	    .shared = true,
	    .parent = 77,
	    .user = mem_strdup("nobody"),
	    .data_dir = mem_strdup("/usr/share/convect-pxed")};
	struct role copy;
	struct err err = {0};
	struct buf json;

	(void)state;
	config_init(&role.config);
	role.config.http_port = 99;
	role.config.inventory.item[0] = mem_strdup("ma\"cs.ini");
	role.config.inventory.count = 1;
	role.loaders.present[PXE_LOADER_SNPONLY_X64] = true;
	buf_init(&json, ROLE_JSON_MAX);
	role_write_json(&role, &json);
	assert_int_equal(role_read_json(&copy, json.data, json.len, &err), 0);
	assert_int_equal(copy.uid, 4000000000u);
	assert_int_equal(copy.gid, 101);
	assert_int_equal(copy.parent, 77);
	assert_true(copy.shared);
	assert_string_equal(copy.user, "nobody");
	assert_string_equal(copy.data_dir, role.data_dir);
	assert_int_equal(copy.config.http_port, 99);
	assert_string_equal(copy.config.inventory.item[0], "ma\"cs.ini");
	assert_true(copy.loaders.present[PXE_LOADER_SNPONLY_X64]);
	assert_false(copy.loaders.present[PXE_LOADER_UNDIONLY]);
	role_done(&copy);
	assert_int_not_equal(role_read_json(&copy, "{}", 2, &err), 0);
	assert_int_not_equal(role_read_json(&copy, "{", 1, &err), 0);
	buf_done(&json);
	role_done(&role);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_DIR(test_loaders),
	    IN_DIR(test_loaders_mended),
	    cmocka_unit_test(test_port_holder),
	    IN_DIR(test_ctl_socket),
	    IN_DIR(test_shared_account_socket),
	    IN_DIR(test_state_dir),
	    IN_DIR(test_state_dir_adopted),
	    IN_DIR(test_state_dir_refused),
	    IN_DIR(test_account),
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_spawn),
	    cmocka_unit_test(test_role_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
