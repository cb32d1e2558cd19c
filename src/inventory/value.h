/*
 * Values: what variables hold, as Python and YAML know them.
 *
 * A struct value is small and passed by value; strings, lists, maps and
 * objects are counted heap objects behind it. A value that somebody else may
 * see is never changed again: build it, then share it. Maps keep insertion
 * order and are looked up by hash.
 *
 * Ownership: functions named _new/_string/_take return a value the caller
 * owns (value_unref() it); _get and _at return borrowed values; adding to a
 * list or a map takes over the reference. The counts are not atomic: values
 * stay in one thread.
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
	VALUE_OBJECT, /* somebody's own object; see struct value_obj */
};

enum value_flags {
	VALUE_SECRET = 1, /* decrypted or named secret: masked when shown */
	VALUE_SAFE = 2,	  /* never taken for a template ("!unsafe") */
	VALUE_TUPLE = 4,  /* a list that Python would show as a tuple */
	VALUE_NUMBER = 8, /* a string that JSON shows as a number */
};

/* Containers nested deeper than this are refused by whatever walks them. */
#define VALUE_DEPTH_MAX 64

struct value_head {
	uint32_t refs;
};

/* For the functions below alone; a string never changes. */
struct value_str {
	struct value_head head;
	uint32_t hash; /* 0: not computed yet */
	uint8_t marks; /* see value_has_template() */
	size_t len;
	char data[];
};

struct value_list;
struct value_map;
struct value_obj;
struct tmpl_object_ops;

struct value {
	uint8_t type;  /* enum value_type */
	uint8_t flags; /* enum value_flags */
	union {
		bool b;
		int64_t i;
		double f;
		struct value_str *s; /* also a named VALUE_UNDEFINED's name */
		struct value_list *l;
		struct value_map *m;
		struct value_obj *o;
		struct value_head *head; /* of any heap object, or NULL */
	} u;
};

/*
 * An object is a map whose items are made when they are asked for (hostvars),
 * or whatever else its maker knows to do with it. Embed it first in your
 * struct; the creator holds the first reference.
 */
struct value_obj_ops {
	const char *name; /* for messages, "hostvars" */
	void (*free)(struct value_obj *obj);
	/*
	 * The item `key`, owned by the caller. -ENOENT: no such item. NULL
	 * when it has no items.
	 */
	int (*get)(struct value_obj *obj, const char *key,
	    struct value *ret_value, struct err *err);
	/* A new list of its keys; NULL when it can not say. */
	struct value (*keys)(struct value_obj *obj);
	/*
	 * Of an object that stands for another value: that value, owned by
	 * the caller. Whoever expands templates asks for it. Else NULL.
	 */
	int (*open)(
	    struct value_obj *obj, struct value *ret_value, struct err *err);
	/* For the template engine's own objects; NULL in anybody else's. */
	const struct tmpl_object_ops *tmpl;
};

struct value_obj {
	struct value_head head;
	const struct value_obj_ops *ops;
};

struct value value_null(void);
struct value value_bool(bool b);
struct value value_int(int64_t i);
struct value value_float(double f);
/*
 * An integer that 64 bits can not hold: a VALUE_NUMBER in decimal. At most
 * VALUE_DIGITS_MAX digits that fit the base (2 to 16), a "-" before them.
 */
#define VALUE_DIGITS_MAX 400
struct value value_big_int(const char *digits, int base);
struct value value_string(const char *str);
struct value value_string_len(const char *str, size_t len);
/* One of that length, which the caller writes; its end is written. */
struct value value_string_room(size_t len, char **ret_data);
struct value value_list_new(void);
struct value value_map_new(void);
/* Takes over the creator's reference. */
struct value value_object_take(struct value_obj *obj);
/* Sets up the embedded part: one reference. */
void value_obj_init(struct value_obj *obj, const struct value_obj_ops *ops);

/* On the heap and counted? A nameless undefined has no head. */
static inline bool
value_is_counted(struct value value)
{
	return value.type == VALUE_STRING || value.type >= VALUE_LIST ||
	       (value.type == VALUE_UNDEFINED && value.u.head != NULL);
}

/* Returns its argument. */
static inline struct value
value_ref(struct value value)
{
	if (value_is_counted(value))
		value.u.head->refs++;
	return value;
}

/* Gives up the last reference; value_unref() is what to call. */
void value_destroy(struct value value);

