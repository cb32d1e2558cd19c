#include "inventory/identlist.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define UUID_DIGITS 32

/* What boards of many vendors say instead of a serial number. */
static const char *const placeholders[] = {
    "TO BE FILLED BY O.E.M.",
    "DEFAULT STRING",
    "SYSTEM SERIAL NUMBER",
    "NOT SPECIFIED",
    "NOT APPLICABLE",
    "NOT AVAILABLE",
    "NONE",
    "N/A",
    "UNKNOWN",
    "O.E.M.",
    "INVALID",
    "123456789",
    "0123456789",
};

static const char *const kind_names[] = {
    [IDENT_UUID] = "UUID",
    [IDENT_SERIAL] = "serial number",
};

static int
bad_ident(enum ident_kind kind, const char *text, size_t len, struct err *err)
{
	err_set(err, "\"%.*s\" is not a %s",
	    (int)(len < IDENT_LEN_MAX ? len : IDENT_LEN_MAX), text,
	    kind_names[kind]);
	err_hint(err, "%s",
	    kind == IDENT_UUID
		? "as `dmidecode -s system-uuid` prints it, 32 hex digits"
		: "as `dmidecode -s system-serial-number` prints it");
	return -EINVAL;
}

static int
shared_ident(enum ident_kind kind, const char *text, struct err *err)
{
	err_set(err, "\"%s\" is what many machines have for a %s", text,
	    kind_names[kind]);
	err_hint(err, "name the machine by its MAC");
	return -EINVAL;
}

/* Nothing but one of these characters. */
static bool
is_filler(const char *text, const char *chars)
{
	return strchr(chars, text[0]) != NULL &&
	       text[strspn(text, (char[]){text[0], '\0'})] == '\0';
}

static int
normalize_uuid(
    const char *text, size_t len, char out[IDENT_LEN_MAX + 1], struct err *err)
{
	char digits[UUID_DIGITS + 1];
	size_t n = 0, i, at = 0;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '-' || (c == '{' && i == 0) ||
		    (c == '}' && i == len - 1))
			continue;
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (n == UUID_DIGITS || c == '\0' ||
		    strchr("0123456789abcdef", c) == NULL)
			return bad_ident(IDENT_UUID, text, len, err);
		digits[n++] = c;
	}
	if (n != UUID_DIGITS)
		return bad_ident(IDENT_UUID, text, len, err);
	digits[n] = '\0';
	if (is_filler(digits, "0f"))
		return shared_ident(IDENT_UUID, digits, err);
	for (i = 0; i < n; i++) {
		if (at == 8 || at == 13 || at == 18 || at == 23)
			out[at++] = '-';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return 0;
}

static int
normalize_serial(
    const char *text, size_t len, char out[IDENT_LEN_MAX + 1], struct err *err)
{
	size_t i;

	if (len == 0 || len > IDENT_LEN_MAX)
		return bad_ident(IDENT_SERIAL, text, len, err);
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c < ' ' || c > '~')
			return bad_ident(IDENT_SERIAL, text, len, err);
		out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	out[len] = '\0';
	for (i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++)
		if (strcmp(out, placeholders[i]) == 0)
			return shared_ident(IDENT_SERIAL, out, err);
	return is_filler(out, "0X.-*") ? shared_ident(IDENT_SERIAL, out, err)
				       : 0;
}

int
ident_normalize(enum ident_kind kind, const char *text, size_t len,
    char out[IDENT_LEN_MAX + 1], struct err *err)
{
	while (len > 0 && strchr(" \t\r\n", text[0]) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	return kind == IDENT_UUID ? normalize_uuid(text, len, out, err)
				  : normalize_serial(text, len, out, err);
}

static int
add_ident(enum ident_kind kind, struct identlist *list, const char *text,
    size_t len, struct err *err)
{
	char ident[IDENT_LEN_MAX + 1];
	size_t i;
	int ret = ident_normalize(kind, text, len, ident, err);

	if (ret < 0)
		return ret;
	for (i = 0; i < list->count; i++)
		if (strcmp(list->at[i], ident) == 0)
			return 0;
	if (list->count == IDENTLIST_MAX) {
		err_set(err, "more than %d of a machine's %ss", IDENTLIST_MAX,
		    kind_names[kind]);
		return -EINVAL;
	}
	memcpy(list->at[list->count++], ident, strlen(ident) + 1);
	return 0;
}

static int
add_text(enum ident_kind kind, struct identlist *list, const char *text,
    struct err *err)
{
	int ret = 0;

	if (text[strspn(text, " \t\r\n")] == '\0')
		return 0;
	for (;;) {
		size_t len = strcspn(text, ",");

		ret = add_ident(kind, list, text, len, err);
		if (ret < 0 || text[len] == '\0')
			return ret;
		text += len + 1;
	}
}

static int
add_items(enum ident_kind kind, struct identlist *list, struct value items,
    struct err *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < value_len(items) && ret == 0; i++) {
		struct value item = value_list_at(items, i);

		if (item.type == VALUE_STRING) {
			ret = add_ident(kind, list, value_str(item),
			    value_str_len(item), err);
			continue;
		}
		err_set(err, "a %s that is read as %s", kind_names[kind],
		    value_type_name(item));
		err_hint(err, "put it in quotes");
		ret = -EINVAL;
	}
	return ret;
}

int
identlist_parse(enum ident_kind kind, struct value value, const char *raw,
    struct identlist *ret_list, struct err *err)
{
	struct identlist list = {.count = 0};
	bool tuple = (value.flags & VALUE_TUPLE) != 0;
	int ret = 0;

	if (value.type == VALUE_STRING) {
		ret = add_text(kind, &list, value_str(value), err);
	} else if (value.type == VALUE_LIST && (!tuple || raw == NULL)) {
		ret = add_items(kind, &list, value, err);
	} else if (raw != NULL && value.type != VALUE_NULL &&
		   strpbrk(raw, "('\"{") == NULL) {
		ret = add_text(kind, &list, raw, err);
	} else if (value.type != VALUE_NULL) {
		err_set(err, "expected a %s, not %s", kind_names[kind],
		    value_type_name(value));
		err_hint(err, "put it in quotes");
		ret = -EINVAL;
	}
	if (ret == 0)
		*ret_list = list;
	return ret;
}
