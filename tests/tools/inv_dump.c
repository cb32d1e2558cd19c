/*
 * inv_dump FILE...          what `ansible-inventory -i FILE --list` prints
 * inv_dump --host H FILE... the same with --host
 * Problems go to stderr, one a line; exit 1 when there are errors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/inv_read.h"
#include "inventory/inventory.h"

static void
print_problems(const struct problems *problems)
{
	char line[2048];
	size_t i;

	for (i = 0; i < problems->count; i++)
		fprintf(stderr, "%s: %s\n",
		    problems->list[i].severity == PROBLEM_ERROR ? "error"
								: "warning",
		    err_format(&problems->list[i].err, line, sizeof line));
}

static int
dump(const struct inventory *inv, const char *name)
{
	const struct inv_host *host = NULL;
	struct buf out;

	buf_init(&out, (size_t)1 << 30);
	if (name != NULL)
		host = inventory_find_host(inv, name);
	if (name != NULL && host == NULL)
		return 1;
	if (host != NULL)
		inventory_write_host(inv, host, &out);
	else
		inventory_write_list(inv, &out);
	puts(out.data);
	buf_done(&out);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *const *paths = (const char *const *)argv + 1;
	size_t count = (size_t)argc - 1;
	struct problems problems;
	struct inventory *inv = NULL;
	struct inv_set set;
	const char *name = NULL;
	struct err err = {0};
	char line[2048];
	int status = 1;

	if (count > 2 && strcmp(paths[0], "--host") == 0) {
		name = paths[1];
		paths += 2;
		count -= 2;
	}
	if (inv_set_read(paths, count, &set, &err) < 0) {
		fprintf(
		    stderr, "error: %s\n", err_format(&err, line, sizeof line));
		return 1;
	}
	problems_init(&problems);
	if (inventory_load(&set.input, &problems, &inv) == 0)
		status = dump(inv, name);
	print_problems(&problems);
	problems_done(&problems);
	inventory_unref(inv);
	inv_set_done(&set);
	return status;
}
