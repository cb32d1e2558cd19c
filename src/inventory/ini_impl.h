/* What the two halves of the INI reader share. */
#ifndef CONVECT_INVENTORY_INI_IMPL_H
#define CONVECT_INVENTORY_INI_IMPL_H

#include "inventory/inv_load.h"

enum ini_state {
	INI_HOSTS,
	INI_CHILDREN,
	INI_VARS,
	INI_SKIP, /* the section's head was wrong: its lines say nothing */
};

struct ini_pending;

struct ini {
	struct inv_load *load;
	const char *file; /* the inventory's own copy of the path */
	int line;
	bool secret; /* the file is in a vault */
	enum ini_state state;
	struct inv_group *group;
	struct ini_pending *pending;
};

/* One line of hosts; `col` is where it starts, from 1. */
void ini_host_line(struct ini *ini, const char *text, size_t len, int col);
/* Types a value; on one that has no place here, reports it: -EDOM. */
int ini_value(struct ini *ini, int col, const char *text, size_t len,
    struct value *ret_value);

#endif
