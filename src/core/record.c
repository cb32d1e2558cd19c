#include "core/record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"

/* Members are read and written by copying: a table knows no C types. */
static uint64_t
get_u64(const struct record_field *field, const void *record)
{
	uint64_t value;

	memcpy(&value, (const char *)record + field->offset, sizeof value);
	return value;
}

static bool
get_bool(const struct record_field *field, const void *record)
{
	bool value;

	memcpy(&value, (const char *)record + field->offset, sizeof value);
	return value;
}

static unsigned
get_enum(const struct record_field *field, const void *record)
{
	unsigned value;

	memcpy(&value, (const char *)record + field->offset, sizeof value);
	return value;
}

static const char *
get_text(const struct record_field *field, const void *record)
{
	return (const char *)record + field->offset;
}

bool
record_is_set(const struct record_field *field, const void *record)
{
	switch (field->type) {
	case RECORD_TEXT:
		return get_text(field, record)[0] != '\0';
	case RECORD_BOOL:
		return get_bool(field, record);
	case RECORD_ENUM:
		return get_enum(field, record) != 0;
	case RECORD_U64:
	case RECORD_I64:
		break;
	}
	return get_u64(field, record) != 0;
}

void
record_write_text(
    const struct record_field *field, const void *record, struct buf *out)
{
	switch (field->type) {
	case RECORD_TEXT:
		buf_adds(out, get_text(field, record));
		break;
	case RECORD_U64:
		buf_addf(out, "%" PRIu64, get_u64(field, record));
		break;
	case RECORD_I64:
		buf_addf(out, "%" PRId64, (int64_t)get_u64(field, record));
		break;
	case RECORD_BOOL:
		buf_adds(out, get_bool(field, record) ? "true" : "false");
		break;
	case RECORD_ENUM:
		buf_adds(out, field->enum_name(get_enum(field, record)));
		break;
	}
}

void
record_write_value(
    const struct record_field *field, const void *record, struct buf *out)
{
	const char *text = NULL;

	if (field->type == RECORD_TEXT)
		text = get_text(field, record);
	else if (field->type == RECORD_ENUM)
		text = field->enum_name(get_enum(field, record));
	if (text != NULL)
		escape_json(out, text, strlen(text));
	else
		record_write_text(field, record, out);
}

void
record_write(const struct record_field *field, const void *record, bool *first,
    struct buf *out)
{
	if (!*first)
		buf_addc(out, ',');
	*first = false;
	buf_addf(out, "\"%s\":", field->name);
	record_write_value(field, record, out);
}

static int
parse_text(
    const struct record_field *field, json_t *value, char *out, struct err *err)
{
	size_t len = json_string_length(value);

	if (!json_is_string(value)) {
		err_set(err, "'%s' is not a string", field->name);
		return -EBADMSG;
	}
	if (len >= field->size) {
		err_set(err, "'%s' has %zu bytes, at most %zu fit", field->name,
		    len, field->size - 1);
		return -EBADMSG;
	}
	memset(out, 0, field->size);
	memcpy(out, json_string_value(value), len);
	return 0;
}

static int
parse_enum(
    const struct record_field *field, json_t *value, char *out, struct err *err)
{
	const char *name = json_string_value(value);

	for (unsigned i = 0; name != NULL && i < field->size; i++) {
		if (strcmp(field->enum_name(i), name) == 0) {
			memcpy(out, &i, sizeof i);
			return 0;
		}
	}
	err_set(err, "'%s' is not one of its names", field->name);
	return -EBADMSG;
}

static int
parse_int(
    const struct record_field *field, json_t *value, char *out, struct err *err)
{
	int64_t number = json_integer_value(value);

	if (!json_is_integer(value) ||
	    (field->type == RECORD_U64 && number < 0)) {
		err_set(err, "'%s' is not a%s integer", field->name,
		    field->type == RECORD_U64 ? " non-negative" : "n");
		return -EBADMSG;
	}
	memcpy(out, &number, sizeof number);
	return 0;
}

int
record_parse(const struct record_field *field, json_t *value, void *record,
    struct err *err)
{
	char *out = (char *)record + field->offset;
	bool flag = json_is_true(value);

	switch (field->type) {
	case RECORD_TEXT:
		return parse_text(field, value, out, err);
	case RECORD_ENUM:
		return parse_enum(field, value, out, err);
	case RECORD_U64:
	case RECORD_I64:
		return parse_int(field, value, out, err);
	case RECORD_BOOL:
		break;
	}
	if (!json_is_boolean(value)) {
		err_set(err, "'%s' is neither true nor false", field->name);
		return -EBADMSG;
	}
	memcpy(out, &flag, sizeof flag);
	return 0;
}

const struct record_field *
record_find(const struct record_field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

json_t *
record_load(const char *text, size_t len, size_t max, struct err *err)
{
	json_error_t json_err;
	json_t *root;

	if (len > max) {
		err_set(err, "%zu bytes, more than %zu", len, max);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &json_err);
	if (root == NULL) {
		err_at(err, NULL, json_err.line, json_err.column,
		    "not JSON: %s", json_err.text);
		return NULL;
	}
	if (!json_is_object(root)) {
		err_set(err, "not a JSON object");
		json_decref(root);
		return NULL;
	}
	return root;
}
