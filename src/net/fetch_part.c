#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "net/fetch_private.h"

enum {
	META_MAX = 16384
};

/* First line the URL, second the validator; true when the URL is this one. */
static bool
parse_meta(const struct buf *text, const char *url, char *validator)
{
	size_t url_len = strlen(url);
	const char *line;
	size_t len;

	if (text->len <= url_len || memcmp(text->data, url, url_len) != 0 ||
	    text->data[url_len] != '\n')
		return false;
	line = text->data + url_len + 1;
	len = strcspn(line, "\n");
	if (len == 0 || len >= FETCH_VALIDATOR_MAX || line[len] != '\n')
		return false;
	memcpy(validator, line, len);
	validator[len] = '\0';
	return true;
}

static void
read_meta(struct fetch_part *part, const char *url)
{
	int fd = file_open_beneath(
	    part->dir_fd, part->meta, O_RDONLY | O_NONBLOCK, 0);
	struct buf text;

	if (fd < 0)
		return;
	buf_init(&text, META_MAX);
	if (file_read_fd(fd, part->meta, &text, NULL) < 0 ||
	    !parse_meta(&text, url, part->validator))
		part->validator[0] = '\0';
	buf_done(&text);
	close(fd);
}

static int
open_file(struct fetch_part *part, struct err *err)
{
	struct stat st;

	part->fd =
	    file_open_beneath(part->dir_fd, part->name, O_RDWR | O_CREAT, 0644);
	if (part->fd < 0) {
		err_set(err, "%s: %s", part->name, strerror(-part->fd));
		return part->fd;
	}
	if (fstat(part->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, "%s: not a regular file", part->name);
		return -EINVAL;
	}
	part->have = (uint64_t)st.st_size;
	return 0;
}

bool
fetch_part_resumable(const struct fetch_part *part)
{
	return part->have > 0 && part->dir_fd >= 0 &&
	       (part->validator[0] != '\0' || part->trusted);
}

int
fetch_part_open(
    struct fetch_part *part, const struct fetch_spec *spec, struct err *err)
{
	int ret;

	part->dir_fd = spec->dir_fd;
	part->trusted = spec->sum_known;
	if (part->dir_fd < 0)
		return 0;
	snprintf(part->name, sizeof part->name, "%s.part", spec->key);
	snprintf(part->meta, sizeof part->meta, "%s.meta", spec->key);
	ret = open_file(part, err);
	if (ret < 0)
		return ret;
	read_meta(part, spec->url);
	if (!fetch_part_resumable(part))
		return fetch_part_restart(part, spec->url, "");
	if (lseek(part->fd, 0, SEEK_END) < 0)
		return -errno;
	return 0;
}

static int
write_meta(const struct fetch_part *part, const char *url)
{
	struct buf text;
	int ret;

	if (part->validator[0] == '\0') {
		if (unlinkat(part->dir_fd, part->meta, 0) < 0 &&
		    errno != ENOENT)
			return -errno;
		return 0;
	}
	buf_init(&text, META_MAX);
	buf_adds(&text, url);
	buf_addc(&text, '\n');
	buf_adds(&text, part->validator);
	buf_addc(&text, '\n');
	ret = buf_bad(&text) ? -EMSGSIZE
			     : file_write_atomic(part->dir_fd, part->meta,
				   text.data, text.len, 0644, NULL);
	buf_done(&text);
	return ret;
}

/*
 * The old meta goes before the bytes do, and the new one is there before the
 * first new byte: a crash in between leaves nothing that looks resumable.
 */
int
fetch_part_restart(
    struct fetch_part *part, const char *url, const char *validator)
{
	int ret;

	part->have = 0;
	part->validator[0] = '\0';
	if (part->dir_fd < 0) {
		buf_reset(&part->mem);
		return 0;
	}
	ret = write_meta(part, url);
	if (ret < 0)
		return ret;
	if (ftruncate(part->fd, 0) < 0 || lseek(part->fd, 0, SEEK_SET) < 0)
		return -errno;
	str_copy(part->validator, sizeof part->validator, validator);
	return write_meta(part, url);
}

int
fetch_part_add(struct fetch_part *part, const void *data, size_t len)
{
	const char *pos = data;

	part->have += len;
	if (part->dir_fd < 0) {
		buf_add(&part->mem, data, len);
		return buf_bad(&part->mem) ? -EFBIG : 0;
	}
	while (len > 0) {
		ssize_t n = write(part->fd, pos, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		pos += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fetch_part_finish(struct fetch_part *part)
{
	if (part->dir_fd < 0)
		return 0;
	if (fsync(part->fd) < 0 || lseek(part->fd, 0, SEEK_SET) < 0)
		return -errno;
	return 0;
}

void
fetch_part_done(struct fetch_part *part)
{
	if (part->fd >= 0)
		close(part->fd);
	part->fd = -1;
	if (part->mem.data != NULL)
		buf_done(&part->mem);
}

void
fetch_forget(int dir_fd, const char *key)
{
	char name[FETCH_KEY_MAX + 8];

	snprintf(name, sizeof name, "%s.meta", key);
	unlinkat(dir_fd, name, 0);
	snprintf(name, sizeof name, "%s.part", key);
	unlinkat(dir_fd, name, 0);
}
