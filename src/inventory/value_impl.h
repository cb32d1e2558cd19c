/*
 * What values are made of; for the files that implement inventory/value.h
 * only.
 */
#ifndef CONVECT_INVENTORY_VALUE_IMPL_H
#define CONVECT_INVENTORY_VALUE_IMPL_H

#include "inventory/value.h"

enum value_marks {
	VALUE_MARKS_UNKNOWN,
	VALUE_MARKS_NONE,
	VALUE_MARKS_SOME, /* there is template text within */
};

/* The start of both containers; `next` chains those that wait to be freed. */
struct value_dead {
	struct value_head head;
	bool is_map;
	uint8_t marks; /* enum value_marks */
	struct value_dead *next;
};

struct value_list {
	struct value_dead dead; /* first: cast back from it */
	struct value *items;
	size_t len;
	size_t cap;
};

struct value_entry {
	struct value key;
	struct value item;
	struct value spelling; /* of a key that is no string, once asked */
	uint32_t hash;
};

struct value_map {
	struct value_dead dead; /* first: cast back from it */
	struct value_entry *items;
	uint32_t *index; /* open addressing, entry + 1; NULL while small */
	size_t index_size;
	size_t len;
	size_t cap;
};

#endif
