/* Types of the variables that say how a system is installed. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inventory/known_private.h"

#define WORD_MAX 128 /* of one address */

/* Of one address, or of all between commas. */
typedef bool check_word(const char *word);

static bool
is_ip(const char *word)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, word, &addr) == 1 ||
	       inet_pton(AF_INET6, word, &addr) == 1;
}

/* "10.0.0.5/24" */
static bool
is_net(const char *word)
{
	const char *slash = strchr(word, '/');
	char addr[WORD_MAX];
	long max;
	long bits;
	char *end;

	if (slash == NULL || (size_t)(slash - word) >= sizeof addr ||
	    slash[1] < '0' || slash[1] > '9')
		return false;
	str_copy(addr, sizeof addr, word);
	addr[slash - word] = '\0';
	max = strchr(addr, ':') == NULL ? 32 : 128;
	bits = strtol(slash + 1, &end, 10);
	return is_ip(addr) && *end == '\0' && bits <= max;
}

/* "a, b": at least one, and all good. */
static bool
is_words(struct value text, check_word *check)
{
	const char *at = value_str(text);
	char word[WORD_MAX];

	if (text.type != VALUE_STRING || strlen(at) != value_str_len(text))
		return false;
	for (;;) {
		size_t len = strcspn(at, ",");
		size_t end = len;

		while (*at == ' ') {
			at++;
			len--;
			end--;
		}
		while (end > 0 && at[end - 1] == ' ')
			end--;
		if (end >= sizeof word)
			return false;
		memcpy(word, at, end);
		word[end] = '\0';
		if (!check(word))
			return false;
		if (at[len] == '\0')
			return true;
		at += len + 1;
	}
}

static bool
is_words_or_list(struct value value, check_word *check)
{
	if (value.type != VALUE_LIST)
		return is_words(value, check);
	for (size_t i = 0; i < value_len(value); i++) {
		struct value text = value_list_at(value, i);

		if (text.type != VALUE_STRING || !check(value_str(text)) ||
		    strlen(value_str(text)) != value_str_len(text))
			return false;
	}
	return value_len(value) > 0;
}

int
known_check_ips(
    const struct known_var *var, struct value value, struct err *err)
{
	if (is_words_or_list(value, is_ip))
		return 0;
	err_hint(err, "as in 10.0.0.1 or \"10.0.0.1, 2001:db8::1\"");
	return known_misfit(var, value, err, "one or several addresses");
}

int
known_check_nets(
    const struct known_var *var, struct value value, struct err *err)
{
	if (is_words_or_list(value, is_net))
		return 0;
	err_hint(err, "as in 10.0.0.5/24 or \"10.0.0.5/24, 2001:db8::5/64\"");
	return known_misfit(
	    var, value, err, "one or several addresses with their prefix");
}

int
known_check_size(
    const struct known_var *var, struct value value, struct err *err)
{
	struct value text = known_as_string(value);
	const char *at = value_str(text);
	size_t digits = strspn(at, "0123456789");
	bool fits = text.type == VALUE_STRING && value.type != VALUE_BOOL &&
		    digits > 0 && digits < 16;

	if (fits && at[digits] != '\0')
		fits = strchr("KMGT", at[digits]) != NULL &&
		       at[digits + 1] == '\0';
	value_unref(text);
	if (fits)
		return 0;
	err_hint(err, "bytes, or a number with K, M, G or T, as in 8G");
	return known_misfit(var, value, err, "a size");
}

/* ---- mappings ----------------------------------------------------------- */

/* The keys that a mapping may have. */
struct key_rule {
	const char *key;
	bool (*fits)(struct value value);
};

static bool
fits_text(struct value value)
{
	return value.type == VALUE_STRING && value_str_len(value) > 0;
}

static bool
fits_bool(struct value value)
{
	return value.type == VALUE_BOOL;
}

static bool
fits_size(struct value value)
{
	return strcmp(value_str(value), "smallest") == 0 ||
	       strcmp(value_str(value), "largest") == 0;
}

static bool
fits_ip(struct value value)
{
	return value.type == VALUE_STRING && is_ip(value_str(value));
}

static bool
fits_target(struct value value)
{
	return value.type == VALUE_STRING &&
	       (is_net(value_str(value)) || is_ip(value_str(value)) ||
		   strcmp(value_str(value), "default") == 0);
}

static bool
fits_number(struct value value)
{
	return value.type == VALUE_INT && value.u.i >= 0;
}

static bool
fits_rules(struct value map, const struct key_rule *rules)
{
	if (map.type != VALUE_MAP || value_len(map) == 0)
		return false;
	for (size_t i = 0; i < value_len(map); i++) {
		const struct key_rule *rule = rules;

		while (rule->key != NULL &&
		       strcmp(rule->key, value_map_key_at(map, i)) != 0)
			rule++;
		if (rule->key == NULL || !rule->fits(value_map_at(map, i)))
			return false;
	}
	return true;
}

int
known_check_routes(
    const struct known_var *var, struct value value, struct err *err)
{
	static const struct key_rule rules[] = {{"to", fits_target},
	    {"via", fits_ip}, {"metric", fits_number}, {NULL, NULL}};
	bool fits = value.type == VALUE_LIST;

	for (size_t i = 0; fits && i < value_len(value); i++) {
		struct value route = value_list_at(value, i);

		fits = fits_rules(route, rules) &&
		       value_map_get(route, "to").type != VALUE_UNDEFINED &&
		       value_map_get(route, "via").type != VALUE_UNDEFINED;
	}
	if (fits)
		return 0;
	err_hint(err,
	    "as in %s=[{'to': '10.9.0.0/16', 'via': '10.0.0.1'}]; 'metric' is "
	    "the third key",
	    var->name);
	return known_misfit(var, value, err, "a list of routes");
}

/* A serial number, or what the installer matches disks by. */
static bool
fits_disk(struct value value)
{
	static const struct key_rule rules[] = {{"serial", fits_text},
	    {"model", fits_text}, {"vendor", fits_text}, {"path", fits_text},
	    {"id_path", fits_text}, {"size", fits_size}, {"ssd", fits_bool},
	    {NULL, NULL}};

	if (value.type == VALUE_MAP)
		return fits_rules(value, rules);
	return fits_text(value) || value.type == VALUE_INT;
}

int
known_check_disks(
    const struct known_var *var, struct value value, struct err *err)
{
	bool fits =
	    value.type == VALUE_LIST ? value_len(value) > 0 : fits_disk(value);

	if (value.type == VALUE_LIST)
		for (size_t i = 0; fits && i < value_len(value); i++)
			fits = fits_disk(value_list_at(value, i));
	if (fits)
		return 0;
	err_hint(err, "a serial number, a mapping with some of serial, model, "
		      "vendor, path, id_path, size (smallest or largest) and "
		      "ssd, or a list of these");
	return known_misfit(var, value, err, "a disk");
}
