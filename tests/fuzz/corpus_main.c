/*
 * Runs a fuzz target over its corpus, once a file: what `make check` does
 * where libFuzzer is not at hand. The corpus of fuzz_NAME is
 * $srcdir/tests/fuzz/corpus/NAME. Files named as arguments are run instead,
 * to look at one finding.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#define CORPUS_FILE_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
run_file(const char *path)
{
	struct err err = {0};
	struct buf buf;
	char text[1024];
	uint8_t *copy;
	int r;

	buf_init(&buf, CORPUS_FILE_MAX);
	r = file_read(path, &buf, &err);
	if (r < 0) {
		(void)fprintf(
		    stderr, "%s\n", err_format(&err, text, sizeof text));
		goto out;
	}
	/* Exactly as big as the input: a read past its end shows. */
	copy = malloc(buf.len > 0 ? buf.len : 1);
	if (copy == NULL) {
		r = -1;
		goto out;
	}
	memcpy(copy, buf.data, buf.len);
	(void)LLVMFuzzerTestOneInput(copy, buf.len);
	free(copy);
out:
	buf_done(&buf);
	return r;
}

static int
run_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned files = 0;
	char *name;
	int bad = 0;

	if (dir == NULL) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		name = mem_printf("%s/%s", path, entry->d_name);
		bad |= run_file(name) < 0;
		free(name);
		files++;
	}
	(void)closedir(dir);
	(void)printf("%s: %u files\n", path, files);
	return bad || files == 0;
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	const char *name = strrchr(argv[0], '/');
	const char *prefix = "fuzz_";
	char *path;
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= run_file(argv[i]) < 0;
	if (argc > 1)
		return bad;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	path = mem_printf(
	    "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".", name);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	bad = run_directory(path);
	free(path);
	return bad;
}
