/* One load: texts checked, inventories read, the whole put together. */
#include "inventory/inv_load.h"

#include <errno.h>
#include <string.h>

#include "inventory/inv_secrets.h"
#include "inventory/inventory.h"

/* "#!" is a comment of INI, so it is told when the rest makes no sense. */
static void
tell_script(struct inv_load *load, const struct inv_text *text)
{
	if (text->file.len < 2 || memcmp(text->file.text, "#!", 2) != 0)
		return;
	problems_error(load->problems, text->file.path, 1, 1,
	    "this looks like a program, and inventory programs are not run");
	problems_hint(load->problems,
	    "save what ansible-inventory --list --export prints");
}

static void
read_inventory(struct inv_load *load, const struct inv_file *file)
{
	size_t errors = load->problems->errors;
	struct inv_text text;

	if (!inv_text_open(load, file, &text))
		return;
	if (!inv_yaml_load(load, &text))
		ini_load(load, &text);
	if (load->problems->errors > errors)
		tell_script(load, &text);
	inv_text_done(&text);
}

/* Warnings that Ansible gives about names. */
static void
check_names(struct inv_load *load)
{
	static const char *const local[] = {"localhost", "127.0.0.1", "::1"};
	const struct inv_host *first = NULL;
	size_t i;

	for (i = 0; i < load->inv->hosts.count; i++) {
		const struct inv_host *host = load->inv->hosts.at[i];

		if (inv_get_group(load->inv, host->name) == NULL)
			continue;
		problems_warn(load->problems, host->file, host->line, 0,
		    "\"%s\" is both a group and a host", host->name);
		problems_hint(
		    load->problems, "variables of the host go to the group");
	}
	for (i = 0; i < sizeof local / sizeof local[0]; i++) {
		const struct inv_host *host = inv_get_host(load->inv, local[i]);

		if (host != NULL && first != NULL)
			problems_warn(load->problems, host->file, host->line, 0,
			    "%s and %s are the same machine", first->name,
			    host->name);
		if (first == NULL)
			first = host;
	}
}

static void
load_all(struct inv_load *load, const struct inv_input *input)
{
	struct err err = {0};
	size_t i;

	for (i = 0; i < input->count; i++)
		if (!inv_vars_is_file(input->files[i].path))
			read_inventory(load, &input->files[i]);
	if (inv_seal(load->inv, &err) < 0) {
		problems_add(load->problems, PROBLEM_ERROR, &err);
		return;
	}
	if (load->inv->hosts.count == 0 && load->problems->errors == 0) {
		problems_warn(load->problems,
		    input->count > 0 ? input->files[0].path : NULL, 0, 0,
		    "no hosts at all");
		problems_hint(load->problems,
		    "of a directory, *.ini and *.cfg are left out");
	}
	inv_vars_load(load, input);
	inv_check_macs(load);
	inv_check_idents(load);
	check_names(load);
}

int
inventory_load(const struct inv_input *input, struct problems *problems,
    struct inventory **ret_inv)
{
	size_t errors = problems->errors;
	struct inv_load load = {.problems = problems,
	    .inv = inv_new(),
	    .hosts_left = INVENTORY_HOSTS_MAX};

	load.inv->secrets = input->secrets == NULL
				? inv_secrets_new()
				: inv_secrets_ref(input->secrets);
	load.secrets = load.inv->secrets;
	load_all(&load, input);
	inv_check_done(&load);
	inv_vault_done(&load);
	if (problems->errors > errors) {
		inventory_unref(load.inv);
		return -EINVAL;
	}
	*ret_inv = load.inv;
	return 0;
}
