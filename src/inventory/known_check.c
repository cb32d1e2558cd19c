/* Whether the values of known variables are of their types. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "inventory/addrlist.h"
#include "inventory/identlist.h"
#include "inventory/known_private.h"
#include "inventory/maclist.h"

int
known_misfit(const struct known_var *var, struct value value, struct err *err,
    const char *want)
{
	struct value_json_style style = {.indent = -1, .utf8 = true};
	struct buf shown;

	if ((var->flags & KNOWN_SECRET) != 0 ||
	    (value.flags & VALUE_SECRET) != 0) {
		err_set(err, "%s must be %s", var->name, want);
		return -EINVAL;
	}
	buf_init(&shown, 100);
	value_write_json_as(value, &style, &shown);
	err_set(err, "%s must be %s, not %s", var->name, want,
	    buf_bad(&shown) ? value_type_name(value) : shown.data);
	buf_done(&shown);
	return -EINVAL;
}

static int
check_bool(const struct known_var *var, struct value value, struct err *err)
{
	bool b;

	if (value_as_bool(value, &b) == 0)
		return 0;
	err_hint(err, "write true or false");
	return known_misfit(var, value, err, "true or false");
}

static int
check_int(const struct known_var *var, struct value value, struct err *err)
{
	int64_t i;

	if (value_as_int(value, &i) == 0 && i >= var->min && i <= var->max)
		return 0;
	err_hint(err, "a whole number from %" PRId64 " to %" PRId64, var->min,
	    var->max);
	return known_misfit(var, value, err, "a number");
}

/* Milliseconds are as fine as it gets; further digits do not count. */
static int
parse_ms(const char *text, int64_t *ret_ms)
{
	int64_t ms = 0;
	int64_t unit = 1000;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9' && ms < INT32_MAX; text++)
		ms = ms * 10 + (*text - '0') * unit;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			unit /= 10;
			ms += (*text - '0') * unit;
		}
	}
	if (*text != '\0')
		return -EINVAL;
	*ret_ms = ms;
	return 0;
}

int
known_as_ms(struct value value, int64_t *ret_ms)
{
	struct value text = known_as_string(value);
	int ret = text.type == VALUE_STRING && value.type != VALUE_BOOL
		      ? parse_ms(value_str(text), ret_ms)
		      : -EINVAL;

	value_unref(text);
	return ret;
}

static int
check_seconds(const struct known_var *var, struct value value, struct err *err)
{
	int64_t ms;

	if (known_as_ms(value, &ms) == 0 && ms >= var->min * 1000 &&
	    ms <= var->max * 1000)
		return 0;
	err_hint(err, "from %" PRId64 " to %" PRId64 ", as in 0.5", var->min,
	    var->max);
	return known_misfit(var, value, err, "a number of seconds");
}

struct value
known_as_string(struct value value)
{
	struct buf buf;
	struct value text;

	if (value.type == VALUE_STRING)
		return value_ref(value);
	if (value.type < VALUE_BOOL || value.type > VALUE_FLOAT)
		return (struct value){.type = VALUE_UNDEFINED};
	buf_init(&buf, 64);
	value_write_json(value, -1, false, &buf);
	text = value_string_len(buf.data, buf.len);
	buf_done(&buf);
	return text;
}

static bool
is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	const char *at = choices;

	for (;;) {
		size_t n = strcspn(at, "|");

		if (n == len && memcmp(at, word, n) == 0)
			return true;
		if (at[n] == '\0')
			return false;
		at += n + 1;
	}
}

static int
check_string(const struct known_var *var, struct value value, struct err *err)
{
	struct value text = known_as_string(value);
	bool fits = text.type == VALUE_STRING &&
		    (var->type != KNOWN_ENUM ||
			is_choice(var->choices, value_str(text)));

	if (fits && var->type == KNOWN_STRING && var->max > 0 &&
	    strlen(value_str(text)) > (size_t)var->max) {
		value_unref(text);
		err_hint(err, "at most %" PRId64 " bytes", var->max);
		return known_misfit(var, value, err, "shorter");
	}
	value_unref(text);
	if (fits)
		return 0;
	if (var->type != KNOWN_ENUM)
		return known_misfit(var, value, err, "text");
	err_hint(err, "one of %s", var->choices);
	return known_misfit(var, value, err, "one of a few words");
}

