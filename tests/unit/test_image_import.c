/*
 * The image import on real ISO files, made with xorriso in the shape of
 * Ubuntu's live-server ones, and on downloads from a server on loopback that
 * breaks off, changes its file or refuses ranges. Ports are the kernel's
 * choice; the server is a process of this test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/image_import.h"
#include "app/image_work.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define INFO_2004                                                              \
	"Ubuntu-Server 20.04.6 LTS \"Focal Fossa\" - Release amd64 (20230314)"
#define INFO_2204                                                              \
	"Ubuntu-Server 22.04.5 LTS \"Jammy Jellyfish\" - Release amd64 "       \
	"(20240911)"
#define INFO_2404                                                              \
	"Ubuntu-Server 24.04.1 LTS \"Noble Numbat\" - Release arm64 "          \
	"(20240827)"

struct place {
	char dir[64];
	int images;
	char iso[128];
	bool has_iso;
};

/* What a run said, last lines first of each kind. */
struct said {
	int ret;
	json_t *data;
	char error[600];
	char hint[300];
	char notes[2048];
	size_t steps;
};

static void
run_argv(const char *const *argv)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		/* execvp() does not write to its strings. */
		execvp(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool
have_xorriso(void)
{
	return access("/usr/bin/xorriso", X_OK) == 0;
}

static void
put_file(const char *dir, const char *name, const char *text, size_t fill)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	for (size_t i = 0; i < fill; i++)
		fputc((int)(i * 7 + i / 251), file);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static void
make_dir(const char *dir, const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	struct err err = {0};

	assert_int_equal(file_mkdirs(path, 0755, &err), 0);
	free(path);
}

/* An ISO with that .disk/info; info NULL: without casper, too. */
static void
make_iso(struct place *place, const char *name, const char *info)
{
	char *tree = mem_printf("%s/tree-%s", place->dir, name);
	const char *const argv[] = {"xorriso", "-as", "mkisofs", "-quiet", "-r",
	    "-J", "-o", place->iso, tree, NULL};

	snprintf(place->iso, sizeof place->iso, "%s/%s", place->dir, name);
	make_dir(tree, ".disk");
	make_dir(tree, "casper");
	put_file(tree, "README", "hello", 0);
	if (info != NULL) {
		put_file(tree, ".disk/info", info, 0);
		put_file(tree, "casper/vmlinuz", "kernel", 300000);
		put_file(tree, "casper/initrd", "initrd", 700000);
		put_file(tree, "casper/ubuntu-server.squashfs", "root", 500000);
	}
	run_argv(argv);
	free(tree);
}

static int
setup(void **state)
{
	struct place *place = mem_alloc(sizeof *place);

	str_copy(place->dir, sizeof place->dir, "/tmp/test-image-XXXXXX");
	if (mkdtemp(place->dir) == NULL)
		return -1;
	make_dir(place->dir, "images");
	place->images = -1;
	char *images = mem_printf("%s/images", place->dir);
	place->images = open(images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(images);
	*state = place;
	return place->images < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	struct place *place = *state;
	const char *const argv[] = {"rm", "-rf", place->dir, NULL};

	close(place->images);
	run_argv(argv);
	free(place);
	return 0;
}

static void
take_line(struct said *said, json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const char *phase = json_string_value(json_object_get(line, "phase"));
	const char *text = json_string_value(json_object_get(line, "text"));
	const char *hint = json_string_value(json_object_get(line, "hint"));

	assert_non_null(type);
	if (strcmp(type, "data") == 0) {
		assert_null(said->data);
		said->data = json_incref(json_object_get(line, "data"));
	} else if (strcmp(type, "error") == 0) {
		str_copy(said->error, sizeof said->error, text);
		if (hint != NULL)
			str_copy(said->hint, sizeof said->hint, hint);
	} else if (phase != NULL && strcmp(phase, "note") == 0) {
		strncat(said->notes, text,
		    sizeof said->notes - strlen(said->notes) - 1);
	} else {
		said->steps++;
	}
}

/* Runs a job by way of its JSON; lines go to a file and are read back. */
static void
run_job(struct place *place, struct image_import_job *job, struct said *said)
{
	int job_fd = memfd_create("job", MFD_CLOEXEC);
	int out_fd = memfd_create("lines", MFD_CLOEXEC);
	struct buf text;
	struct err err = {0};
	json_t *line;
	FILE *lines;

	memset(said, 0, sizeof *said);
	job->store_fd = place->images;
	buf_init(&text, 65536);
	assert_int_equal(image_import_job_write(job, &text, &err), 0);
	assert_int_equal(image_write_all(job_fd, text.data, text.len), 0);
	assert_int_equal(lseek(job_fd, 0, SEEK_SET), 0);
	buf_done(&text);
	said->ret = image_import_main(job_fd, out_fd);
	assert_int_equal(lseek(out_fd, 0, SEEK_SET), 0);
	lines = fdopen(out_fd, "r");
	while ((line = json_loadf(lines, JSON_DISABLE_EOF_CHECK, NULL))) {
		take_line(said, line);
		json_decref(line);
	}
	fclose(lines);
	close(job_fd);
	assert_true((said->ret == 0) == (said->error[0] == '\0'));
	assert_true((said->ret == 0) == (said->data != NULL));
}

static void
said_done(struct said *said)
{
	json_decref(said->data);
	said->data = NULL;
}

static void
add_iso(struct place *place, const char *name, const char *sha256,
    struct said *said)
{
	struct image_import_job job;

	image_import_job_init(&job);
	job.op = IMAGE_OP_ADD;
	job.name = name;
	job.sha256 = sha256;
	job.iso_fd = open(place->iso, O_RDONLY | O_CLOEXEC);
	assert_true(job.iso_fd >= 0);
	run_job(place, &job, said);
	close(job.iso_fd);
}

static void
load(struct place *place, const char *name, struct image *ret_image)
{
	struct err err = {0};

	if (image_load(place->images, name, ret_image, &err) < 0)
		fail_msg("%s", err.text);
}

/* The store holds these visible names and no leftovers but the lock. */
static void
assert_names(struct place *place, const char *want)
{
	char *command = mem_printf(
	    "cd %s/images && ls -A | grep -v '^\\.lock$' | tr '\\n' ' '",
	    place->dir);
	char got[256] = "";
	FILE *pipe = popen(command, "re");

	assert_non_null(pipe);
	if (fgets(got, sizeof got, pipe) == NULL)
		got[0] = '\0';
	pclose(pipe);
	free(command);
	assert_string_equal(got, want);
}

static void
iso_sum(struct place *place, char out[SHA256_HEXLEN])
{
	struct image_progress progress;
	struct image_file file = {0};
	struct err err = {0};
	int fd = open(place->iso, O_RDONLY | O_CLOEXEC);

	image_progress_init(&progress, open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(image_hash_file(&progress, fd, &file, &err), 0);
	close(progress.fd);
	close(fd);
	str_copy(out, SHA256_HEXLEN, file.sha256);
}

static void
test_add_releases(void **state)
{
	static const struct {
		const char *info;
		const char *name;
		const char *release;
		const char *arch;
	} rows[] = {
	    {INFO_2004, "ubuntu-20.04.6", "focal", "amd64"},
	    {INFO_2204, "ubuntu-22.04.5", "jammy", "amd64"},
	    {INFO_2404, "ubuntu-24.04.1", "noble", "arm64"},
	};
	struct place *place = *state;
	struct image image;
	struct said said;

	if (!have_xorriso())
		skip();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make_iso(place, rows[i].name, rows[i].info);
		add_iso(place, NULL, NULL, &said);
		assert_string_equal(said.error, "");
		assert_true(said.steps > 0);
		assert_string_equal(
		    json_string_value(json_object_get(said.data, "name")),
		    rows[i].name);
		said_done(&said);
		load(place, rows[i].name, &image);
		assert_string_equal(image.release, rows[i].release);
		assert_string_equal(image.arch, rows[i].arch);
		assert_int_equal(image.kind, IMAGE_AUTOINSTALL);
		assert_int_equal(image.kernel.size, 300006);
		assert_int_equal(image.initrd.size, 700006);
		assert_true(str_ends(image.iso.file, ".iso"));
	}
	assert_names(place, "ubuntu-20.04.6 ubuntu-22.04.5 ubuntu-24.04.1 ");
}

static void
test_sum_and_name(void **state)
{
	struct place *place = *state;
	char sum[SHA256_HEXLEN];
	struct said said;

	if (!have_xorriso())
		skip();
	make_iso(place, "a.iso", INFO_2404);
	iso_sum(place, sum);
	sum[0] = sum[0] == '0' ? '1' : '0';
	add_iso(place, "noble", sum, &said);
	assert_non_null(strstr(said.error, "SHA-256"));
	assert_names(place, "");
	iso_sum(place, sum);
	add_iso(place, "noble", sum, &said);
	assert_string_equal(said.error, "");
	said_done(&said);
	add_iso(place, "noble", sum, &said);
	assert_non_null(strstr(said.error, "already"));
	assert_names(place, "noble ");
}

static void
test_job_refused(void **state)
{
	static const char *const names[] = {
	    "", ".", "..", "a/b", ".hidden", "Upper Case", "a\nb"};
	struct image_import_job job;
	struct buf text;
	struct err err = {0};

	(void)state;
	buf_init(&text, 65536);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		image_import_job_init(&job);
		job.op = IMAGE_OP_ADD;
		job.iso_fd = 3;
		job.name = names[i];
		err_clear(&err);
		assert_int_equal(
		    image_import_job_write(&job, &text, &err), -EINVAL);
		assert_true(err_is_set(&err));
	}
	image_import_job_init(&job);
	job.op = IMAGE_OP_ADD;
	job.url = "file:///etc/passwd";
	assert_int_equal(image_import_job_write(&job, &text, NULL), -EINVAL);
	job.url = NULL;
	assert_int_equal(image_import_job_write(&job, &text, NULL), -EINVAL);
	job.kernel_fd = 4;
	assert_int_equal(image_import_job_write(&job, &text, NULL), -EINVAL);
	job.initrd_fd = 5;
	assert_int_equal(image_import_job_write(&job, &text, NULL), -EINVAL);
	job.name = "own";
	assert_int_equal(image_import_job_write(&job, &text, NULL), 0);
	job.sha256 = "abc";
	assert_int_equal(image_import_job_write(&job, &text, NULL), -EINVAL);
	buf_done(&text);
}

static void
test_bad_iso(void **state)
{
	struct place *place = *state;
	struct said said;
	struct stat st;

	if (!have_xorriso())
		skip();
	snprintf(place->iso, sizeof place->iso, "%s/junk", place->dir);
	put_file(place->dir, "junk", "not an ISO", 100000);
	add_iso(place, "junk", NULL, &said);
	assert_non_null(strstr(said.error, "no ISO 9660"));
	assert_true(said.hint[0] != '\0');
	make_iso(place, "other.iso", NULL);
	add_iso(place, "other", NULL, &said);
	assert_non_null(strstr(said.error, ".disk/info"));
	make_iso(place, "desktop.iso",
	    "Ubuntu 24.04.1 LTS \"Noble Numbat\" - Release amd64 (20240827)");
	add_iso(place, "desktop", NULL, &said);
	assert_non_null(strstr(said.error, "edition"));
	make_iso(place, "cut.iso", INFO_2404);
	assert_int_equal(stat(place->iso, &st), 0);
	assert_int_equal(truncate(place->iso, st.st_size / 2), 0);
	add_iso(place, "cut", NULL, &said);
	assert_non_null(strstr(said.error, "truncated"));
	assert_names(place, "");
}

static int
open_file(struct place *place, const char *name, size_t fill)
{
	char *path = mem_printf("%s/%s", place->dir, name);
	int fd;

	put_file(place->dir, name, name, fill);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	free(path);
	return fd;
}

static void
test_pair(void **state)
{
	struct place *place = *state;
	struct image_import_job job;
	struct image image;
	struct said said;

	image_import_job_init(&job);
	job.op = IMAGE_OP_ADD;
	job.name = "own";
	job.kernel_args = "console=ttyS0 {{ node.name }}";
	job.kernel_fd = open_file(place, "kernel", 1000);
	job.initrd_fd = open_file(place, "cpio", 2000);
	run_job(place, &job, &said);
	assert_string_equal(said.error, "");
	said_done(&said);
	load(place, "own", &image);
	assert_int_equal(image.kind, IMAGE_LIVE);
	assert_string_equal(image.iso.file, "");
	assert_string_equal(image.kernel_args, job.kernel_args);
	assert_int_equal(image.initrd.size, 2004);
	close(job.kernel_fd);
	close(job.initrd_fd);
}

static void
test_verify_and_remove(void **state)
{
	struct place *place = *state;
	struct image_import_job job;
	struct said said;
	char *kernel;

	if (!have_xorriso())
		skip();
	make_iso(place, "a.iso", INFO_2404);
	add_iso(place, "a", NULL, &said);
	said_done(&said);
	add_iso(place, "b", NULL, &said);
	said_done(&said);
	kernel = mem_printf("%s/images/b/vmlinuz", place->dir);
	assert_int_equal(truncate(kernel, 17), 0);
	free(kernel);
	image_import_job_init(&job);
	job.op = IMAGE_OP_VERIFY;
	run_job(place, &job, &said);
	assert_int_equal(json_array_size(said.data), 2);
	assert_true(
	    json_is_true(json_object_get(json_array_get(said.data, 0), "ok")));
	assert_true(
	    json_is_false(json_object_get(json_array_get(said.data, 1), "ok")));
	said_done(&said);
	job.op = IMAGE_OP_REMOVE;
	job.name = "b";
	run_job(place, &job, &said);
	said_done(&said);
	assert_names(place, "a ");
	run_job(place, &job, &said);
	assert_non_null(strstr(said.error, "no image"));
	job.op = IMAGE_OP_VERIFY;
	run_job(place, &job, &said);
	assert_non_null(strstr(said.error, "no image"));
}

/* What a killed worker left is removed, not taken for an image. */
static void
test_leftovers(void **state)
{
	struct place *place = *state;
	struct image_import_job job;
	struct said said;

	make_dir(place->dir, "images/.new.tmp");
	make_dir(place->dir, "images/.old.tmp");
	put_file(place->dir, "images/.new.tmp/iso", "half", 10);
	image_import_job_init(&job);
	job.op = IMAGE_OP_VERIFY;
	run_job(place, &job, &said);
	assert_int_equal(json_array_size(said.data), 0);
	said_done(&said);
	assert_names(place, "");
}

/* ---- a server ----------------------------------------------------------- */

struct server {
	pid_t pid;
	uint16_t port;
	const char *file; /* served under any name but SHA256SUMS */
	const char *sums; /* text, or NULL: 404 */
	const char *etag;
	size_t cut; /* bytes after which the first answers break off */
	int cuts;   /* how many do */
	bool no_ranges;
	bool unsized; /* no Content-Length: its end is the connection's */
};

static void
send_text(int fd, const char *text)
{
	assert_int_equal(image_write_all(fd, text, strlen(text)), 0);
}

static void
answer_sums(const struct server *server, int fd)
{
	char *text;

	if (server->sums == NULL) {
		send_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
			      "Connection: close\r\n\r\n");
		return;
	}
	text = mem_printf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
			  "Connection: close\r\n\r\n%s",
	    strlen(server->sums), server->sums);
	send_text(fd, text);
	free(text);
}

