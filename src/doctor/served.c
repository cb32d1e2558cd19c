/* Reads back what the daemon hands out, as a machine would. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "doctor/doctor_private.h"
#include "net/readback.h"
#include "wire/pxe.h"

enum {
	LOADER_BYTES_MAX = 64 << 20,
	TIMEOUT_MS = 8000,
	PIECE = 64 * 1024, /* of an image's file: its end */
	STATUS_OK = 200,
	STATUS_PARTIAL = 206,
	STATUS_NOT_FOUND = 404,
};

static const char *const tftpd_paths[] = {
    "/usr/sbin/in.tftpd", "/usr/local/sbin/in.tftpd", NULL};

/* False: nothing to ask, which is told. */
static bool
can_ask(struct doctor *doctor, enum finding_area area)
{
	if (doctor->running && doctor->link_count > 0)
		return true;
	findings_unchecked(doctor->findings, area, "nothing was read back: %s",
	    doctor->running ? "no interface is served"
	    : doctor->spec->daemon_denied
		? "the daemon does not say where it serves"
		: "the daemon does not run");
	return false;
}

/* "scheme://ADDRESS:PORT/PATH" on the first interface; port 0: none. */
static char *
url_of(const struct doctor *doctor, const char *scheme, int64_t port,
    const char *path)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &doctor->links[0].addr, addr, sizeof addr);
	if (port == 0)
		return mem_printf("%s://%s/%s", scheme, addr, path);
	return mem_printf("%s://%s:%" PRId64 "/%s", scheme, addr, port, path);
}

/* A loader that is there, in *ret_bytes; NULL: none. */
static const char *
read_loader(struct doctor *doctor, struct buf *ret_bytes)
{
	const char *name = NULL;

	for (int i = 0; name == NULL && i < PXE_LOADER_COUNT; i++) {
		const char *file = pxe_loader_info((enum pxe_loader)i)->file;
		char *path = mem_printf(
		    "%s/files/loaders/%s", doctor->config.state_dir, file);

		if (file_read(path, ret_bytes, NULL) == 0)
			name = file;
		free(path);
	}
	return name;
}

static bool
is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* ---- TFTP --------------------------------------------------------------- */

static void
read_tftp(struct doctor *doctor, const char *name, const struct buf *want)
{
	struct findings *findings = doctor->findings;
	char *url = url_of(doctor, "tftp", 0, name);
	struct readback_spec spec = {.url = url, .timeout_ms = TIMEOUT_MS};
	struct readback result;
	struct err err = {0};
	struct buf got;

	buf_init(&got, LOADER_BYTES_MAX);
	if (readback_get(&spec, &got, &result, &err) < 0)
		findings_add(findings,
		    result.no_answer ? FIND_TFTP_NO_ANSWER : FIND_TFTP_REFUSED,
		    "%s: %s", url, err.text);
	else if (!is_same(&got, want))
		findings_add(findings, FIND_TFTP_DIFFERS,
		    "%s: got %zu bytes that are not those of the file (%zu)",
		    url, got.len, want->len);
	else
		findings_ok(findings, AREA_TFTP,
		    "%s: %zu bytes in %" PRId64 " ms, as they should be", url,
		    got.len, result.ms);
	buf_done(&got);
	free(url);
}

/* "tftp-hpa 5.2, with remap, with tcpwrappers" */
static void
check_program(struct doctor *doctor)
{
	const char *const argv[] = {
	    doctor_find_program(tftpd_paths), "-V", NULL};
	struct buf text;

	if (argv[0] == NULL) {
		findings_add(doctor->findings, FIND_TFTPD_MISSING,
		    "in.tftpd is not installed");
		return;
	}
	buf_init(&text, 4096);
	(void)doctor_run_program(doctor, argv, &text);
	text.data[strcspn(text.data, "\n")] = '\0';
	if (strstr(text.data, "tftp-hpa") == NULL ||
	    strstr(text.data, "with remap") == NULL)
		findings_add(doctor->findings, FIND_TFTPD_WRONG,
		    "%s is not tftp-hpa's with remapping: \"%s\"", argv[0],
		    text.data);
	else
		findings_ok(doctor->findings, AREA_TFTP, "%s is %s", argv[0],
		    text.data);
	buf_done(&text);
}

void
doctor_check_tftp(struct doctor *doctor)
{
	struct buf want;
	const char *name;

	check_program(doctor);
	if (!can_ask(doctor, AREA_TFTP))
		return;
	buf_init(&want, LOADER_BYTES_MAX);
	name = read_loader(doctor, &want);
	if (name == NULL)
		findings_unchecked(doctor->findings, AREA_TFTP,
		    "nothing was read back: no loader can be read in "
		    "%s/files/loaders",
		    doctor->config.state_dir);
	else
		read_tftp(doctor, name, &want);
	buf_done(&want);
}

/* ---- HTTP --------------------------------------------------------------- */

struct ask {
	struct doctor *doctor;
	char *url;
	struct readback result;
	struct buf body;
};

static void
ask_init(struct ask *ask, struct doctor *doctor, int64_t port, const char *path)
{
	*ask = (struct ask){.doctor = doctor};
	ask->url = url_of(doctor, "http", port, path);
	buf_init(&ask->body, LOADER_BYTES_MAX);
}

static void
ask_done(struct ask *ask)
{
	buf_done(&ask->body);
	free(ask->url);
}

