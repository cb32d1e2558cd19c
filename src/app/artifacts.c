#include "app/artifacts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define CHECKED_FILE ".checked"

static const char *const state_names[] = {
    [ARTIFACT_GOOD] = "good",
    [ARTIFACT_UNCHECKED] = "not checked",
    [ARTIFACT_MISSING] = "missing",
    [ARTIFACT_DAMAGED] = "damaged",
};

const char *
artifact_state_name(enum artifact_state state)
{
	return state_names[state];
}

/* ---- files --------------------------------------------------------------- */

/* -ENOENT without err. */
static int
read_text(int store_fd, const char *name, struct buf *out, struct err *err)
{
	int fd = file_open_beneath(store_fd, name, O_RDONLY, 0);
	int ret;

	if (fd < 0) {
		if (fd != -ENOENT)
			err_at(err, name, 0, 0, "%s", strerror(-fd));
		return fd;
	}
	ret = file_read_fd(fd, name, out, err);
	close(fd);
	return ret;
}

int
artifact_manifest_load(
    int store_fd, struct manifest *ret_manifest, struct err *err)
{
	struct buf text;
	int ret;

	buf_init(&text, MANIFEST_MAX);
	ret = read_text(store_fd, MANIFEST_FILE, &text, err);
	if (ret == 0 || ret == -ENOENT)
		ret = manifest_parse(
		    text.data, text.len, MANIFEST_FILE, ret_manifest, err);
	buf_done(&text);
	return ret;
}

int
artifact_manifest_save(
    int store_fd, const struct manifest *manifest, struct err *err)
{
	struct buf text;
	int ret = -EFBIG;

	buf_init(&text, MANIFEST_MAX);
	manifest_write(manifest, &text);
	if (buf_bad(&text))
		err_set(err, "the MANIFEST would be too large");
	else
		ret = file_write_atomic(
		    store_fd, MANIFEST_FILE, text.data, text.len, 0644, err);
	buf_done(&text);
	return ret;
}

/* ---- what was read --------------------------------------------------------
 */

static struct artifact_check *
find_check(const struct artifact_checks *checks, const char *name)
{
	for (size_t i = 0; i < checks->count; i++) {
		if (strcmp(checks->list[i].name, name) == 0)
			return &checks->list[i];
	}
	return NULL;
}

static struct artifact_check *
add_check(struct artifact_checks *checks, const char *name)
{
	struct artifact_check *check = find_check(checks, name);

	if (check != NULL)
		return check;
	checks->list =
	    mem_resize(checks->list, checks->count + 1, sizeof *checks->list);
	check = &checks->list[checks->count++];
	memset(check, 0, sizeof *check);
	str_copy(check->name, sizeof check->name, name);
	return check;
}

static int64_t
mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 +
	       (int64_t)st->st_mtim.tv_nsec;
}

static void
take_line(struct artifact_checks *checks, char *line)
{
	struct artifact_check read = {0};
	int64_t number[3] = {0}; /* inode, size, time */
	char *word = strsep(&line, " ");

	if (checks->count == MANIFEST_COUNT_MAX ||
	    sha256_parse(word, read.sha256) < 0)
		return;
	for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
		word = strsep(&line, " ");
		if (word == NULL ||
		    str_to_i64(word, INT64_MIN, INT64_MAX, &number[i]) < 0)
			return;
	}
	if (line == NULL || artifact_check_name(line, NULL) < 0)
		return;
	read.inode = (uint64_t)number[0];
	read.size = (uint64_t)number[1];
	read.mtime_ns = number[2];
	str_copy(read.name, sizeof read.name, line);
	*add_check(checks, line) = read;
}

void
artifact_checks_load(int store_fd, struct artifact_checks *ret_checks)
{
	struct artifact_checks checks = {0};
	char *save = NULL;
	struct buf text;

	buf_init(&text, MANIFEST_MAX);
	if (read_text(store_fd, CHECKED_FILE, &text, NULL) == 0) {
		for (char *line = strtok_r(text.data, "\n", &save);
		     line != NULL; line = strtok_r(NULL, "\n", &save))
			take_line(&checks, line);
	}
	buf_done(&text);
	*ret_checks = checks;
}

int
artifact_checks_save(int store_fd, const struct manifest *manifest,
    const struct artifact_checks *checks, struct err *err)
{
	struct buf text;
	int ret;

	buf_init(&text, MANIFEST_MAX);
	for (size_t i = 0; i < checks->count; i++) {
		const struct artifact_check *check = &checks->list[i];

		if (manifest_find(manifest, check->name) != NULL)
			buf_addf(&text,
			    "%s %" PRIu64 " %" PRIu64 " %" PRId64 " %s\n",
			    check->sha256, check->inode, check->size,
			    check->mtime_ns, check->name);
	}
	ret = file_write_atomic(
	    store_fd, CHECKED_FILE, text.data, text.len, 0600, err);
	buf_done(&text);
	return ret;
}

void
artifact_checks_put(struct artifact_checks *checks, const char *name, int fd,
    const char *sha256)
{
	struct artifact_check *check;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	check = add_check(checks, name);
	str_copy(check->sha256, sizeof check->sha256, sha256);
	check->inode = (uint64_t)st.st_ino;
	check->size = (uint64_t)st.st_size;
	check->mtime_ns = mtime_ns(&st);
}

void
artifact_checks_done(struct artifact_checks *checks)
{
	free(checks->list);
	memset(checks, 0, sizeof *checks);
}

enum artifact_state
artifact_state(int store_fd, const struct artifact *artifact,
    const struct artifact_checks *checks)
{
	const struct artifact_check *check = find_check(checks, artifact->name);
	struct stat st;

	if (fstatat(store_fd, artifact->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ARTIFACT_MISSING;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != artifact->size)
		return ARTIFACT_DAMAGED;
	if (check == NULL || check->inode != (uint64_t)st.st_ino ||
	    check->size != (uint64_t)st.st_size ||
	    check->mtime_ns != mtime_ns(&st))
		return ARTIFACT_UNCHECKED;
	return strcmp(check->sha256, artifact->sha256) == 0 ? ARTIFACT_GOOD
							    : ARTIFACT_DAMAGED;
}

json_t *
artifact_json(const struct artifact *artifact)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name",
	    artifact->name, "kind", artifact->kind, "arch", artifact->arch,
	    "version", artifact->version, "sha256", artifact->sha256, "url",
	    artifact->url);

	if (row == NULL)
		return json_object();
	json_object_set_new(
	    row, "bytes", json_integer((json_int_t)artifact->size));
	return row;
}

static json_t *
list_rows(int store_fd, const struct manifest *manifest)
{
	struct artifact_checks checks = {0};
	json_t *rows = json_array();

	artifact_checks_load(store_fd, &checks);
	for (size_t i = 0; i < manifest->count; i++) {
		const struct artifact *artifact = &manifest->list[i];
		json_t *row = artifact_json(artifact);

		json_object_set_new(row, "state",
		    json_string(artifact_state_name(
			artifact_state(store_fd, artifact, &checks))));
		json_array_append_new(rows, row);
	}
	artifact_checks_done(&checks);
	return rows;
}

json_t *
artifacts_list(const char *state_dir, struct err *err)
{
	char *path = mem_printf("%s/files/artifacts", state_dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct manifest manifest;
	json_t *rows = NULL;

	if (fd < 0) {
		err_at(err, path, 0, 0, "%s", strerror(errno));
	} else if (artifact_manifest_load(fd, &manifest, err) == 0) {
		rows = list_rows(fd, &manifest);
		manifest_done(&manifest);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return rows;
}