static void
answer_file(const struct server *server, int fd, const char *request, bool cut)
{
	const char *range = strstr(request, "\r\nRange: bytes=");
	const char *if_range = strstr(request, "\r\nIf-Range: ");
	struct buf body;
	size_t start = 0;
	size_t len;
	char *head;

	buf_init(&body, 64u << 20);
	assert_int_equal(file_read(server->file, &body, NULL), 0);
	if (range != NULL && !server->no_ranges &&
	    (if_range == NULL || strncmp(if_range + 12, server->etag,
				     strlen(server->etag)) == 0))
		start = strtoul(range + 15, NULL, 10);
	len = body.len - start;
	head = start > 0
		   ? mem_printf("HTTP/1.1 206 Partial\r\nContent-Range: bytes "
				"%zu-%zu/%zu\r\n",
			 start, body.len - 1, body.len)
		   : mem_strdup("HTTP/1.1 200 OK\r\n");
	send_text(fd, head);
	free(head);
	head = mem_printf("ETag: %s\r\nConnection: close\r\n", server->etag);
	send_text(fd, head);
	free(head);
	head = server->unsized ? mem_strdup("\r\n")
			       : mem_printf("Content-Length: %zu\r\n\r\n", len);
	send_text(fd, head);
	free(head);
	if (cut && len > server->cut)
		len = server->cut;
	(void)image_write_all(fd, body.data + start, len);
	buf_done(&body);
}

