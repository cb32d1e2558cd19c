#include "daemon/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "daemon/config_private.h"
#include "inventory/problems.h"
#include "inventory/yaml.h"

#define CONFIG_BYTES_MAX (1u << 20)

/* Which options somebody has set, by index. */
struct given {
	bool set[CONFIG_OPTIONS_MAX];
};

void
config_init(struct config *config)
{
	struct err err = {0};

	memset(config, 0, sizeof *config);
	for (size_t i = 0; config_options[i].name != NULL; i++) {
		if (config_options[i].def != NULL)
			(void)option_set_text(config, &config_options[i],
			    config_options[i].def, &err);
	}
}

void
config_done(struct config *config)
{
	for (size_t i = 0; config_options[i].name != NULL; i++)
		option_done(&config_options[i], config);
	memset(config, 0, sizeof *config);
}

/* ---- the command line ---- */

static int
unexpected_arg(const char *arg, struct err *err)
{
	err_set(err, "unexpected argument \"%s\"", arg);
	if (arg[0] != '-')
		err_hint(err, "is it the inventory? --inventory %s", arg);
	else
		err_hint(err, "convect-pxed --help lists all options");
	return -EINVAL;
}

static int
unknown_option(const char *name, size_t len, struct err *err)
{
	char *copy = mem_strndup(name, len);

	err_set(err, "unknown option --%s", copy);
	config_hint_nearest(copy, "--", err);
	free(copy);
	return -EINVAL;
}

/* One option and its value, if it takes one. Returns the arguments used. */
static int
take_arg(struct config *config, char *const argv[], struct given *given,
    struct err *err)
{
	const char *name = argv[0] + 2;
	size_t len = strcspn(name, "=");
	const struct option *option = config_find_option(name, len);
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	int used = 1;

	if (option == NULL)
		return unknown_option(name, len, err);
	if (option->type == OPTION_FLAG && value != NULL) {
		err_set(err, "--%s takes no value", option->name);
		return -EINVAL;
	}
	if (option->type != OPTION_FLAG && value == NULL) {
		value = argv[1];
		used = 2;
	}
	if (option->type == OPTION_FLAG)
		value = "yes";
	if (value == NULL) {
		err_set(
		    err, "--%s needs a value: %s", option->name, option->arg);
		return -EINVAL;
	}
	given->set[option - config_options] = true;
	return option_set_text(config, option, value, err) < 0 ? -EINVAL : used;
}

static int
parse_args(struct config *config, int argc, char *const argv[],
    struct given *given, struct err *err)
{
	for (int i = 1; i < argc;) {
		int used = str_starts(argv[i], "--") && argv[i][2] != '\0'
			       ? take_arg(config, argv + i, given, err)
			       : unexpected_arg(argv[i], err);

		if (used < 0)
			return used;
		i += used;
	}
	return 0;
}

/* ---- maps: the file, and what the parent hands to a role ---- */

static int
take_entry(struct config *config, const char *name, struct value value,
    const struct given *given, struct err *err)
{
	const struct option *option = config_find_option(name, strlen(name));

	if (option == NULL) {
		err_set(err, "unknown option \"%s\"", name);
		config_hint_nearest(name, "", err);
		return -EINVAL;
	}
	if ((option->flags & OPTION_NOT_IN_FILE) != 0) {
		err_set(err, "%s: only on the command line", option->name);
		return -EINVAL;
	}
	if (given->set[option - config_options])
		return 0;
	if (option->offset == offsetof(struct config, user))
		config->user_given = true;
	return option_set_value(config, option, value, err);
}