/* False: there was no answer, which is told. */
static bool
ask_url(struct ask *ask, bool head, const char *range)
{
	struct readback_spec spec = {.url = ask->url,
	    .head = head,
	    .range = range,
	    .timeout_ms = TIMEOUT_MS};
	struct err err = {0};

	buf_reset(&ask->body);
	if (readback_get(&spec, &ask->body, &ask->result, &err) == 0)
		return true;
	findings_add(ask->doctor->findings, FIND_HTTP_NO_ANSWER, "%s: %s",
	    ask->url, err.text);
	return false;
}

/* It knows no such path, and says so: somebody is awake there. */
static void
check_engine(struct doctor *doctor)
{
	struct ask ask;

	ask_init(&ask, doctor, doctor->config.http_port, "doctor/hello");
	if (!ask_url(&ask, false, NULL)) {
	} else if (ask.result.status != STATUS_NOT_FOUND) {
		findings_add(doctor->findings, FIND_HTTP_WRONG,
		    "%s: answers %ld, not %d", ask.url, ask.result.status,
		    STATUS_NOT_FOUND);
	} else {
		findings_ok(doctor->findings, AREA_HTTP,
		    "port %" PRId64 " answers in %" PRId64 " ms",
		    doctor->config.http_port, ask.result.ms);
	}
	ask_done(&ask);
}

static void
check_loader(struct doctor *doctor, const char *name, const struct buf *want)
{
	char *path = mem_printf("loaders/%s", name);
	struct ask ask;

	ask_init(&ask, doctor, doctor->config.files_port, path);
	free(path);
	if (!ask_url(&ask, false, NULL)) {
	} else if (ask.result.status != STATUS_OK) {
		findings_add(doctor->findings, FIND_HTTP_WRONG,
		    "%s: answers %ld", ask.url, ask.result.status);
	} else if (!is_same(&ask.body, want)) {
		findings_add(doctor->findings, FIND_HTTP_DIFFERS,
		    "%s: got %zu bytes that are not those of the file (%zu)",
		    ask.url, ask.body.len, want->len);
	} else {
		findings_ok(doctor->findings, AREA_HTTP,
		    "%s: %zu bytes in %" PRId64 " ms, as they should be",
		    ask.url, ask.body.len, ask.result.ms);
	}
	ask_done(&ask);
}

/* The last bytes: a damaged or a growing file shows there. */
static bool
compare_end(struct ask *ask, int fd, off_t size)
{
	size_t len = size < PIECE ? (size_t)size : PIECE;
	char *range = mem_printf(
	    "%jd-%jd", (intmax_t)size - (intmax_t)len, (intmax_t)size - 1);
	char *want = mem_alloc(len + 1);
	ssize_t n = pread(fd, want, len, size - (off_t)len);
	struct findings *findings = ask->doctor->findings;
	bool good = false;

	if (!ask_url(ask, false, range)) {
	} else if (ask->result.status != STATUS_PARTIAL) {
		findings_add(findings, FIND_HTTP_RANGE,
		    "%s: answers %ld to a request for a part", ask->url,
		    ask->result.status);
	} else if (n != (ssize_t)ask->body.len ||
		   memcmp(want, ask->body.data, ask->body.len) != 0) {
		findings_add(findings, FIND_HTTP_DIFFERS,
		    "%s: its end is not that of the file", ask->url);
	} else {
		good = true;
	}
	free(want);
	free(range);
	return good;
}

static bool
check_image_file(struct doctor *doctor, const char *path)
{
	char *file = mem_printf("%s/files/%s", doctor->config.state_dir, path);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	struct ask ask;
	bool good = false;

	ask_init(&ask, doctor, doctor->config.files_port, path);
	if (fd < 0 || fstat(fd, &st) < 0) {
		findings_unchecked(doctor->findings, AREA_HTTP,
		    "%s was not read back: %s", file, strerror(errno));
	} else if (!ask_url(&ask, true, NULL)) {
	} else if (ask.result.status != STATUS_OK) {
		findings_add(doctor->findings, FIND_HTTP_WRONG,
		    "%s: answers %ld", ask.url, ask.result.status);
	} else if (ask.result.length != (int64_t)st.st_size) {
		findings_add(doctor->findings, FIND_HTTP_DIFFERS,
		    "%s: announces %" PRId64 " bytes, the file has %" PRId64,
		    ask.url, ask.result.length, (int64_t)st.st_size);
	} else {
		good = st.st_size == 0 || compare_end(&ask, fd, st.st_size);
	}
	ask_done(&ask);
	if (fd >= 0)
		close(fd);
	free(file);
	return good;
}

static void
check_image(struct doctor *doctor, const struct image *image)
{
	const struct image_file *files[] = {
	    &image->kernel, &image->initrd, &image->iso};
	bool good = true;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char *path;

		if (files[i]->file[0] == '\0')
			continue;
		path = mem_printf("images/%s/%s", image->name, files[i]->file);
		good = check_image_file(doctor, path) && good;
		free(path);
	}
	if (good)
		findings_ok(doctor->findings, AREA_HTTP,
		    "the files of the image %s are served, in parts too",
		    image->name);
}

void
doctor_check_http(struct doctor *doctor)
{
	struct buf want;
	const char *name;

	if (!can_ask(doctor, AREA_HTTP))
		return;
	check_engine(doctor);
	buf_init(&want, LOADER_BYTES_MAX);
	name = read_loader(doctor, &want);
	if (name != NULL)
		check_loader(doctor, name, &want);
	buf_done(&want);
	for (size_t i = 0; i < doctor->images.count; i++)
		check_image(doctor, &doctor->images.list[i]);
}
