#include "template/builtin.h"

#include <string.h>

#include "base/str.h"

const struct builtin *
builtin_find_row(const struct builtin *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (rows->name[0] == name[0] && strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

/* Ansible's own names may be written with their collection. */
static const char *
without_collection(const char *name)
{
	static const char *const collections[] = {"ansible.builtin.",
	    "ansible.utils.", "ansible.netcommon.", "community.general."};

	for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++)
		if (str_starts(name, collections[i]))
			return name + strlen(collections[i]);
	return name;
}

const struct builtin *
builtin_find(const struct builtin_table *table, const char *name)
{
	name = without_collection(name);
	for (size_t i = 0; table->parts[i] != NULL; i++) {
		const struct builtin *row =
		    builtin_find_row(table->parts[i], name);

		if (row != NULL)
			return row;
	}
	return NULL;
}

static const char *
nearest_name(const struct builtin_table *table, const char *name)
{
	const char *nearest = NULL;
	size_t best = 4;

	for (size_t i = 0; table->parts[i] != NULL; i++) {
		const struct builtin *row = table->parts[i];

		for (; row->name != NULL; row++) {
			size_t distance = str_distance(name, row->name);

			if (distance < best && distance < strlen(row->name)) {
				best = distance;
				nearest = row->name;
			}
		}
	}
	return nearest;
}

void
builtin_hint(
    const struct builtin_table *table, const char *name, struct err *err)
{
	const struct builtin_absent *absent = table->absent;
	const char *nearest;

	name = without_collection(name);
	for (; absent->name != NULL; absent++) {
		if (strcmp(absent->name, name) == 0) {
			err_hint(err, "%s", absent->hint);
			return;
		}
	}
	nearest = nearest_name(table, name);
	if (nearest != NULL)
		err_hint(err, "did you mean '%s'?", nearest);
}