static void
serve(const struct server *server, int listener)
{
	int cuts = server->cuts;
	char request[4096];
	ssize_t n;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		n = read(fd, request, sizeof request - 1);
		request[n > 0 ? n : 0] = '\0';
		if (strstr(request, "/SHA256SUMS ") != NULL)
			answer_sums(server, fd);
		else
			answer_file(server, fd, request, cuts-- > 0);
		close(fd);
	}
	_exit(0);
}

static void
server_start(struct server *server)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof addr;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
	    bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	server->port = ntohs(addr.sin_port);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0)
		serve(server, listener);
	close(listener);
}

static void
server_stop(struct server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
}

static void
add_url(struct place *place, const char *url, struct said *said)
{
	struct image_import_job job;

	image_import_job_init(&job);
	job.op = IMAGE_OP_ADD;
	job.url = url;
	run_job(place, &job, said);
}

static char *
server_url(const struct server *server)
{
	return mem_printf(
	    "http://127.0.0.1:%u/24.04/a.iso", (unsigned)server->port);
}

/* Breaks twice in one run, which goes on by itself. */
static void
test_download_breaks(void **state)
{
	struct place *place = *state;
	struct server server = {.etag = "\"one\"", .cut = 400000, .cuts = 2};
	char sum[SHA256_HEXLEN];
	struct said said;
	char *sums;
	char *url;

	if (!have_xorriso())
		skip();
	make_iso(place, "a.iso", INFO_2404);
	iso_sum(place, sum);
	sums = mem_printf("%s *a.iso\n", sum);
	server.file = place->iso;
	server.sums = sums;
	server_start(&server);
	url = server_url(&server);
	add_url(place, url, &said);
	server_stop(&server);
	assert_string_equal(said.error, "");
	assert_string_equal(
	    json_string_value(json_object_get(said.data, "sha256")), sum);
	assert_non_null(strstr(said.notes, "going on after 0.4 MiB"));
	said_done(&said);
	assert_names(place, ".downloads ubuntu-24.04.1 ");
	free(url);
	free(sums);
}

