#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

/* A FIFO or a terminal must be refused, not waited for or taken over. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

struct names {
	char **item;
	size_t count;
	size_t cap;
};

struct tree {
	int rootfd;
	char *prefix; /* the root as given, with its slash; "" for "." */
	struct names files;
	struct names dirs; /* grows while they are listed */
	size_t next;
	char *path; /* of the file that was given last */
	bool pick;  /* a directory as inventory: not all files are one */
};

static void
names_add_take(struct names *names, char *name)
{
	if (names->count == names->cap) {
		names->cap = names->cap == 0 ? 16 : names->cap * 2;
		names->item =
		    mem_resize(names->item, names->cap, sizeof names->item[0]);
	}
	names->item[names->count++] = name;
}

static void
names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->item[i]);
	free(names->item);
}

static int
fail(const struct tree *tree, const char *name, int code, struct err *err)
{
	char *path = mem_printf("%s%s", tree->prefix, name);

	if (code == -EXDEV || code == -ELOOP) {
		err_at(err, path, 0, 0,
		    "is a link that leaves its directory, to something that "
		    "is not its owner's");
		err_hint(err, "copy the file, or make the directory root's");
	} else {
		err_at(err, path, 0, 0, "%s", strerror(-code));
	}
	free(path);
	return code;
}