static int
check_template(const struct known_var *var, struct value value, struct err *err)
{
	if (value.type == VALUE_STRING && str_is_inner_path(value_str(value)))
		return 0;
	err_hint(err, "a name within the template directories, as in "
		      "\"gpu/user-data.j2\"");
	return known_misfit(var, value, err, "the name of a template");
}

static int
check_addrs(const struct known_var *var, struct value value, struct err *err)
{
	struct addrlist list;

	(void)var;
	return addrlist_parse(value, &list, err);
}

static int
check_macs(const struct known_var *var, struct value value, struct err *err)
{
	struct maclist list;
	size_t offset;

	(void)var;
	return maclist_parse(value, NULL, &list, &offset, err);
}

static int
check_uuids(const struct known_var *var, struct value value, struct err *err)
{
	struct identlist list;

	(void)var;
	return identlist_parse(IDENT_UUID, value, NULL, &list, err);
}

static int
check_serials(const struct known_var *var, struct value value, struct err *err)
{
	struct identlist list;

	(void)var;
	return identlist_parse(IDENT_SERIAL, value, NULL, &list, err);
}

static bool
is_text_list(struct value value)
{
	if (value.type != VALUE_LIST)
		return false;
	for (size_t i = 0; i < value_len(value); i++)
		if (value_list_at(value, i).type != VALUE_STRING)
			return false;
	return true;
}

static int
check_list(const struct known_var *var, struct value value, struct err *err)
{
	if (is_text_list(value))
		return 0;
	err_hint(err, "as in %s=['one', 'two']", var->name);
	return known_misfit(var, value, err, "a list of strings");
}

static int
check_commands(const struct known_var *var, struct value value, struct err *err)
{
	bool fits = value.type == VALUE_LIST;

	for (size_t i = 0; fits && i < value_len(value); i++)
		fits = value_list_at(value, i).type == VALUE_STRING ||
		       is_text_list(value_list_at(value, i));
	if (fits)
		return 0;
	err_hint(
	    err, "as in %s=['echo one', ['echo', 'two words']]", var->name);
	return known_misfit(var, value, err, "a list of commands");
}

static int
check_map(const struct known_var *var, struct value value, struct err *err)
{
	if (value.type == VALUE_MAP)
		return 0;
	err_hint(err, "a mapping in group_vars/ or host_vars/");
	return known_misfit(var, value, err, "a mapping");
}

static int (*const checks[])(
    const struct known_var *var, struct value value, struct err *err) = {
    [KNOWN_BOOL] = check_bool,
    [KNOWN_INT] = check_int,
    [KNOWN_SECONDS] = check_seconds,
    [KNOWN_STRING] = check_string,
    [KNOWN_ENUM] = check_string,
    [KNOWN_PATH] = check_string,
    [KNOWN_TEMPLATE] = check_template,
    [KNOWN_MACS] = check_macs,
    [KNOWN_ADDRS] = check_addrs,
    [KNOWN_UUIDS] = check_uuids,
    [KNOWN_SERIALS] = check_serials,
    [KNOWN_LIST] = check_list,
    [KNOWN_COMMANDS] = check_commands,
    [KNOWN_MAP] = check_map,
    [KNOWN_SIZE] = known_check_size,
    [KNOWN_NETS] = known_check_nets,
    [KNOWN_IPS] = known_check_ips,
    [KNOWN_ROUTES] = known_check_routes,
    [KNOWN_DISKS] = known_check_disks,
};

int
known_check(const struct known_var *var, struct value value, struct err *err)
{
	if (value.type == VALUE_NULL || value_has_template(value))
		return 0;
	return checks[var->type](var, value, err);
}
