#include "core/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/known.h"

/* "u" and the UUID in hex, or "s" and the serial number. */
struct identity {
	char *key;
	const struct inv_host *host;
	struct identity *next; /* another host with the same */
	UT_hash_handle hh;
};

struct identities {
	struct inventory *inv;
	struct identity *by_key;
};

static struct identity *
find(const struct identities *identities, const char *key)
{
	struct identity *identity;

	HASH_FIND_STR(identities->by_key, key, identity);
	return identity;
}

static void
add_take(struct identities *identities, char *key, const struct inv_host *host)
{
	struct identity *identity = mem_alloc(sizeof *identity);
	struct identity *first = find(identities, key);

	identity->key = key;
	identity->host = host;
	if (first != NULL) {
		identity->next = first->next;
		first->next = identity;
		return;
	}
	HASH_ADD_KEYPTR(
	    hh, identities->by_key, identity->key, strlen(key), identity);
}

static void
uuid_key(const uint8_t uuid[IDENTITY_UUID_SIZE], char *out)
{
	out[0] = 'u';
	str_hex(uuid, IDENTITY_UUID_SIZE, out + 1);
}

static void
add_host(struct identities *identities, struct hostvars *hostvars,
    const struct inv_host *host)
{
	uint8_t uuid[IDENTITY_UUID_SIZE];
	char key[2 * IDENTITY_UUID_SIZE + 2];
	struct value text;

	if (hostvars_str(hostvars, host, "uuid", &text, NULL) == 0) {
		if (known_uuid_parse(value_str(text), uuid) == 0) {
			uuid_key(uuid, key);
			add_take(identities, mem_strdup(key), host);
		}
		value_unref(text);
	}
	if (hostvars_str(hostvars, host, "serial", &text, NULL) == 0) {
		if (value_str_len(text) > 0)
			add_take(identities, mem_printf("s%s", value_str(text)),
			    host);
		value_unref(text);
	}
}

struct identities *
identities_new(struct hostvars *hostvars)
{
	struct identities *identities = mem_alloc(sizeof *identities);

	identities->inv = inventory_ref(hostvars_inventory(hostvars));
	for (size_t i = 0; i < inventory_host_count(identities->inv); i++)
		add_host(identities, hostvars,
		    inventory_host_at(identities->inv, i));
	return identities;
}

static void
identity_free(struct identity *identity)
{
	while (identity != NULL) {
		struct identity *next = identity->next;

		free(identity->key);
		free(identity);
		identity = next;
	}
}

void
identities_free(struct identities *identities)
{
	struct identity *identity;
	struct identity *after;

	if (identities == NULL)
		return;
	HASH_ITER (hh, identities->by_key, identity, after) {
		HASH_DEL(identities->by_key, identity);
		identity_free(identity);
	}
	inventory_unref(identities->inv);
	free(identities);
}

bool
identities_are_empty(const struct identities *identities)
{
	return identities->by_key == NULL;
}

static const struct inv_host *
other_by_key(const struct identities *identities, const char *key,
    const struct inv_host *host)
{
	const struct identity *identity = find(identities, key);

	while (identity != NULL && identity->host == host)
		identity = identity->next;
	return identity == NULL ? NULL : identity->host;
}

static bool
is_blank(const uint8_t uuid[IDENTITY_UUID_SIZE])
{
	for (size_t i = 1; i < IDENTITY_UUID_SIZE; i++) {
		if (uuid[i] != uuid[0])
			return false;
	}
	return uuid[0] == 0 || uuid[0] == UINT8_MAX;
}

/* SMBIOS 2.6 has the first three fields with their least byte first. */
static void
swap_fields(const uint8_t in[IDENTITY_UUID_SIZE], uint8_t *out)
{
	static const uint8_t from[] = {3, 2, 1, 0, 5, 4, 7, 6};

	memcpy(out, in, IDENTITY_UUID_SIZE);
	for (size_t i = 0; i < sizeof from; i++)
		out[i] = in[from[i]];
}

static const struct inv_host *
other_by_uuid(const struct identities *identities, const uint8_t *uuid,
    const struct inv_host *host)
{
	uint8_t swapped[IDENTITY_UUID_SIZE];
	char key[2 * IDENTITY_UUID_SIZE + 2];
	const struct inv_host *other;

	if (is_blank(uuid))
		return NULL;
	uuid_key(uuid, key);
	other = other_by_key(identities, key, host);
	if (other != NULL)
		return other;
	swap_fields(uuid, swapped);
	uuid_key(swapped, key);
	return other_by_key(identities, key, host);
}

static const struct inv_host *
other_by_serial(const struct identities *identities, const char *serial,
    const struct inv_host *host)
{
	char key[IDENTITY_SERIAL_MAX + 2] = "s";

	if (serial[0] == '\0' || strlen(serial) > IDENTITY_SERIAL_MAX)
		return NULL;
	str_copy(key + 1, sizeof key - 1, serial);
	return other_by_key(identities, key, host);
}

const struct inv_host *
identities_other(const struct identities *identities,
    const struct identity_claim *claim, const struct inv_host *host,
    const char **ret_by)
{
	const struct inv_host *other = NULL;

	if (claim->uuid != NULL)
		other = other_by_uuid(identities, claim->uuid, host);
	if (other != NULL) {
		*ret_by = "UUID";
		return other;
	}
	if (claim->serial != NULL)
		other = other_by_serial(identities, claim->serial, host);
	if (other != NULL)
		*ret_by = "serial number";
	return other;
}
