#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/schema_private.h"

static const struct {
	const char *name;
	unsigned bit;
	const char *shown;
} types[] = {
    {"string", IS_STRING, "a string"},
    {"integer", IS_INTEGER, "a whole number"},
    {"number", IS_NUMBER, "a number"},
    {"boolean", IS_BOOLEAN, "true or false"},
    {"array", IS_ARRAY, "a list"},
    {"object", IS_OBJECT, "a mapping"},
    {"null", IS_NULL, "null"},
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

/* ---- types -------------------------------------------------------------- */

static unsigned
type_bit(const char *name)
{
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].bit;
	return 0;
}

/* Of the keyword `type`: a name or a list of names. */
unsigned
schema_type_bits(struct value arg)
{
	unsigned bits = 0;

	if (arg.type == VALUE_STRING)
		return type_bit(value_str(arg));
	for (size_t i = 0; i < value_len(arg); i++)
		bits |= type_bit(value_str(value_list_at(arg, i)));
	return bits;
}

unsigned
schema_value_bits(struct value value)
{
	static const unsigned bits[] = {
	    [VALUE_NULL] = IS_NULL,
	    [VALUE_BOOL] = IS_BOOLEAN,
	    [VALUE_INT] = IS_INTEGER | IS_NUMBER,
	    [VALUE_FLOAT] = IS_NUMBER,
	    [VALUE_STRING] = IS_STRING,
	    [VALUE_LIST] = IS_ARRAY,
	    [VALUE_MAP] = IS_OBJECT,
	    [VALUE_OBJECT] = 0,
	};

	return bits[value.type];
}

static const char *
shown_type(struct value value)
{
	unsigned bits = schema_value_bits(value);

	for (size_t i = 0; i < TYPE_COUNT; i++)
		if ((types[i].bit & bits) != 0)
			return value.type == VALUE_BOOL ? "a truth value"
							: types[i].shown;
	return "something else";
}

/* "must be a string, a list or null, not a number" */
void
schema_add_misfit(struct schema_run *run, unsigned want, struct value value)
{
	struct schema_finding *finding = schema_add_finding(run, false);
	struct buf text;
	size_t left = 0;
	size_t named = 0;

	for (size_t i = 0; i < TYPE_COUNT; i++)
		left += (types[i].bit & want) != 0;
	buf_init(&text, sizeof finding->text - 1);
	buf_adds(&text, "must be ");
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if ((types[i].bit & want) == 0)
			continue;
		if (named++ > 0)
			buf_adds(&text, left == 1 ? " or " : ", ");
		buf_adds(&text, types[i].shown);
		left--;
	}
	buf_addf(&text, ", not %s", shown_type(value));
	str_copy(finding->text, sizeof finding->text, text.data);
	finding->misfit = true;
	buf_done(&text);
}

void
schema_check_type(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	unsigned want = schema_type_bits(arg);

	(void)schema;
	if ((want & schema_value_bits(value)) == 0)
		schema_add_misfit(run, want, value);
}

/* ---- scalars ------------------------------------------------------------ */

/* A word is quoted as it would be typed; secrets are never short words. */
static void
add_choice(struct value choice, struct buf *out)
{
	if (choice.type == VALUE_STRING)
		buf_addf(out, "'%s'", value_str(choice));
	else
		value_write_json(choice, -1, false, out);
}

void
schema_check_enum(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	struct schema_finding *finding;
	struct buf text;

	(void)schema;
	for (size_t i = 0; i < value_len(arg); i++) {
		struct value choice = value_list_at(arg, i);

		/* 1 and true are equal only in Python. */
		if ((schema_value_bits(choice) & schema_value_bits(value)) !=
			0 &&
		    value_equal(choice, value))
			return;
	}
	finding = schema_add_finding(run, false);
	finding->choice = true;
	buf_init(&text, sizeof finding->text - 1);
	buf_adds(&text, value_len(arg) == 1 ? "must be " : "must be one of ");
	for (size_t i = 0; i < value_len(arg) && i < 12; i++) {
		buf_adds(&text, i == 0 ? "" : ", ");
		add_choice(value_list_at(arg, i), &text);
	}
	if (value_len(arg) > 12)
		buf_adds(&text, ", ...");
	buf_adds(&text, ", not ");
	if (value.type == VALUE_STRING && value_str_len(value) > 32)
		buf_adds(&text, "what it is");
	else if (value.type < VALUE_LIST)
		add_choice(value, &text);
	else
		buf_adds(&text, shown_type(value));
	str_copy(finding->text, sizeof finding->text, text.data);
	buf_done(&text);
}

void
schema_check_pattern(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	if (value.type == VALUE_STRING &&
	    !schema_set_matches(run->set, value_str(arg), value_str(value)))
		FINDING_TEXT(schema_add_finding(run, false),
		    "must look like %s", value_str(arg));
}

static double
as_double(struct value value)
{
	return value.type == VALUE_INT ? (double)value.u.i : value.u.f;
}

void
schema_check_minimum(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	if ((schema_value_bits(value) & IS_NUMBER) != 0 &&
	    as_double(value) < as_double(arg))
		FINDING_TEXT(schema_add_finding(run, false),
		    "must be at least %g", as_double(arg));
}

void
schema_check_maximum(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	if ((schema_value_bits(value) & IS_NUMBER) != 0 &&
	    as_double(value) > as_double(arg))
		FINDING_TEXT(schema_add_finding(run, false),
		    "must be at most %g", as_double(arg));
}

/* Characters are counted, not bytes. */
static size_t
text_len(struct value value)
{
	const char *text = value_str(value);
	size_t count = 0;

	for (size_t i = 0; i < value_str_len(value); i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

void
schema_check_min_length(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	if (value.type == VALUE_STRING && text_len(value) < (size_t)arg.u.i)
		FINDING_TEXT(schema_add_finding(run, false),
		    "must be at least %lld characters long",
		    (long long)arg.u.i);
}

void
schema_check_max_length(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	if (value.type == VALUE_STRING && text_len(value) > (size_t)arg.u.i)
		FINDING_TEXT(schema_add_finding(run, false),
		    "must be at most %lld characters long", (long long)arg.u.i);
}

/* ---- what is on its way out ---------------------------------------------- */

/* "24.10" is behind "24.2". */
static bool
is_older(const char *version, const char *than)
{
	char *end;
	char *than_end;
	unsigned long year = strtoul(version, &end, 10);
	unsigned long than_year = strtoul(than, &than_end, 10);

	if (year != than_year)
		return year < than_year;
	return strtoul(end + (*end == '.'), NULL, 10) <
	       strtoul(than_end + (*than_end == '.'), NULL, 10);
}

/* `arg` has "since", a version of the reader, and "use", what to do. */
static void
add_deprecated(struct schema_run *run, struct value arg, const char *what)
{
	const char *since = value_str(value_map_get(arg, "since"));
	const char *version = run->how->version;
	struct schema_finding *finding;

	if (version != NULL && is_older(version, since))
		return;
	finding = schema_add_finding(run, true);
	FINDING_TEXT(finding, "%s since cloud-init %s", what, since);
	str_copy(finding->hint, sizeof finding->hint,
	    value_str(value_map_get(arg, "use")));
}

void
schema_check_deprecated(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	(void)value;
	add_deprecated(run, arg, "is deprecated");
}

/* The form of the value, not the key. */
void
schema_check_changed(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	(void)value;
	add_deprecated(run, arg, "has a form that is deprecated");
}
