#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/privsep.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/priv.h"

struct lab {
	char dir[64];
	char *ini;
	struct priv_trees trees;
	int sock; /* ours */
	pid_t parent;
};

static void
put(const char *dir, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(path);
}

/* The parent's loop: sends a reload and a ping before each answer. */
static void
serve(int fd, const struct priv_trees *trees)
{
	struct priv priv;
	struct priv_msg news;
	int ret;

	priv_init(&priv, trees);
	priv_attach(&priv, fd);
	do {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};

		(void)poll(&pfd, 1, -1);
		if (priv_tell(&priv, PRIV_MSG_PING, 0) < 0 ||
		    priv_tell(&priv, PRIV_MSG_RELOAD, LOG_LEVEL_INFO) < 0)
			break;
		ret = priv_handle(&priv, &news);
	} while (ret >= 0 || ret == -EAGAIN || ret == -EBADMSG);
	priv_detach(&priv);
	_exit(0);
}

static int
set_up(void **state)
{
	struct lab *lab = mem_alloc(sizeof *lab);
	char *vars;
	int fds[2];

	strcpy(lab->dir, "/tmp/convect-priv.XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	lab->ini = mem_printf("%s/macs.ini", lab->dir);
	vars = mem_printf("%s/group_vars", lab->dir);
	assert_int_equal(mkdir(vars, 0755), 0);
	put(lab->dir, "macs.ini", "[all]\n");
	put(vars, "all.yml", "a: 1\n");
	put(vars, "x.yml", "");
	free(vars);
	lab->trees.path[PRIV_TREE_INVENTORY][0] = lab->ini;
	lab->trees.path[PRIV_TREE_INVENTORY][1] = "/nonexistent/two.ini";
	lab->trees.count[PRIV_TREE_INVENTORY] = 2;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	lab->parent = fork();
	if (lab->parent == 0) {
		close(fds[0]);
		serve(fds[1], &lab->trees);
	}
	close(fds[1]);
	lab->sock = fds[0];
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;
	char *command = mem_printf("rm -rf '%s'", lab->dir);

	assert_int_equal(waitpid(lab->parent, NULL, 0), lab->parent);
	assert_int_equal(system(command), 0); /* NOLINT: our own name */
	free(command);
	free(lab->ini);
	free(lab);
	return 0;
}

static void
check_files(struct lab *lab, struct privsep *priv)
{
	struct privsep_files files;
	struct err err = {0};
	size_t count = 0;

	assert_int_equal(
	    privsep_count(priv, PRIV_TREE_INVENTORY, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(
	    privsep_fetch(priv, PRIV_TREE_INVENTORY, 0, &files, &err), 0);
	assert_int_equal(files.count, 3);
	assert_string_equal(files.file[0].path, lab->ini);
	assert_string_equal(files.file[0].name, "macs.ini");
	assert_string_equal(files.file[0].text, "[all]\n");
	assert_string_equal(files.file[1].name, "group_vars/all.yml");
	assert_int_equal(files.file[1].len, 5);
	assert_string_equal(files.file[2].text, "");
	privsep_files_done(&files);
}

static void
check_errors(struct privsep *priv)
{
	struct privsep_files files;
	struct err err = {0};

	assert_true(
	    privsep_fetch(priv, PRIV_TREE_INVENTORY, 1, &files, &err) < 0);
	assert_string_equal(err.file, "/nonexistent/two.ini");
	assert_string_equal(err.text, "No such file or directory");
	err_clear(&err);
	assert_true(
	    privsep_fetch(priv, PRIV_TREE_INVENTORY, 2, &files, &err) < 0);
	assert_true(strstr(err.text, "no such tree") != NULL);
	err_clear(&err);
	assert_true(
	    privsep_fetch(priv, PRIV_TREE_OPERATOR, 0, &files, &err) < 0);
}

static void
test_channel(void **state)
{
	struct lab *lab = *state;
	struct privsep *priv = privsep_new(lab->sock);

	check_files(lab, priv);
	check_errors(priv);
	check_files(lab, priv); /* an error leaves the channel in order */
	/* The reloads that came meanwhile are one, and were not lost. */
	assert_int_equal(privsep_receive(priv), PRIVSEP_RELOAD);
	privsep_free(priv);
}

static void
test_direct(void **state)
{
	struct lab *lab = *state;
	struct privsep *priv = privsep_new_direct(&lab->trees);

	check_files(lab, priv);
	check_errors(priv);
	privsep_ready(priv); /* nobody is told, nothing breaks */
	assert_int_equal(privsep_receive(priv), PRIVSEP_NONE);
	assert_int_equal(privsep_fd(priv), -1);
	privsep_free(priv);
	close(lab->sock);
}

/* What the engine might send when it is no longer ours. */
static void
test_hostile_engine(void **state)
{
	struct lab *lab = *state;
	struct priv_msg msg;
	int fds[2];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct priv priv;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	priv_init(&priv, &lab->trees);
	priv_attach(&priv, fds[1]);
	assert_int_equal(priv_handle(&priv, &msg), -EAGAIN);
	assert_int_equal(send(fds[0], "short", 5, 0), 5);
	assert_int_equal(priv_handle(&priv, &msg), -EBADMSG);
	priv_msg_init(&msg, PRIV_MSG_FILE); /* the parent's own kind */
	msg.fd = null;
	assert_int_equal(priv_msg_send(fds[0], &msg), 0);
	assert_int_equal(priv_handle(&priv, &msg), -EBADMSG);
	priv_msg_init(&msg, PRIV_MSG_NEXT); /* of no tree */
	assert_int_equal(priv_msg_send(fds[0], &msg), 0);
	assert_int_equal(priv_handle(&priv, &msg), 0);
	assert_int_equal(priv_msg_receive(fds[0], &msg), 0);
	assert_int_equal(msg.kind, PRIV_MSG_ERROR);
	priv_msg_init(&msg, PRIV_MSG_OPEN);
	msg.tree = UINT32_MAX;
	msg.index = UINT32_MAX;
	assert_int_equal(priv_msg_send(fds[0], &msg), 0);
	assert_int_equal(priv_handle(&priv, &msg), 0);
	assert_int_equal(priv_msg_receive(fds[0], &msg), 0);
	assert_int_equal(msg.kind, PRIV_MSG_ERROR);
	close(fds[0]);
	assert_int_equal(priv_handle(&priv, &msg), -EPIPE);
	priv_detach(&priv);
	close(null);
	close(lab->sock);
}

static void
test_long_text(void **state)
{
	struct lab *lab = *state;
	struct priv_msg msg;
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	priv_msg_init(&msg, PRIV_MSG_FAILED);
	memset(msg.text, 'x', sizeof msg.text - 1);
	msg.text[sizeof msg.text - 1] = '\0';
	assert_int_equal(priv_msg_send(fds[0], &msg), 0);
	priv_msg_init(&msg, PRIV_MSG_FAILED);
	assert_int_equal(priv_msg_receive(fds[1], &msg), 0);
	assert_int_equal(strlen(msg.text), sizeof msg.text - 1);
	close(fds[0]);
	close(fds[1]);
	close(lab->sock);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_channel, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_direct, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_hostile_engine, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_long_text, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
