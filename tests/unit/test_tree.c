#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/tree.h"

struct lab {
	char dir[64];
};

static char *
in_lab(const struct lab *lab, const char *name)
{
	return mem_printf("%s/%s", lab->dir, name);
}

static void
put(const struct lab *lab, const char *name)
{
	char *path = in_lab(lab, name);
	char *dir = mem_strdup(path);
	FILE *file;

	*strrchr(dir, '/') = '\0';
	assert_int_equal(file_mkdirs(dir, 0755, NULL), 0);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(name, file);
	fclose(file);
	free(dir);
	free(path);
}

static void
put_link(const struct lab *lab, const char *target, const char *name)
{
	char *path = in_lab(lab, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

static int
set_up(void **state)
{
	struct lab *lab = mem_alloc(sizeof *lab);

	strcpy(lab->dir, "/tmp/convect-tree.XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;
	char *command = mem_printf("rm -rf '%s'", lab->dir);

	assert_int_equal(system(command), 0); /* NOLINT: our own name */
	free(command);
	free(lab);
	return 0;
}

/* The names of a tree, a space behind each; or the error's text. */
static int
names_of(
    enum tree_kind kind, const char *path, struct buf *out, struct err *err)
{
	struct tree *tree = NULL;
	struct tree_file file;
	int ret = tree_open(kind, path, &tree, err);

	while (ret == 0) {
		ret = tree_next(tree, &file, err);
		if (ret <= 0)
			break;
		assert_int_equal(close(file.fd), 0);
		assert_string_equal(
		    file.path + strlen(file.path) - strlen(file.name),
		    file.name);
		buf_adds(out, file.name);
		buf_addc(out, ' ');
		ret = 0;
	}
	tree_free(tree);
	return ret;
}

static void
test_inventory_file(void **state)
{
	struct lab *lab = *state;
	char *path = in_lab(lab, "z.ini");
	struct buf out;

	put(lab, "z.ini");
	put(lab, "other.ini");
	put(lab, "group_vars/all.yml");
	put(lab, "group_vars/gpu/b.yml");
	put(lab, "group_vars/gpu/a.yml~");
	put(lab, "host_vars/n1");
	put(lab, "host_vars/.n2.swp");
	buf_init(&out, 4096);
	assert_int_equal(names_of(TREE_INVENTORY, path, &out, NULL), 0);
	assert_string_equal(out.data,
	    "z.ini group_vars/all.yml group_vars/gpu/b.yml host_vars/n1 ");
	buf_done(&out);
	free(path);
}

static void
test_single_file(void **state)
{
	struct lab *lab = *state;
	char *path = in_lab(lab, "password");
	struct err err = {0};
	struct buf out;

	put(lab, "password");
	put(lab, "group_vars/all.yml");
	buf_init(&out, 1000);
	assert_int_equal(names_of(TREE_FILE, path, &out, NULL), 0);
	assert_string_equal(out.data, "password ");
	assert_int_equal(names_of(TREE_FILE, lab->dir, &out, &err), -EISDIR);
	buf_done(&out);
	free(path);
}

static void
test_inventory_dir(void **state)
{
	struct lab *lab = *state;
	struct buf out;

	put(lab, "b");
	put(lab, "b.yml");
	put(lab, "a/x");
	put(lab, "a.yml");
	put(lab, "left-out.ini");
	put(lab, "README.md");
	put(lab, "group_vars/all.ini");
	put(lab, "group_vars/x/group_vars/y");
	put(lab, "a/group_vars/all.yml"); /* not beside what is named */
	put(lab, "a/host_vars_old/left-out.txt");
	put(lab, "a/host_vars_old/z");
	buf_init(&out, 4096);
	assert_int_equal(names_of(TREE_INVENTORY, lab->dir, &out, NULL), 0);
	assert_string_equal(out.data,
	    "a/host_vars_old/z a/x a.yml b b.yml group_vars/all.ini "
	    "group_vars/x/group_vars/y ");
	buf_done(&out);
}

static void
test_missing(void **state)
{
	struct lab *lab = *state;
	char *path = in_lab(lab, "none.ini");
	struct err err = {0};
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(names_of(TREE_INVENTORY, path, &out, &err), -ENOENT);
	assert_string_equal(err.file, path);
	put(lab, "none.ini");
	err_clear(&err);
	assert_int_equal(names_of(TREE_DIR, path, &out, &err), -ENOTDIR);
	buf_done(&out);
	free(path);
}

/* Links: inside is fine; outside, when the owners agree or root made it. */
static void
test_links(void **state)
{
	struct lab *lab = *state;
	char *inner = in_lab(lab, "in");
	struct err err = {0};
	struct buf out;

	put(lab, "out/secret");
	put(lab, "in/real");
	put_link(lab, "real", "in/inside");
	put_link(lab, "../out/secret", "in/outside");
	buf_init(&out, 4096);
	assert_int_equal(names_of(TREE_DIR, inner, &out, &err), 0);
	assert_string_equal(out.data, "inside outside real ");
	if (getuid() == 0) { /* now the directory is somebody else's */
		assert_int_equal(chown(inner, 65534, 65534), 0);
		buf_reset(&out);
		assert_int_equal(names_of(TREE_DIR, inner, &out, &err), -EXDEV);
		assert_true(strstr(err.file, "in/outside") != NULL);
		assert_true(err.hint[0] != '\0');
	}
	buf_done(&out);
	free(inner);
}

static void
test_limits(void **state)
{
	struct lab *lab = *state;
	struct err err = {0};
	struct buf out;

	put(lab, "1/2/3/4/5/6/7/8/file");
	buf_init(&out, 4096);
	assert_int_equal(names_of(TREE_DIR, lab->dir, &out, &err), 0);
	put(lab, "1/2/3/4/5/6/7/8/9/file");
	assert_int_equal(names_of(TREE_DIR, lab->dir, &out, &err), -E2BIG);
	buf_done(&out);
}

static void
test_fifo_and_dangling(void **state)
{
	struct lab *lab = *state;
	char *fifo = in_lab(lab, "fifo");
	struct err err = {0};
	struct buf out;

	put(lab, "a");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	buf_init(&out, 4096);
	assert_int_equal(names_of(TREE_DIR, lab->dir, &out, &err), 0);
	assert_string_equal(out.data, "a ");
	put_link(lab, "nowhere", "b");
	assert_int_equal(names_of(TREE_DIR, lab->dir, &out, &err), -ENOENT);
	buf_done(&out);
	free(fifo);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_inventory_file, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_single_file, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_inventory_dir, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_fifo_and_dangling, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
