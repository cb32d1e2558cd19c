#include "core/install_vars.h"

#include <string.h>

#include "base/str.h"
#include "core/image.h"
#include "core/release.h"
#include "inventory/known.h"
#include "template/template.h"

/* One host under the rules. */
struct asked {
	const struct tmpl_input *input;
	struct tmpl_env *env;
	struct lint_report *report;
	const struct release *release;
	const char *version; /* of the image, for texts */
	struct value value;  /* of the variable at hand, expanded */
	bool mirrored;	     /* storage_layout is raid1 */
};

/* Expanded, or its default; the caller's. What can not be is undefined. */
static struct value
variable(const struct asked *asked, const char *name)
{
	struct value own = value_map_get(asked->input->vars, name);
	struct value value;

	if (own.type == VALUE_UNDEFINED || own.type == VALUE_NULL)
		return known_default(name);
	if (tmpl_eval(asked->env, name, own, asked->input, &value, NULL) < 0)
		return (struct value){.type = VALUE_UNDEFINED};
	return value;
}

static bool
is_set(const struct asked *asked)
{
	return asked->value.type != VALUE_UNDEFINED;
}

static bool
is_true(const struct asked *asked)
{
	bool b = false;

	return value_as_bool(asked->value, &b) == 0 && b;
}

static bool
is_false(const struct asked *asked)
{
	return is_set(asked) && !is_true(asked);
}

static bool
is_other_source(const struct asked *asked)
{
	return strcmp(value_str(asked->value), "ubuntu-server") != 0;
}

static bool
is_poweroff(const struct asked *asked)
{
	return strcmp(value_str(asked->value), "poweroff") == 0;
}

static bool
is_zfs(const struct asked *asked)
{
	return strcmp(value_str(asked->value), "zfs") == 0;
}

/* A mirror's storage is written out, which all installers heed. */
static bool
is_swap(const struct asked *asked)
{
	struct value text = known_as_string(asked->value);
	bool swap = strspn(value_str(text), "0") < value_str_len(text);

	value_unref(text);
	return swap && !asked->mirrored;
}

static bool
is_disk_first(const struct asked *asked)
{
	return is_false(asked) && !asked->mirrored;
}

/* ---- os_disk ------------------------------------------------------------ */

static bool
is_no_pair(const struct asked *asked)
{
	return asked->mirrored && (asked->value.type != VALUE_LIST ||
				      value_len(asked->value) != 2);
}

/* ---- what is merged ----------------------------------------------------- */

static bool
has_commands(const struct asked *asked)
{
	static const char *const keys[] = {
	    "early-commands", "late-commands", "error-commands", "reporting"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (value_map_get(asked->value, keys[i]).type !=
		    VALUE_UNDEFINED)
			return true;
	return false;
}

static bool
has_run_commands(const struct asked *asked)
{
	struct value user_data = value_map_get(asked->value, "user-data");

	return value_map_get(asked->value, "runcmd").type != VALUE_UNDEFINED ||
	       value_map_get(user_data, "runcmd").type != VALUE_UNDEFINED;
}

/* ---- the rules ---------------------------------------------------------- */

/*
 * `feature` is a name of core/release.h, and `text` says what needs it; with
 * NULL `text` is the whole sentence.
 */
static const struct rule {
	const char *variable;
	bool (*asks)(const struct asked *asked);
	const char *feature;
	enum problem_severity severity;
	const char *text;
	const char *hint;
} rules[] = {
    {"kdump", is_true, "kernel-crash-dumps", PROBLEM_ERROR, "kdump=true",
	"install_packages can bring linux-crashdump"},
    {"kernel_flavor", is_set, "kernel", PROBLEM_ERROR, "kernel_flavor",
	"install_packages can bring a kernel"},
    {"install_source", is_other_source, "source", PROBLEM_ERROR,
	"install_source", "its ISO has one system only"},
    {"after_install", is_poweroff, "shutdown", PROBLEM_ERROR,
	"after_install=poweroff", "it restarts the machine"},
    {"storage_layout", is_zfs, "storage.layout.zfs", PROBLEM_ERROR,
	"storage_layout=zfs", "direct, lvm and raid1 are known to all"},
    {"swap_size", is_swap, "storage.swap", PROBLEM_ERROR, "swap_size",
	"late_commands can make a swap file"},
    {"reorder_uefi", is_disk_first, "storage.swap", PROBLEM_ERROR,
	"reorder_uefi=false", "late_commands can call efibootmgr"},
    {"os_disk", is_no_pair, NULL, PROBLEM_ERROR,
	"os_disk has to be a list of two disks with storage_layout=raid1",
	"as in os_disk=['SERIAL1*', 'SERIAL2*']"},
    {"extra_autoinstall", has_commands, NULL, PROBLEM_ERROR,
	"extra_autoinstall would replace commands or reports of ours",
	"early_commands, late_commands and error_commands add to them"},
    {"extra_autoinstall", has_run_commands, NULL, PROBLEM_WARNING,
	"extra_autoinstall replaces the commands that report the first boot",
	"run_commands adds to them"},
    {"extra_user_data", has_run_commands, NULL, PROBLEM_WARNING,
	"extra_user_data replaces the commands that report the first boot",
	"run_commands adds to them"},
};

static void
tell(const struct asked *asked, const struct rule *rule)
{
	struct err err = {0};

	if (rule->feature == NULL)
		err_set(&err, "%s", rule->text);
	else
		err_set(&err,
		    "%s can not be asked of the installer of %s: that came "
		    "with %s",
		    rule->text, asked->version,
		    release_next_with(asked->release, rule->feature));
	err_hint(&err, "%s", rule->hint);
	lint_report_add(asked->report, rule->severity, NULL, &err);
}

static void
look(struct asked *asked, const struct rule *rule)
{
	if (rule->feature != NULL &&
	    release_knows(asked->release, rule->feature))
		return;
	asked->value = variable(asked, rule->variable);
	if (rule->asks(asked))
		tell(asked, rule);
	value_unref(asked->value);
}

void
install_vars_check(const struct tmpl_input *input, struct tmpl_env *env,
    struct lint_report *report)
{
	struct value image = value_map_get(input->vars, "image");
	const char *version = value_str(value_map_get(image, "version"));
	const char *name = value_str(value_map_get(image, "release"));
	struct asked asked = {.input = input,
	    .env = env,
	    .report = report,
	    .release = release_of_image(version, name)};
	struct value layout;

	if (strcmp(value_str(value_map_get(image, "kind")),
		image_kind_name(IMAGE_AUTOINSTALL)) != 0)
		return;
	asked.version = version[0] != '\0' ? version : asked.release->version;
	layout = variable(&asked, "storage_layout");
	asked.mirrored = strcmp(value_str(layout), "raid1") == 0;
	value_unref(layout);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		look(&asked, &rules[i]);
}