/* Whether what a link in `dirfd` led to, outside of it, may be used. */
static bool
link_is_allowed(int dirfd, int fd)
{
	struct stat dir;
	struct stat st;

	if (fstat(dirfd, &dir) < 0 || fstat(fd, &st) < 0)
		return false;
	if (dir.st_uid == 0 && (dir.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	return dir.st_uid == st.st_uid;
}

static int
open_component(int dirfd, const char *name, int flags)
{
	int fd = file_open_beneath(dirfd, name, flags, 0);

	if (fd != -EXDEV)
		return fd;
	fd = openat(dirfd, name, flags);
	if (fd < 0)
		return -errno;
	if (link_is_allowed(dirfd, fd))
		return fd;
	close(fd);
	return -EXDEV;
}

/* Step by step, since each directory has its own owner. */
static int
open_stepwise(int rootfd, const char *name, int flags)
{
	char *copy = mem_strdup(name);
	char *save = NULL;
	char *part = strtok_r(copy, "/", &save);
	int fd = fcntl(rootfd, F_DUPFD_CLOEXEC, 0);

	while (fd >= 0 && part != NULL) {
		char *after = strtok_r(NULL, "/", &save);
		int next = open_component(
		    fd, part, after == NULL ? flags : O_DIRECTORY | OPEN_FLAGS);

		close(fd);
		fd = next;
		part = after;
	}
	free(copy);
	return fd;
}

static int
open_name(const struct tree *tree, const char *name, int flags)
{
	int fd = file_open_beneath(tree->rootfd, name, flags, 0);

	return fd == -EXDEV ? open_stepwise(tree->rootfd, name, flags) : fd;
}

/* What Ansible leaves out of a directory that is given as an inventory. */
static const char *const ignored_suffixes[] = {
    ".pyc",
    ".pyo",
    ".swp",
    ".bak",
    ".rpm",
    ".md",
    ".txt",
    ".rst",
    ".orig",
    ".ini",
    ".cfg",
    ".retry",
};

static const char *const vars_dirs[] = {"group_vars", "host_vars"};

#define VARS_DIRS (sizeof vars_dirs / sizeof vars_dirs[0])

/* Whether the first component names one of them. */
static bool
is_in_vars_dir(const char *path)
{
	size_t len = strcspn(path, "/");

	for (size_t i = 0; i < VARS_DIRS; i++)
		if (strlen(vars_dirs[i]) == len &&
		    memcmp(path, vars_dirs[i], len) == 0)
			return true;
	return false;
}

static bool
is_wanted(const struct tree *tree, const char *dir, const char *name)
{
	if (name[0] == '.' || str_ends(name, "~"))
		return false;
	if (!tree->pick || is_in_vars_dir(dir))
		return true;
	/* Ansible looks for variables beside the inventory that is named. */
	if (strcmp(dir, ".") != 0 && is_in_vars_dir(name))
		return false;
	for (size_t i = 0;
	     i < sizeof ignored_suffixes / sizeof ignored_suffixes[0]; i++)
		if (str_ends(name, ignored_suffixes[i]))
			return false;
	return strcmp(name, "vars_plugins") != 0;
}

static size_t
depth_of(const char *name)
{
	size_t depth = 1;

	for (; *name != '\0'; name++)
		depth += *name == '/';
	return depth;
}

static int
add_entry(struct tree *tree, const char *dir, int dirfd, const char *entry,
    struct err *err)
{
	bool top = strcmp(dir, ".") == 0;
	char *name = top ? mem_strdup(entry) : mem_printf("%s/%s", dir, entry);
	struct stat st;
	int ret = 0;

	if (fstatat(dirfd, entry, &st, 0) < 0)
		st.st_mode = S_IFREG; /* opening it will say what is wrong */
	if (tree->files.count + tree->dirs.count >= TREE_FILES_MAX) {
		err_at(err, tree->prefix, 0, 0, "more than %d files",
		    TREE_FILES_MAX);
		ret = -E2BIG;
	} else if (S_ISDIR(st.st_mode) && depth_of(name) > TREE_DEPTH_MAX) {
		err_at(err, tree->prefix, 0, 0,
		    "directories nested deeper than %d: %s", TREE_DEPTH_MAX,
		    name);
		ret = -E2BIG;
	} else if (S_ISDIR(st.st_mode)) {
		names_add_take(&tree->dirs, name);
		return 0;
	} else if (S_ISREG(st.st_mode)) {
		names_add_take(&tree->files, name);
		return 0;
	}
	free(name);
	return ret;
}

static int
list_dir(struct tree *tree, const char *name, struct err *err)
{
	int fd = open_name(tree, name, O_DIRECTORY | OPEN_FLAGS);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int ret = 0;

	if (dir == NULL) {
		ret = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return fail(tree, name, ret, err);
	}
	while (ret == 0) {
		const struct dirent *entry = readdir(dir);

		if (entry == NULL)
			break;
		if (is_wanted(tree, name, entry->d_name))
			ret = add_entry(tree, name, fd, entry->d_name, err);
	}
	closedir(dir);
	return ret;
}

/* group_vars/ and host_vars/ beside an inventory file, where they are. */
static void
add_vars_dirs(struct tree *tree)
{
	struct stat st;

	for (size_t i = 0; i < VARS_DIRS; i++) {
		if (fstatat(tree->rootfd, vars_dirs[i], &st, 0) == 0 &&
		    S_ISDIR(st.st_mode))
			names_add_take(&tree->dirs, mem_strdup(vars_dirs[i]));
	}
}

/* By component, as a walk through sorted directories: "a/x" before "a.yml". */
static int
compare_names(const void *a, const void *b)
{
	char *const *left = a;
	char *const *right = b;
	const unsigned char *l = (const unsigned char *)*left;
	const unsigned char *r = (const unsigned char *)*right;

	while (*l != '\0' && *l == *r) {
		l++;
		r++;
	}
	if (*l == *r)
		return 0;
	if (*l == '\0' || *r == '\0')
		return *l == '\0' ? -1 : 1;
	if (*l == '/' || *r == '/')
		return *l == '/' ? -1 : 1;
	return *l < *r ? -1 : 1;
}

/* `first`: the inventory file, or NULL when the root is a directory. */
static int
list_all(struct tree *tree, const char *first, bool vars, struct err *err)
{
	size_t fixed = first != NULL ? 1 : 0;
	int ret = 0;

	if (first != NULL) {
		names_add_take(&tree->files, mem_strdup(first));
		if (vars)
			add_vars_dirs(tree);
	} else {
		names_add_take(&tree->dirs, mem_strdup("."));
	}
	for (size_t i = 0; ret == 0 && i < tree->dirs.count; i++)
		ret = list_dir(tree, tree->dirs.item[i], err);
	if (ret == 0 && tree->files.count > fixed)
		qsort(tree->files.item + fixed, tree->files.count - fixed,
		    sizeof tree->files.item[0], compare_names);
	return ret;
}

static char *
dir_prefix(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_printf(
	    "%.*s/", (int)len, strcmp(path, "/") == 0 ? "" : path);
}

/* Splits a file's path: the prefix with its slash (or ""), and the name. */
static const char *
split_path(const char *path, char **ret_prefix)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	*ret_prefix = mem_strndup(path, (size_t)(name - path));
	return name;
}

int
tree_open(enum tree_kind kind, const char *path, struct tree **ret_tree,
    struct err *err)
{
	struct tree *tree;
	const char *first = NULL;
	struct stat st;
	int ret = 0;

	if (stat(path, &st) < 0) {
		ret = -errno;
		err_at(err, path, 0, 0, "%s", strerror(-ret));
		return ret;
	}
	if (kind == TREE_DIR && !S_ISDIR(st.st_mode)) {
		err_at(err, path, 0, 0, "not a directory");
		return -ENOTDIR;
	}
	if (kind == TREE_FILE && S_ISDIR(st.st_mode)) {
		err_at(err, path, 0, 0, "a directory, not a file");
		return -EISDIR;
	}
	tree = mem_alloc(sizeof *tree);
	tree->pick = kind == TREE_INVENTORY && S_ISDIR(st.st_mode);
	if (S_ISDIR(st.st_mode))
		tree->prefix = dir_prefix(path);
	else
		first = split_path(path, &tree->prefix);
	tree->rootfd = open(tree->prefix[0] == '\0' ? "." : tree->prefix,
	    O_DIRECTORY | OPEN_FLAGS);
	if (tree->rootfd < 0)
		ret = fail(tree, "", -errno, err);
	if (ret == 0)
		ret = list_all(tree, first, kind != TREE_FILE, err);
	if (ret < 0)
		tree_free(tree);
	else
		*ret_tree = tree;
	return ret;
}

int
tree_next(struct tree *tree, struct tree_file *ret_file, struct err *err)
{
	const char *name;
	struct stat st;
	int fd;

	if (tree->next >= tree->files.count)
		return 0;
	name = tree->files.item[tree->next++];
	fd = open_name(tree, name, OPEN_FLAGS);
	if (fd < 0)
		return fail(tree, name, fd, err);
	free(tree->path);
	tree->path = mem_printf("%s%s", tree->prefix, name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		err_at(err, tree->path, 0, 0, "not a regular file");
		return -EINVAL;
	}
	ret_file->path = tree->path;
	ret_file->name = tree->path + strlen(tree->prefix);
	ret_file->fd = fd;
	return 1;
}

void
tree_free(struct tree *tree)
{
	if (tree == NULL)
		return;
	if (tree->rootfd >= 0)
		close(tree->rootfd);
	names_done(&tree->files);
	names_done(&tree->dirs);
	free(tree->prefix);
	free(tree->path);
	free(tree);
}

size_t
tree_dir_count(const struct tree *tree)
{
	return tree->dirs.count;
}

char *
tree_dir_path(const struct tree *tree, size_t index)
{
	return mem_printf("%s%s", tree->prefix, tree->dirs.item[index]);
}
