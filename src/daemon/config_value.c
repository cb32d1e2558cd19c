#include "daemon/config_private.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/aptcache.h"
#include "base/ipv4net.h"
#include "base/mem.h"
#include "base/str.h"

static void *
member(struct config *config, const struct option *option)
{
	return (char *)config + option->offset;
}

static const void *
member_of(const struct config *config, const struct option *option)
{
	return (const char *)config + option->offset;
}

bool
option_is_list(const struct option *option)
{
	return option->type == OPTION_PATHS ||
	       option->type == OPTION_INTERFACES ||
	       option->type == OPTION_NETWORKS ||
	       option->type == OPTION_UPSTREAMS;
}

bool
option_is_string(const struct option *option)
{
	return option->type == OPTION_WORD || option->type == OPTION_PATH ||
	       option->type == OPTION_ABSOLUTE;
}

static int
set_int(const struct option *option, int64_t *ret_value, const char *text,
    struct err *err)
{
	if (str_to_i64(text, option->min, option->max, ret_value) == 0)
		return 0;
	err_set(err, "%s: \"%s\" is not a number from %" PRId64 " to %" PRId64,
	    option->name, text, option->min, option->max);
	return -EINVAL;
}

/* YAML reads a bare `on` as a truth value. */
static const char *
switch_word(const struct option *option, const char *text)
{
	if ((option->flags & OPTION_SWITCH) == 0)
		return text;
	if (strcmp(text, "true") == 0)
		return "on";
	return strcmp(text, "false") == 0 ? "off" : text;
}

static int
set_choice(const struct option *option, int64_t *ret_value, const char *text,
    struct err *err)
{
	const char *word = switch_word(option, text);
	char list[64] = "";
	size_t used = 0;

	for (int64_t i = 0; option->choices[i] != NULL; i++) {
		if (strcmp(option->choices[i], word) == 0) {
			*ret_value = i;
			return 0;
		}
		used += (size_t)snprintf(list + used, sizeof list - used,
		    "%s%s", i == 0 ? "" : ", ", option->choices[i]);
	}
	err_set(err, "%s: \"%s\" is none of %s", option->name, text, list);
	return -EINVAL;
}

static char *
absolute_path(const char *path)
{
	char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	char *out =
	    cwd == NULL ? mem_strdup(path) : mem_printf("%s/%s", cwd, path);

	free(cwd);
	return out;
}

static int
set_string(
    const struct option *option, char **slot, const char *text, struct err *err)
{
	char *value = option->type == OPTION_ABSOLUTE ? absolute_path(text)
						      : mem_strdup(text);

	if (option->max > 0 && strlen(value) > (size_t)option->max) {
		err_set(err,
		    "%s: longer than the %" PRId64 " bytes that the "
		    "system allows: %s",
		    option->name, option->max, value);
		free(value);
		return -EINVAL;
	}
	free(*slot);
	*slot = value;
	return 0;
}

static int
check_interface(const struct option *option, const char *text, struct err *err)
{
	if (strlen(text) < IFNAMSIZ && strpbrk(text, "/ \t\n") == NULL)
		return 0;
	err_set(err, "%s: \"%s\" is not the name of a network interface",
	    option->name, text);
	return -EINVAL;
}

static int
check_network(const struct option *option, const char *text, struct err *err)
{
	struct ipv4net net;
	struct err why = {0};

	if (ipv4net_parse(text, &net, &why) == 0)
		return 0;
	err_set(err, "%s: %s", option->name, why.text);
	err_hint(err, "%s", why.hint);
	return -EINVAL;
}

static int
add_item(const struct option *option, struct config_list *list,
    const char *text, struct err *err)
{
	if (option->type == OPTION_INTERFACES &&
	    check_interface(option, text, err) < 0)
		return -EINVAL;
	if (option->type == OPTION_NETWORKS &&
	    check_network(option, text, err) < 0)
		return -EINVAL;
	if (option->type == OPTION_UPSTREAMS &&
	    aptcache_check_upstream(text, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->item[i], text) == 0) {
			err_set(err, "%s: \"%s\" is named twice", option->name,
			    text);
			return -EINVAL;
		}
	}
	if (list->count == CONFIG_LIST_MAX) {
		err_set(err, "%s: more than %d of them", option->name,
		    CONFIG_LIST_MAX);
		return -EINVAL;
	}
	list->item[list->count++] = mem_strdup(text);
	return 0;
}

