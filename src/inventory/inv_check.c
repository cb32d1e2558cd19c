/* Looks at what is set, where it is set: types, MACs, misspelled names. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/inv_load.h"
#include "inventory/known.h"
#include "inventory/maclist.h"
#include "inventory/pytext.h"

const struct inv_name *
inv_load_name(
    struct inv_load *load, const char *name, const struct inv_place *place)
{
	struct inv_name *entry;
	const char *near;

	HASH_FIND_STR(load->names, name, entry);
	if (entry != NULL)
		return entry;
	entry = mem_alloc(sizeof *entry);
	entry->key = value_string(name);
	entry->known = known_find(name);
	HASH_ADD_KEYPTR(
	    hh, load->names, value_str(entry->key), strlen(name), entry);
	near = entry->known == NULL ? known_suggest(name) : NULL;
	if (near != NULL) {
		problems_warn(load->problems, place->file, place->line,
		    place->col, "the variable \"%s\" is not one of ours", name);
		problems_hint(load->problems, "did you mean \"%s\"?", near);
	}
	return entry;
}

void
inv_check_done(struct inv_load *load)
{
	struct inv_name *entry, *next;

	HASH_ITER (hh, load->names, entry, next) {
		HASH_DEL(load->names, entry);
		value_unref(entry->key);
		free(entry);
	}
}

static void
report_as(struct inv_load *load, const struct inv_setting *setting,
    enum problem_severity severity, struct err *err, size_t offset)
{
	struct err named = {0};

	err_place(&named, setting->place.file, setting->place.line,
	    setting->place.col == 0 ? 0 : setting->place.col + (int)offset);
	err_set(&named, "%s %s: %s", setting->host == NULL ? "group" : "host",
	    setting->owner, err->text);
	err_hint(&named, "%s", err->hint);
	problems_add(load->problems, severity, &named);
	if (setting->host != NULL)
		problems_host(load->problems, setting->owner);
}

void
inv_check_report(struct inv_load *load, const struct inv_setting *setting,
    struct err *err, size_t offset)
{
	report_as(load, setting, PROBLEM_ERROR, err, offset);
}

static enum problem_severity
severity_of(const struct known_var *var)
{
	return (var->flags & KNOWN_COMMON) != 0 ? PROBLEM_WARNING
						: PROBLEM_ERROR;
}

/* The last place that sets a host's addresses counts. */
static void
set_macs(struct inv_load *load, const struct inv_setting *setting)
{
	struct inv_host *host = setting->host;
	struct maclist list = {.count = 0};
	struct err err = {0};
	size_t offset = 0;

	if (value_has_template(setting->value)) {
		err_set(&err, "mac can not be a template or encrypted");
		err_hint(&err, "write the address itself");
		inv_check_report(load, setting, &err, 0);
		return;
	}
	if (maclist_parse(setting->value, setting->raw, &list, &offset, &err) <
	    0) {
		inv_check_report(load, setting, &err, offset);
		return;
	}
	free(host->macs);
	host->macs = NULL;
	host->mac_count = list.count;
	host->mac_place = setting->place;
	if (list.count == 0)
		return;
	host->macs = mem_array(list.count, sizeof host->macs[0]);
	memcpy(host->macs, list.at, list.count * sizeof host->macs[0]);
}

void
inv_check_setting(struct inv_load *load, const struct inv_setting *setting)
{
	const struct known_var *var = setting->name->known;
	struct err err = {0};

	inv_vault_try(load, setting->value);
	if (var == NULL)
		return;
	if (setting->host == NULL && (var->flags & KNOWN_HOST_ONLY) != 0) {
		err_set(
		    &err, "%s belongs to one host, not to a group", var->name);
		report_as(load, setting, severity_of(var), &err, 0);
		return;
	}
	if (var->type == KNOWN_MACS && setting->host != NULL) {
		set_macs(load, setting);
		return;
	}
	if (var->type == KNOWN_UUIDS && setting->host != NULL) {
		inv_set_idents(load, setting, IDENT_UUID);
		return;
	}
	if (var->type == KNOWN_SERIALS && setting->host != NULL) {
		inv_set_idents(load, setting, IDENT_SERIAL);
		return;
	}
	if (known_check(var, setting->value, &err) < 0)
		report_as(load, setting, severity_of(var), &err, 0);
}

static void
index_mac(struct inv_load *load, const struct inv_host *host,
    const struct hwaddr *addr)
{
	struct inventory *inv = load->inv;
	char text[HWADDR_STRLEN];
	struct inv_mac *mac;

	HASH_FIND(hh, inv->by_mac, addr, sizeof *addr, mac);
	if (mac != NULL) {
		problems_error(load->problems, host->mac_place.file,
		    host->mac_place.line, host->mac_place.col,
		    "hosts %s and %s both have the MAC %s", mac->host->name,
		    host->name, hwaddr_format(addr, text));
		problems_hint(load->problems, "%s has it at %s:%d",
		    mac->host->name, mac->host->mac_place.file,
		    mac->host->mac_place.line);
		problems_host(load->problems, mac->host->name);
		problems_host(load->problems, host->name);
		return;
	}
	mac = mem_alloc(sizeof *mac);
	mac->addr = *addr;
	mac->host = host;
	HASH_ADD(hh, inv->by_mac, addr, sizeof mac->addr, mac);
}

void
inv_check_macs(struct inv_load *load)
{
	size_t i, j;

	for (i = 0; i < load->inv->hosts.count; i++) {
		const struct inv_host *host = load->inv->hosts.at[i];

		for (j = 0; j < host->mac_count; j++)
			index_mac(load, host, &host->macs[j]);
	}
}

void
inv_check_group_name(
    struct inv_load *load, const char *name, const struct inv_place *place)
{
	if (pytext_is_identifier(name))
		return;
	problems_warn(load->problems, place->file, place->line, place->col,
	    "the group's name \"%s\" has characters that are invalid in "
	    "variable names",
	    name);
	problems_hint(
	    load->problems, "letters, digits and \"_\", and no digit first");
}
