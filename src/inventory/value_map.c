/* Maps: an array of entries in order, with a hash index when it is long. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/value.h"
#include "inventory/value_impl.h"

#define MAP_LINEAR_MAX 8 /* up to here the entries are simply compared */
#define MAP_NONE SIZE_MAX

static uint32_t
hash_str(const char *str, size_t len)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)str[i]) * 16777619U;
	return hash == 0 ? 1 : hash;
}

static uint32_t
hash_int(int64_t i)
{
	uint64_t h = (uint64_t)i * 0x9e3779b97f4a7c15U;

	return (uint32_t)(h >> 32);
}

/* Numbers that are equal hash alike, whatever their types. */
static uint32_t
hash_key(struct value key)
{
	switch (key.type) {
	case VALUE_STRING:
		if (key.u.s->hash == 0)
			key.u.s->hash = hash_str(key.u.s->data, key.u.s->len);
		return key.u.s->hash;
	case VALUE_BOOL:
		return hash_int(key.u.b);
	case VALUE_INT:
		return hash_int(key.u.i);
	case VALUE_FLOAT:
		if (fabs(key.u.f) < 9e18)
			return hash_int((int64_t)key.u.f);
		return 2;
	default:
		return 3;
	}
}

bool
value_can_key(struct value key)
{
	return key.type >= VALUE_NULL && key.type <= VALUE_STRING;
}

static bool
is_key(const struct value_entry *entry, struct value key, uint32_t hash)
{
	return entry->hash == hash && value_equal(entry->key, key);
}

static bool
is_name(const struct value_entry *entry, const char *name, size_t len)
{
	return entry->key.type == VALUE_STRING && entry->key.u.s->len == len &&
	       memcmp(entry->key.u.s->data, name, len) == 0;
}

static size_t
find_name(
    const struct value_map *m, const char *name, size_t len, uint32_t hash)
{
	size_t at;

	if (m->index == NULL) {
		for (size_t i = 0; i < m->len; i++)
			if (m->items[i].hash == hash &&
			    is_name(&m->items[i], name, len))
				return i;
		return MAP_NONE;
	}
	at = hash & (m->index_size - 1);
	while (m->index[at] != 0) {
		const struct value_entry *entry = &m->items[m->index[at] - 1];

		if (entry->hash == hash && is_name(entry, name, len))
			return m->index[at] - 1;
		at = (at + 1) & (m->index_size - 1);
	}
	return MAP_NONE;
}

static size_t
find_key(const struct value_map *m, struct value key)
{
	uint32_t hash = hash_key(key);
	size_t at;

	if (key.type == VALUE_STRING)
		return find_name(m, key.u.s->data, key.u.s->len, hash);
	if (m->index == NULL) {
		for (size_t i = 0; i < m->len; i++)
			if (is_key(&m->items[i], key, hash))
				return i;
		return MAP_NONE;
	}
	at = hash & (m->index_size - 1);
	while (m->index[at] != 0) {
		if (is_key(&m->items[m->index[at] - 1], key, hash))
			return m->index[at] - 1;
		at = (at + 1) & (m->index_size - 1);
	}
	return MAP_NONE;
}

static void
index_add(struct value_map *m, size_t entry)
{
	size_t at = m->items[entry].hash & (m->index_size - 1);

	while (m->index[at] != 0)
		at = (at + 1) & (m->index_size - 1);
	m->index[at] = (uint32_t)(entry + 1);
}

static void
index_build(struct value_map *m)
{
	free(m->index);
	m->index = NULL;
	m->index_size = 0;
	if (m->len <= MAP_LINEAR_MAX)
		return;
	m->index_size = 32;
	while (m->index_size < m->len * 3)
		m->index_size *= 2;
	m->index = mem_array(m->index_size, sizeof *m->index);
	for (size_t i = 0; i < m->len; i++)
		index_add(m, i);
}

static void
entry_add(struct value_map *m, struct value key, struct value item)
{
	if (m->len == m->cap) {
		m->cap = m->cap == 0 ? 4 : m->cap * 2;
		m->items = mem_resize(m->items, m->cap, sizeof *m->items);
	}
	m->items[m->len] = (struct value_entry){
	    .key = key, .item = item, .hash = hash_key(key)};
	m->len++;
	if (m->index != NULL && m->len * 2 <= m->index_size)
		index_add(m, m->len - 1);
	else
		index_build(m);
}

static void
entry_replace(struct value_map *m, size_t at, struct value item)
{
	value_unref(m->items[at].item);
	m->items[at].item = item;
}

void
value_map_put(struct value map, struct value key, struct value item)
{
	size_t at = find_key(map.u.m, key);

	if (at == MAP_NONE) {
		entry_add(map.u.m, key, item);
		return;
	}
	value_unref(key);
	entry_replace(map.u.m, at, item);
}

void
value_map_set(struct value map, const char *key, struct value item)
{
	size_t len = strlen(key);
	size_t at = find_name(map.u.m, key, len, hash_str(key, len));

	if (at == MAP_NONE)
		entry_add(map.u.m, value_string_len(key, len), item);
	else
		entry_replace(map.u.m, at, item);
}

struct value
value_map_at(struct value map, size_t index)
{
	if (map.type != VALUE_MAP || index >= map.u.m->len)
		return (struct value){0};
	return map.u.m->items[index].item;
}

struct value
value_map_get(struct value map, const char *key)
{
	size_t len = strlen(key);

	if (map.type != VALUE_MAP)
		return (struct value){0};
	return value_map_at(
	    map, find_name(map.u.m, key, len, hash_str(key, len)));
}

struct value
value_map_find(struct value map, struct value key)
{
	if (map.type != VALUE_MAP || !value_can_key(key))
		return (struct value){0};
	return value_map_at(map, find_key(map.u.m, key));
}

static bool
entry_remove(struct value_map *m, size_t at)
{
	if (at == MAP_NONE)
		return false;
	value_unref(m->items[at].key);
	value_unref(m->items[at].item);
	value_unref(m->items[at].spelling);
	m->len--;
	memmove(
	    m->items + at, m->items + at + 1, (m->len - at) * sizeof *m->items);
	index_build(m);
	return true;
}

bool
value_map_remove(struct value map, const char *key)
{
	size_t len = strlen(key);

	return entry_remove(
	    map.u.m, find_name(map.u.m, key, len, hash_str(key, len)));
}

bool
value_map_delete(struct value map, struct value key)
{
	return value_can_key(key) &&
	       entry_remove(map.u.m, find_key(map.u.m, key));
}

struct value
value_map_name_at(struct value map, size_t index)
{
	if (map.type != VALUE_MAP || index >= map.u.m->len)
		return (struct value){0};
	return map.u.m->items[index].key;
}

const char *
value_map_key_at(struct value map, size_t index)
{
	struct value_entry *entry;
	struct buf spelling;

	if (map.type != VALUE_MAP || index >= map.u.m->len)
		return "";
	entry = &map.u.m->items[index];
	if (entry->key.type == VALUE_STRING)
		return entry->key.u.s->data;
	if (entry->spelling.type == VALUE_UNDEFINED) {
		buf_init(&spelling, VALUE_FLOAT_STRLEN);
		value_write_json(entry->key, -1, false, &spelling);
		entry->spelling = value_string_len(spelling.data, spelling.len);
		buf_done(&spelling);
	}
	return entry->spelling.u.s->data;
}