/* Puts the first half where a killed worker would have left it. */
static void
leave_part(
    struct place *place, const char *url, const char *etag, const char *text)
{
	struct image_progress progress;
	struct image_fetch fetch;
	char *meta;
	char *path;

	image_progress_init(&progress, -1);
	image_fetch_init(&fetch, &progress, url);
	make_dir(place->dir, "images/.downloads");
	path = mem_printf("images/.downloads/%s", fetch.part);
	put_file(place->dir, path, text, 0);
	free(path);
	path = mem_printf("images/.downloads/%s.meta", fetch.key);
	meta = mem_printf("%s\n\"%s\"\n", url, etag);
	put_file(place->dir, path, meta, 0);
	free(meta);
	free(path);
}

/* The part is of an older file: If-Range gets the whole new one. */
static void
test_download_changed(void **state)
{
	struct place *place = *state;
	struct server server = {.etag = "\"two\""};
	struct said said;
	char *url;

	if (!have_xorriso())
		skip();
	make_iso(place, "a.iso", INFO_2204);
	server.file = place->iso;
	server_start(&server);
	url = server_url(&server);
	leave_part(place, url, "one", "an older file's beginning");
	add_url(place, url, &said);
	server_stop(&server);
	assert_string_equal(said.error, "");
	assert_non_null(strstr(said.notes, "not checked"));
	assert_null(strstr(said.notes, "going on"));
	said_done(&said);
	assert_names(place, ".downloads ubuntu-22.04.5 ");
	free(url);
}