static int
take_doc(struct config *config, const struct yaml_doc *doc, const char *file,
    const struct given *given, struct err *err)
{
	if (doc->value.type == VALUE_NULL)
		return 0;
	if (doc->value.type != VALUE_MAP) {
		err_at(err, file, 1, 1,
		    "expected a map of options to values, found %s",
		    value_type_name(doc->value));
		return -EINVAL;
	}
	for (size_t i = 0; i < value_len(doc->value); i++) {
		const char *name = value_map_key_at(doc->value, i);
		int ret = take_entry(
		    config, name, value_map_at(doc->value, i), given, err);
		const struct yaml_place *place =
		    yaml_doc_place(doc, value_map_name_at(doc->value, i));

		if (ret < 0) {
			err_place(err, file, place == NULL ? 0 : place->line,
			    place == NULL ? 0 : place->col);
			return ret;
		}
	}
	return 0;
}

static int
parse_file(struct config *config, const struct given *given, struct err *err)
{
	struct yaml_doc doc = {0};
	struct problems problems;
	struct buf text;
	int ret;

	problems_init(&problems);
	buf_init(&text, CONFIG_BYTES_MAX);
	ret = file_read(config->config_file, &text, err);
	if (ret == 0)
		ret = yaml_parse_doc(text.data, text.len, config->config_file,
		    &problems, &doc, err);
	if (ret == 0 && problems.count > 0) { /* a key that is there twice */
		*err = problems.list[0].err;
		ret = -EINVAL;
	}
	if (ret == 0)
		ret = take_doc(config, &doc, config->config_file, given, err);
	yaml_doc_done(&doc);
	buf_done(&text);
	problems_done(&problems);
	return ret;
}

/* As Ansible has it: the environment stands in for the option. */
static int
take_environment(struct config *config, struct err *err)
{
	static const char option[] = "vault-password-file";
	const char *file = getenv("CONVECT_VAULT_PASSWORD_FILE");

	if (file == NULL || *file == '\0' ||
	    config->vault_password_files.count > 0)
		return 0;
	return option_set_text(
	    config, config_find_option(option, sizeof option - 1), file, err);
}

/* What only makes sense together. */
static int
check_whole(const struct config *config, struct err *err)
{
	if (config->inventory.count == 0) {
		err_set(err, "no inventory given");
		err_hint(err, "convect-pxed --inventory macs.ini");
		return -EINVAL;
	}
	if (config->http_port == config->files_port) {
		err_set(err,
		    "http-port and files-port are both %" PRId64
		    "; they must differ",
		    config->http_port);
		return -EINVAL;
	}
	return 0;
}

int
config_load(
    struct config *config, int argc, char *const argv[], struct err *err)
{
	struct given given = {0};
	int ret = parse_args(config, argc, argv, &given, err);

	if (ret < 0 || config->help || config->version)
		return ret;
	config->user_given =
	    given.set[config_find_option("user", 4) - config_options];
	if (config->config_file != NULL)
		ret = parse_file(config, &given, err);
	if (ret == 0)
		ret = take_environment(config, err);
	return ret < 0 ? ret : check_whole(config, err);
}

/* ---- reload ---- */

void
config_reload(
    struct config *config, const struct config *fresh, struct buf *ret_stale)
{
	for (size_t i = 0; config_options[i].name != NULL; i++) {
		const struct option *option = &config_options[i];

		if (option_equal(option, config, fresh))
			continue;
		if ((option->flags & OPTION_RELOADABLE) != 0)
			option_copy(option, config, fresh);
		else
			buf_addf(ret_stale, "%s%s",
			    ret_stale->len == 0 ? "" : ", ", option->name);
	}
}

/* ---- for the roles ---- */

struct value
config_to_value(const struct config *config)
{
	struct value map = value_map_new();

	for (size_t i = 0; config_options[i].name != NULL; i++) {
		struct value value;

		if ((config_options[i].flags & OPTION_NOT_IN_FILE) != 0)
			continue;
		value = option_value(&config_options[i], config);
		if (value.type != VALUE_NULL)
			value_map_set(map, config_options[i].name, value);
	}
	return map;
}

int
config_from_value(struct config *config, struct value map, struct err *err)
{
	const struct given none = {0};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < value_len(map); i++)
		ret = take_entry(config, value_map_key_at(map, i),
		    value_map_at(map, i), &none, err);
	return ret;
}
