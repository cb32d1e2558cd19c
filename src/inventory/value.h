/*
 * Values: what variables hold, as Python and YAML know them.
 *
 * A struct value is small and passed by value; strings, lists and maps are
 * counted heap objects behind it. A value that somebody else may see is never
 * changed again: build it, then share it. Maps keep insertion order and are
 * looked up by hash.
 *
 * Ownership: functions named _new/_string/_take return a value the caller
 * owns (value_unref() it); _get and _at return borrowed values; adding to a
 * list or a map takes over the reference.
 *
 * Knows nothing of files, templates or inventories.
 */
#ifndef CONVECT_INVENTORY_VALUE_H
#define CONVECT_INVENTORY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum value_type {
	VALUE_UNDEFINED, /* no such variable; all zero bytes */
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_MAP,
};

enum value_flags {
	VALUE_SECRET = 1, /* decrypted or named secret: masked when shown */
	VALUE_SAFE = 2,	  /* never taken for a template ("!unsafe") */
};

struct value_str;
struct value_list;
struct value_map;

struct value {
	uint8_t type;  /* enum value_type */
	uint8_t flags; /* enum value_flags */
	union {
		bool b;
		int64_t i;
		double f;
		struct value_str *s;
		struct value_list *l;
		struct value_map *m;
	} u;
};

struct value value_null(void);
struct value value_bool(bool b);
struct value value_int(int64_t i);
struct value value_float(double f);
struct value value_string(const char *str);
struct value value_string_len(const char *str, size_t len);
struct value value_list_new(void);
struct value value_map_new(void);

struct value value_ref(struct value value); /* returns its argument */
void value_unref(struct value value);

/* Strings: bytes (always with a NUL behind them) and their number. */
const char *value_str(struct value value); /* "" unless a string */
size_t value_str_len(struct value value);

size_t value_len(struct value value); /* of a list or a map, else 0 */
void value_list_add(struct value list, struct value item);
struct value value_list_at(struct value list, size_t index);

/* A key that is there already keeps its place and gets the new value. */
void value_map_set(struct value map, const char *key, struct value item);
/* VALUE_UNDEFINED when there is no such key. */
struct value value_map_get(struct value map, const char *key);
bool value_map_remove(struct value map, const char *key);
const char *value_map_key_at(struct value map, size_t index);
struct value value_map_at(struct value map, size_t index);

const char *value_type_name(struct value value); /* "string", "list", ... */
/* Python's truth: false, none, 0, "" and empty containers are false. */
bool value_truth(struct value value);
/* Python's ==: 1 == 1.0 == true; lists and maps by content. */
bool value_equal(struct value a, struct value b);
/* A deep copy that may be changed. */
struct value value_copy(struct value value);

/*
 * Known variables are read with these. Strings that spell the type are taken
 * ("yes", "8080"), as Ansible's `bool` filter does. -ENOENT: undefined or
 * null, -EINVAL: another type or spelling.
 */
int value_as_bool(struct value value, bool *ret_bool);
int value_as_int(struct value value, int64_t *ret_int);

/*
 * JSON as Python's json.dumps() writes it. indent < 0: one line with ", " and
 * ": "; else pretty. `sort`: keys in code point order.
 */
void value_write_json(
    struct value value, int indent, bool sort, struct buf *out);
/* Strict JSON; err has line and column. Nesting limit 64. */
int value_parse_json(
    const char *text, size_t len, struct value *ret_value, struct err *err);

#endif