static void
test_download_without_ranges(void **state)
{
	struct place *place = *state;
	struct server server = {
	    .etag = "\"one\"", .cut = 400000, .cuts = 1, .no_ranges = true};
	struct said said;
	char *url;

	if (!have_xorriso())
		skip();
	make_iso(place, "a.iso", INFO_2004);
	server.file = place->iso;
	server_start(&server);
	url = server_url(&server);
	add_url(place, url, &said);
	server_stop(&server);
	assert_string_equal(said.error, "");
	said_done(&said);
	free(url);
}

/* A wrong sum throws the part away; a server that is gone keeps it. */
static void
test_download_wrong(void **state)
{
	struct place *place = *state;
	struct server server = {.etag = "\"one\"",
	    .sums = "00000000000000000000000000000000"
		    "00000000000000000000000000000000  a.iso\n"};
	struct said said;
	char *url;

	if (!have_xorriso())
		skip();
	make_iso(place, "a.iso", INFO_2404);
	server.file = place->iso;
	server_start(&server);
	url = server_url(&server);
	add_url(place, url, &said);
	assert_non_null(strstr(said.error, "SHA-256"));
	assert_names(place, ".downloads ");
	server_stop(&server);
	free(url);
}

/* A store of one MiB; false where mounting is not allowed. */
static bool
mount_small(struct place *place)
{
	char *images = mem_printf("%s/images", place->dir);
	bool mounted = unshare(CLONE_NEWNS) == 0 &&
		       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		       mount("tmpfs", images, "tmpfs", 0, "size=1m") == 0;

	if (mounted) {
		close(place->images);
		place->images =
		    open(images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	free(images);
	return mounted;
}

static void
umount_small(struct place *place)
{
	char *images = mem_printf("%s/images", place->dir);

	assert_int_equal(umount2(images, MNT_DETACH), 0);
	free(images);
}

/* No room: nothing half is left but the download, which is gone on with. */
static void
test_disk_full(void **state)
{
	struct place *place = *state;
	struct server server = {.etag = "\"one\""};
	struct said said;
	char *url;

	if (!have_xorriso() || !mount_small(place))
		skip();
	make_iso(place, "a.iso", INFO_2404);
	add_iso(place, "a", NULL, &said);
	assert_int_not_equal(said.ret, 0);
	assert_non_null(strstr(said.hint, "image remove"));
	assert_names(place, "");
	server.file = place->iso;
	server.unsized = true;
	server_start(&server);
	url = server_url(&server);
	add_url(place, url, &said);
	server_stop(&server);
	assert_non_null(strstr(said.error, "No space left"));
	assert_non_null(strstr(said.hint, "what is there is kept"));
	assert_names(place, ".downloads ");
	free(url);
	umount_small(place);
}

static void
test_sums(void **state)
{
	static const char text[] =
	    "# a comment\n"
	    "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef "
	    "*a.iso\n"
	    "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  "
	    "./b.iso\r\n"
	    "zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  "
	    "c.iso";
	char sum[SHA256_HEXLEN];

	(void)state;
	assert_int_equal(
	    sha256sums_find(text, sizeof text - 1, "a.iso", sum), 0);
	assert_string_equal(sum,
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(
	    sha256sums_find(text, sizeof text - 1, "b.iso", sum), 0);
	assert_int_equal(
	    sha256sums_find(text, sizeof text - 1, "c.iso", sum), -EBADMSG);
	assert_int_equal(
	    sha256sums_find(text, sizeof text - 1, "iso", sum), -ENOENT);
	assert_int_equal(sha256sums_find("", 0, "a.iso", sum), -ENOENT);
}

static void
test_info(void **state)
{
	static const char *const bad[] = {"", "Debian GNU/Linux 12",
	    "Ubuntu 24.04 LTS \"Noble\" - Release amd64 (1)", "Ubuntu-Server ",
	    "Ubuntu-Server 24.04"};
	struct image_iso iso = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(
		    image_iso_parse_info(bad[i], &iso, &err), -EBADMSG);
	assert_int_equal(image_iso_parse_info(
			     "Ubuntu-Server 26.04 LTS \"Resolute Raccoon\" - "
			     "Beta riscv64 (20260326)\n",
			     &iso, &err),
	    0);
	assert_string_equal(iso.version, "26.04");
	assert_string_equal(iso.arch, "riscv64");
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sums),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_job_refused),
	    PLACED(test_add_releases),
	    PLACED(test_sum_and_name),
	    PLACED(test_bad_iso),
	    PLACED(test_pair),
	    PLACED(test_verify_and_remove),
	    PLACED(test_leftovers),
	    PLACED(test_download_breaks),
	    PLACED(test_download_changed),
	    PLACED(test_download_without_ranges),
	    PLACED(test_download_wrong),
	    PLACED(test_disk_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
