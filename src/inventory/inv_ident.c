/* Identities of machines beside their MACs: kept, indexed, found. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/identlist.h"
#include "inventory/inv_load.h"

static const char *const names[] = {
    [IDENT_UUID] = "UUID",
    [IDENT_SERIAL] = "serial number",
};

void
inv_idents_done(struct inv_host *host)
{
	size_t i;

	for (i = 0; i < IDENT_KINDS; i++) {
		free(host->idents[i].list);
		host->idents[i].list = NULL;
	}
}

/* The last place that sets them counts. */
void
inv_set_idents(struct inv_load *load, const struct inv_setting *setting,
    enum ident_kind kind)
{
	struct inv_idents *idents = &setting->host->idents[kind];
	struct identlist *list;
	struct err err = {0};
	int ret = -1;

	list = mem_alloc(sizeof *list);
	if (value_has_template(setting->value)) {
		err_set(&err, "%s can not be a template or encrypted",
		    value_str(setting->name->key));
		err_hint(&err, "write it as it is");
	} else {
		ret = identlist_parse(
		    kind, setting->value, setting->raw, list, &err);
	}
	if (ret < 0) {
		inv_check_report(load, setting, &err, 0);
		free(list);
		return;
	}
	free(idents->list);
	*idents = (struct inv_idents){list, setting->place};
	if (list->count > 0)
		return;
	free(list);
	idents->list = NULL;
}

static struct inv_ident *
find_ident(const struct inventory *inv, enum ident_kind kind, const char *text)
{
	struct inv_ident *ident;

	HASH_FIND_STR(inv->by_ident[kind], text, ident);
	return ident;
}

static void
index_ident(struct inv_load *load, const struct inv_host *host,
    enum ident_kind kind, const char *text)
{
	const struct inv_idents *here = &host->idents[kind], *there;
	struct inv_ident *ident = find_ident(load->inv, kind, text);

	if (ident == NULL) {
		ident = mem_alloc(sizeof *ident);
		ident->text = text;
		ident->host = host;
		HASH_ADD_KEYPTR(hh, load->inv->by_ident[kind], ident->text,
		    strlen(ident->text), ident);
		return;
	}
	there = &ident->host->idents[kind];
	problems_error(load->problems, here->place.file, here->place.line,
	    here->place.col, "hosts %s and %s both have the %s %s",
	    ident->host->name, host->name, names[kind], text);
	problems_hint(load->problems, "%s has it at %s:%d", ident->host->name,
	    there->place.file, there->place.line);
	problems_host(load->problems, ident->host->name);
	problems_host(load->problems, host->name);
}

void
inv_check_idents(struct inv_load *load)
{
	size_t i, j, kind;

	for (i = 0; i < load->inv->hosts.count; i++) {
		const struct inv_host *host = load->inv->hosts.at[i];

		for (kind = 0; kind < IDENT_KINDS; kind++) {
			const struct identlist *list = host->idents[kind].list;

			for (j = 0; list != NULL && j < list->count; j++)
				index_ident(load, host, (enum ident_kind)kind,
				    list->at[j]);
		}
	}
}

void
inv_ident_index_done(struct inventory *inv)
{
	struct inv_ident *ident, *next;
	size_t kind;

	for (kind = 0; kind < IDENT_KINDS; kind++) {
		HASH_ITER (hh, inv->by_ident[kind], ident, next) {
			HASH_DEL(inv->by_ident[kind], ident);
			free(ident);
		}
	}
}

static const struct inv_host *
find_host(const struct inventory *inv, enum ident_kind kind, const char *text)
{
	char spelling[IDENT_LEN_MAX + 1];
	const struct inv_ident *ident = NULL;

	if (ident_normalize(kind, text, strlen(text), spelling, NULL) == 0)
		ident = find_ident(inv, kind, spelling);
	return ident == NULL ? NULL : ident->host;
}

/* "aabbccdd-eeff-0011-" to "ddccbbaa-ffee-1100-"; the rest stays. */
static void
swap_fields(char uuid[IDENT_LEN_MAX + 1])
{
	static const uint8_t from[] = {6, 4, 2, 0, 9 + 2, 9, 14 + 2, 14};
	static const uint8_t to[] = {0, 2, 4, 6, 9, 9 + 2, 14, 14 + 2};
	char was[IDENT_LEN_MAX + 1];
	size_t i;

	memcpy(was, uuid, sizeof was);
	for (i = 0; i < sizeof from; i++)
		memcpy(uuid + to[i], was + from[i], 2);
}

/*
 * SMBIOS 2.6 and later keep the first three fields with their low byte first;
 * older firmware does not, and nothing in a packet tells which it is.
 */
const struct inv_host *
inventory_find_uuid(const struct inventory *inv, const char *uuid)
{
	char swapped[IDENT_LEN_MAX + 1] = "";
	const struct inv_host *host = find_host(inv, IDENT_UUID, uuid);

	if (host != NULL ||
	    ident_normalize(IDENT_UUID, uuid, strlen(uuid), swapped, NULL) < 0)
		return host;
	swap_fields(swapped);
	return find_host(inv, IDENT_UUID, swapped);
}

const struct inv_host *
inventory_find_uuid_bytes(const struct inventory *inv, const uint8_t uuid[16])
{
	char text[33];

	str_hex(uuid, 16, text);
	return inventory_find_uuid(inv, text);
}

const struct inv_host *
inventory_find_serial(const struct inventory *inv, const char *serial)
{
	return find_host(inv, IDENT_SERIAL, serial);
}

bool
inventory_has_idents(const struct inventory *inv)
{
	return inv->by_ident[IDENT_UUID] != NULL ||
	       inv->by_ident[IDENT_SERIAL] != NULL;
}
