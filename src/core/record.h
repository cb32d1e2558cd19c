/*
 * Structs as JSON objects, by a table of their members: one description writes
 * and reads back an event, a node and a token, so the two can not disagree.
 * Members that are unset (empty, 0, false) are not written; reading is strict.
 */
#ifndef CONVECT_CORE_RECORD_H
#define CONVECT_CORE_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum record_type {
	RECORD_TEXT, /* char [size] */
	RECORD_U64,  /* below 2^63, as JSON integers are */
	RECORD_I64,
	RECORD_BOOL,
	RECORD_ENUM, /* an enum, written by name */
};

struct record_field {
	const char *name;
	enum record_type type;
	size_t offset;
	size_t size; /* text: with the terminator; enum: number of values */
	const char *(*enum_name)(unsigned value);
};

#define RECORD_FIELD_TEXT(type, member)                                        \
	{                                                                      \
#member, RECORD_TEXT, offsetof(type, member),                  \
		    sizeof(((type *)0)->member), NULL                          \
	}
#define RECORD_FIELD_U64(type, member)                                         \
	{                                                                      \
#member, RECORD_U64, offsetof(type, member), 0, NULL           \
	}
#define RECORD_FIELD_I64(type, member)                                         \
	{                                                                      \
#member, RECORD_I64, offsetof(type, member), 0, NULL           \
	}
#define RECORD_FIELD_BOOL(type, member)                                        \
	{                                                                      \
#member, RECORD_BOOL, offsetof(type, member), 0, NULL          \
	}

/* False: the member is unset. */
bool record_is_set(const struct record_field *field, const void *record);
/* The value alone: a JSON string, number or true/false. */
void record_write_value(
    const struct record_field *field, const void *record, struct buf *out);
/* `"name":value`, with a comma before it unless *first, which it clears. */
void record_write(const struct record_field *field, const void *record,
    bool *first, struct buf *out);
/* The value as text for people. */
void record_write_text(
    const struct record_field *field, const void *record, struct buf *out);

/* -EBADMSG with the member's name and what is wrong with it. */
int record_parse(const struct record_field *field, json_t *value, void *record,
    struct err *err);
const struct record_field *record_find(
    const struct record_field *fields, size_t count, const char *name);

/* One object, no repeated members, at most `max` bytes. NULL and err. */
json_t *record_load(const char *text, size_t len, size_t max, struct err *err);

#endif