static inline void
value_unref(struct value value)
{
	if (!value_is_counted(value))
		return;
	if (value.u.head->refs > 1)
		value.u.head->refs--;
	else
		value_destroy(value);
}

/* Strings: bytes (always with a NUL behind them) and their number. */
static inline const char *
value_str(struct value value) /* "" unless a string */
{
	return value.type == VALUE_STRING ? value.u.s->data : "";
}

static inline size_t
value_str_len(struct value value)
{
	return value.type == VALUE_STRING ? value.u.s->len : 0;
}

size_t value_len(struct value value); /* of a list or a map, else 0 */
void value_list_add(struct value list, struct value item);
/* VALUE_UNDEFINED past the end. */
struct value value_list_at(struct value list, size_t index);
/* index <= length; the items behind it move up. */
void value_list_insert(struct value list, size_t index, struct value item);
/* Puts an item in the place of another, which must be there. */
void value_list_set(struct value list, size_t index, struct value item);
/* The item with its reference; VALUE_UNDEFINED past the end. */
struct value value_list_take(struct value list, size_t index);

/* A key that is there already keeps its place and gets the new value. */
void value_map_set(struct value map, const char *key, struct value item);
/* VALUE_UNDEFINED when there is no such key. */
struct value value_map_get(struct value map, const char *key);
bool value_map_remove(struct value map, const char *key);
/* A key that is no string is spelled as JSON does: "80", "true", "null". */
const char *value_map_key_at(struct value map, size_t index);
struct value value_map_at(struct value map, size_t index);

/*
 * Maps whose keys are what YAML and Python allow: null, booleans, numbers
 * and strings; 1, 1.0 and true are one key.
 */
bool value_can_key(struct value key);
/* Takes both over; the key must be one that value_can_key() accepts. */
void value_map_put(struct value map, struct value key, struct value item);
struct value value_map_find(struct value map, struct value key);
bool value_map_delete(struct value map, struct value key);
struct value value_map_name_at(struct value map, size_t index);

const char *value_type_name(struct value value); /* "string", "list", ... */
/* Python's truth: false, none, 0, "" and empty containers are false. */
bool value_truth(struct value value);
/*
 * Python's ==: 1 == 1.0 == true; lists and maps by content. What is nested
 * beyond VALUE_DEPTH_MAX is never equal.
 */
bool value_equal(struct value a, struct value b);
/*
 * The same for values that a stranger has made: *budget counts down by the
 * items and by every 256 bytes compared. At 0 the answer is "no".
 */
bool value_equal_within(struct value a, struct value b, uint64_t *budget);
/*
 * A deep copy that may be changed; objects stay shared, and so does what is
 * nested beyond VALUE_DEPTH_MAX.
 */
struct value value_copy(struct value value);

/*
 * Whether there is "{{", "{%" or "{#" in a string, or in a string anywhere
 * within, or an object that must be opened. Remembered, so ask only about
 * finished values. Safe strings hold none.
 */
bool value_has_template(struct value value);

/*
 * Known variables are read with these. Strings that spell the type are taken
 * ("yes", "8080"), as Ansible's `bool` filter does. -ENOENT: undefined or
 * null, -EINVAL: another type or spelling.
 */
int value_as_bool(struct value value, bool *ret_bool);
int value_as_int(struct value value, int64_t *ret_int);

/* Python's repr() of a float: the shortest that reads back ("0.1", "1e+16"). */
#define VALUE_FLOAT_STRLEN 32
const char *value_format_float(double f, char out[VALUE_FLOAT_STRLEN]);

/*
 * JSON as Python's json.dumps() writes it. indent < 0: one line with ", " and
 * ": "; else pretty. `sort`: keys in code point order. All but ASCII is
 * escaped. Nested beyond VALUE_DEPTH_MAX: `out` turns bad.
 */
void value_write_json(
    struct value value, int indent, bool sort, struct buf *out);

struct value_json_style {
	int indent; /* < 0: one line */
	bool sort;
	bool utf8;	      /* ensure_ascii=False */
	bool mask;	      /* secrets as "********" */
	const char *item_sep; /* NULL: ", ", or "," where pretty */
	const char *key_sep;  /* NULL: ": " */
};
void value_write_json_as(
    struct value value, const struct value_json_style *style, struct buf *out);

/* Strict JSON; err has line and column. Nesting limit VALUE_DEPTH_MAX. */
int value_parse_json(
    const char *text, size_t len, struct value *ret_value, struct err *err);

#endif
