/* Hosts as an inventory names them, one or a range, and what they are given. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "inventory/hostrange.h"
#include "inventory/inv_load.h"

static struct inv_host *
add_host(struct inv_load *load, struct inv_group *group, const char *name,
    int64_t port, const struct inv_place *place)
{
	bool is_new = inv_get_host(load->inv, name) == NULL;
	struct inv_host *host = inv_add_host(load->inv, name, place);

	if (is_new && port != 0)
		inv_vars_set(&host->vars,
		    inv_load_name(load, "ansible_port", place)->key,
		    value_int(port));
	inv_group_add_host(group, host);
	return host;
}

int
inv_add_named(struct inv_load *load, struct inv_group *group,
    const char *pattern, const struct inv_place *place,
    struct inv_named *ret_named)
{
	struct inv_named named = {0};
	struct hostrange range = {0};
	struct err err = {0};
	size_t i;
	int ret;

	ret = hostrange_expand(pattern, INVENTORY_RANGE_MAX, &range, &err);
	if (ret == 0 && range.count > load->hosts_left) {
		err_set(&err, "more than %u hosts", INVENTORY_HOSTS_MAX);
		err_hint(
		    &err, "are ranges longer than the machines there are?");
		hostrange_done(&range);
		ret = -E2BIG;
	}
	if (ret < 0) {
		err_place(&err, place->file, place->line, place->col);
		problems_add(load->problems, PROBLEM_ERROR, &err);
		return ret;
	}
	load->hosts_left -= range.count;
	named.at = mem_array(range.count, sizeof(struct inv_host *));
	for (i = 0; i < range.count; i++)
		named.at[named.count++] =
		    add_host(load, group, range.names[i], range.port, place);
	hostrange_done(&range);
	*ret_named = named;
	return 0;
}

void
inv_set_named(struct inv_load *load, const struct inv_named *named,
    const struct inv_setting *setting)
{
	size_t i;

	for (i = 0; i < named->count; i++) {
		struct inv_setting own = *setting;

		own.host = named->at[i];
		own.owner = own.host->name;
		inv_check_setting(load, &own);
		if (inv_set_host_var(load->inv, own.host, own.name->key,
			value_ref(own.value)) == 0)
			continue;
		problems_error(load->problems, own.place.file, own.place.line,
		    own.place.col, "ansible_group_priority must be an integer");
	}
}