int
option_set_text(struct config *config, const struct option *option,
    const char *text, struct err *err)
{
	void *slot = member(config, option);

	if (text[0] == '\0') {
		err_set(err, "%s: must not be empty", option->name);
		return -EINVAL;
	}
	switch (option->type) {
	case OPTION_INT:
		return set_int(option, slot, text, err);
	case OPTION_CHOICE:
		return set_choice(option, slot, text, err);
	case OPTION_WORD:
	case OPTION_PATH:
	case OPTION_ABSOLUTE:
		return set_string(option, slot, text, err);
	case OPTION_PATHS:
	case OPTION_INTERFACES:
	case OPTION_NETWORKS:
	case OPTION_UPSTREAMS:
		return add_item(option, slot, text, err);
	case OPTION_FLAG:
		break;
	}
	*(bool *)slot = true;
	return 0;
}

static int
set_scalar(struct config *config, const struct option *option,
    struct value value, struct err *err)
{
	int64_t number;
	char text[32];
	bool on;

	if (value.type == VALUE_STRING)
		return option_set_text(config, option, value_str(value), err);
	if (value.type == VALUE_INT && value_as_int(value, &number) == 0) {
		(void)snprintf(text, sizeof text, "%" PRId64, number);
		return option_set_text(config, option, text, err);
	}
	if ((option->flags & OPTION_SWITCH) != 0 &&
	    value_as_bool(value, &on) == 0)
		return option_set_text(config, option, on ? "on" : "off", err);
	err_set(err, "%s: expected %s, found %s", option->name,
	    option->type == OPTION_INT ? "a number" : "a string",
	    value_type_name(value));
	return -EINVAL;
}

int
option_set_value(struct config *config, const struct option *option,
    struct value value, struct err *err)
{
	if (!option_is_list(option) || value.type != VALUE_LIST)
		return set_scalar(config, option, value, err);
	for (size_t i = 0; i < value_len(value); i++) {
		int ret =
		    set_scalar(config, option, value_list_at(value, i), err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static bool
lists_equal(const struct config_list *a, const struct config_list *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->item[i], b->item[i]) == 0;
	return same;
}

static bool
strings_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
option_equal(
    const struct option *option, const struct config *a, const struct config *b)
{
	const void *left = member_of(a, option);
	const void *right = member_of(b, option);

	if (option->type == OPTION_FLAG)
		return *(const bool *)left == *(const bool *)right;
	if (option_is_list(option))
		return lists_equal(left, right);
	if (option_is_string(option))
		return strings_equal(
		    *(char *const *)left, *(char *const *)right);
	return *(const int64_t *)left == *(const int64_t *)right;
}

struct value
option_value(const struct option *option, const struct config *config)
{
	const void *slot = member_of(config, option);
	struct value value;

	if (option->type == OPTION_CHOICE)
		return value_string(option->choices[*(const int64_t *)slot]);
	if (option->type == OPTION_INT)
		return value_int(*(const int64_t *)slot);
	if (option_is_string(option))
		return *(char *const *)slot == NULL
			   ? value_null()
			   : value_string(*(char *const *)slot);
	value = value_list_new();
	for (size_t i = 0; i < ((const struct config_list *)slot)->count; i++)
		value_list_add(value,
		    value_string(((const struct config_list *)slot)->item[i]));
	return value;
}

static void
list_done(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	list->count = 0;
}

void
option_copy(
    const struct option *option, struct config *to, const struct config *from)
{
	*(int64_t *)member(to, option) =
	    *(const int64_t *)member_of(from, option);
}

void
option_done(const struct option *option, struct config *config)
{
	void *slot = member(config, option);

	if (option_is_list(option))
		list_done(slot);
	else if (option_is_string(option))
		free(*(char **)slot);
}
