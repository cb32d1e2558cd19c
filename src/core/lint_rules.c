#include "core/lint_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/release.h"

/* One section under a rule. */
struct context {
	struct value section;
	const struct release *release; /* NULL: not known */
	struct schema_findings *findings;
};

/* A dotted path below the section; VALUE_UNDEFINED when it leads nowhere. */
static struct value
get(const struct context *context, const char *path)
{
	struct value value = context->section;
	char step[64];

	while (*path != '\0') {
		size_t len = strcspn(path, ".");

		(void)snprintf(step, sizeof step, "%.*s", (int)len, path);
		value = value_map_get(value, step);
		path += len + (path[len] == '.');
	}
	return value;
}

static bool
has(const struct context *context, const char *path)
{
	struct value value = get(context, path);

	return value.type != VALUE_UNDEFINED && value.type != VALUE_NULL;
}

/* `keys` lead down from the section; the second or both may be NULL. */
static void
tell(const struct context *context, bool warning, const char *const keys[2],
    const char *text, const char *hint)
{
	struct schema_finding *finding =
	    schema_findings_add(context->findings, warning);

	finding->path[finding->depth++].key = "autoinstall";
	for (size_t i = 0; i < 2 && keys[i] != NULL; i++)
		finding->path[finding->depth++].key = keys[i];
	str_copy(finding->text, sizeof finding->text, text);
	str_copy(finding->hint, sizeof finding->hint, hint);
}

/* ---- the autoinstall section -------------------------------------------- */

static void
rule_identity(const struct context *context)
{
	static const char *const keys[2] = {NULL};

	if (!has(context, "identity") && !has(context, "user-data"))
		tell(context, false, keys,
		    "has neither 'identity' nor 'user-data'",
		    "the installer creates no account and stops");
}

static void
rule_username(const struct context *context)
{
	static const char *const keys[2] = {"identity", "username"};
	static const char *const taken[] = {"root", "admin", "daemon", "bin",
	    "sys", "sync", "games", "man", "lp", "mail", "news", "uucp",
	    "proxy", "www-data", "backup", "list", "irc", "nobody"};
	const char *name = value_str(get(context, "identity.username"));

	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		if (strcmp(name, taken[i]) == 0)
			tell(context, false, keys,
			    "is a name that Ubuntu keeps for itself",
			    "the installer refuses it: take another one");
}

static void
rule_interactive(const struct context *context)
{
	static const char *const keys[2] = {"interactive-sections"};

	if (value_len(get(context, "interactive-sections")) > 0)
		tell(context, true, keys,
		    "makes the installer wait for somebody at the console",
		    "and it sends no reports; leave it out");
}

static void
rule_mirrors(const struct context *context)
{
	static const char *const keys[2] = {"apt", "primary"};

	if (has(context, "apt.primary") && has(context, "apt.mirror-selection"))
		tell(context, false, keys,
		    "can not be there together with 'mirror-selection'",
		    "leave one of them out");
}

static bool
is_unknown(const struct context *context, const char *what)
{
	return context->release != NULL &&
	       !release_knows(context->release, what);
}

/* The guard gives the installer the one disk's path, whatever the match is. */
static bool
has_guard(const struct context *context)
{
	struct value early = get(context, "early-commands");

	for (size_t i = 0; i < value_len(early); i++) {
		struct value command = value_list_at(early, i);

		if (strcmp(value_str(value_list_at(command, 0)),
			"/run/convect/disk-guard") == 0)
			return true;
	}
	return false;
}

static void
rule_match_list(const struct context *context)
{
	static const char *const keys[2] = {"storage", "layout"};

	if (get(context, "storage.layout.match").type == VALUE_LIST &&
	    is_unknown(context, "storage.match.list") && !has_guard(context))
		tell(context, true, keys,
		    "has a list as 'match', which the installer takes from "
		    "24.08.1 on",
		    "give one mapping");
}

/* Keys that came with a later installer; it says nothing of them. */
static void
rule_keys(const struct context *context)
{
	for (size_t i = 0; i < value_len(context->section); i++) {
		const char *keys[2] = {
		    value_map_key_at(context->section, i), NULL};
		char text[128];

		if (!is_unknown(context, keys[0]))
			continue;
		(void)snprintf(text, sizeof text,
		    "is not known to the installer before %s",
		    release_next_with(context->release, keys[0]));
		tell(context, true, keys, text, "it is ignored there");
	}
}

/* A hash that no password gives is how an account is locked. */
static bool
is_usable_password(struct value hash)
{
	const char *text = value_str(hash);

	return strlen(text) > 1 && *text != '!' && *text != '*';
}

static void
rule_login(const struct context *context)
{
	static const char *const keys[2] = {NULL};
	static const char *const ways[] = {"user-data.ssh_authorized_keys",
	    "user-data.ssh_import_id", "user-data.users", "user-data.user",
	    "user-data.password", "user-data.chpasswd", "active-directory"};

	if (value_len(get(context, "ssh.authorized-keys")) > 0 ||
	    is_usable_password(get(context, "identity.password")))
		return;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (has(context, ways[i]))
			return;
	tell(context, true, keys,
	    "gives nobody a way to log in: no key, no password",
	    "set ssh_authorized_keys or admin_password_hash");
}

void
lint_rules_autoinstall(struct value autoinstall, const char *image_version,
    struct schema_findings *findings)
{
	static void (*const rules[])(const struct context *context) = {
	    rule_identity, rule_username, rule_interactive, rule_mirrors,
	    rule_match_list, rule_keys, rule_login};
	struct context context = {
	    autoinstall, release_find(image_version), findings};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		rules[i](&context);
}

/* ---- meta-data ---------------------------------------------------------- */

void
lint_rules_meta_data(struct value meta_data, struct schema_findings *findings)
{
	struct schema_finding *finding;

	if (meta_data.type != VALUE_MAP ||
	    value_map_get(meta_data, "instance-id").type != VALUE_UNDEFINED)
		return;
	finding = schema_findings_add(findings, true);
	str_copy(
	    finding->text, sizeof finding->text, "lacks the key 'instance-id'");
	str_copy(finding->hint, sizeof finding->hint,
	    "cloud-init then takes every install for the same one");
}
