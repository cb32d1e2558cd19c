#include "base/salt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	SALT_BYTES = 32
};

int
salt_read(const char *state_dir, char ret_salt[SALT_SIZE], struct err *err)
{
	char *path = mem_printf("%s/db/salt", state_dir);
	uint8_t bytes[SALT_BYTES];
	struct buf text;
	int ret;

	buf_init(&text, 4096);
	ret = file_read(path, &text, err);
	if (ret == 0 && text.len == SALT_SIZE &&
	    text.data[SALT_SIZE - 1] == '\n')
		text.data[SALT_SIZE - 1] = '\0';
	if (ret == 0 && str_unhex(text.data, bytes, SALT_BYTES) < 0) {
		ret = -EBADMSG;
		err_at(err, path, 0, 0, "not 64 hexadecimal digits");
		err_hint(err, "without it a new one is made, and passwords "
			      "get other salts");
	}
	if (ret == 0)
		str_copy(ret_salt, SALT_SIZE, text.data);
	buf_done(&text);
	free(path);
	return ret;
}

static int
salt_make(const char *state_dir, struct err *err)
{
	char *path = mem_printf("%s/db", state_dir);
	int dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t bytes[SALT_BYTES];
	char text[SALT_SIZE];
	int ret;

	/* 32 bytes come whole or not at all (getrandom(2)). */
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		abort();
	str_hex(bytes, sizeof bytes, text);
	text[SALT_SIZE - 1] = '\n';
	if (dirfd < 0) {
		ret = -errno;
		err_at(err, path, 0, 0, "%s", strerror(-ret));
	} else {
		ret = file_write_atomic(
		    dirfd, "salt", text, sizeof text, 0600, err);
		close(dirfd);
	}
	free(path);
	return ret;
}

int
salt_open(const char *state_dir, char ret_salt[SALT_SIZE], struct err *err)
{
	struct err why = {0};
	int ret = salt_read(state_dir, ret_salt, &why);

	if (ret == -ENOENT) {
		err_clear(&why);
		ret = salt_make(state_dir, &why);
		if (ret == 0)
			ret = salt_read(state_dir, ret_salt, &why);
	}
	if (ret < 0 && err != NULL)
		*err = why;
	return ret;
}
