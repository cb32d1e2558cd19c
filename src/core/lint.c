#include "core/lint.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lint_rules.h"
#include "core/release.h"
#include "core/schema_data.h"

struct lint {
	struct schema_set *schemas;
};

/* ---- the report --------------------------------------------------------- */

void
lint_report_done(struct lint_report *report)
{
	free(report->list);
	memset(report, 0, sizeof *report);
}

void
lint_report_reset(struct lint_report *report)
{
	report->count = 0;
	report->errors = 0;
}

void
lint_report_add(struct lint_report *report, enum problem_severity severity,
    const char *key, const struct err *err)
{
	struct lint_finding *finding;

	/* A document gives at most SCHEMA_FINDINGS_MAX. */
	if (report->count == report->size) {
		report->size = 2 * report->size + 4;
		report->list = mem_resize(
		    report->list, report->size, sizeof *report->list);
	}
	finding = &report->list[report->count++];
	finding->severity = severity;
	str_copy(finding->key, sizeof finding->key, key == NULL ? "" : key);
	finding->err = *err;
	report->errors += severity == PROBLEM_ERROR;
}

const struct err *
lint_report_first_error(const struct lint_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->list[i].severity == PROBLEM_ERROR)
			return &report->list[i].err;
	return NULL;
}

/* ---- the documents ------------------------------------------------------ */

struct lint *
lint_new(void)
{
	struct lint *lint = mem_alloc(sizeof *lint);
	struct err err = {0};
	char text[1024];

	if (schema_set_new(
		schema_data, schema_data_count, &lint->schemas, &err) < 0) {
		/* Built wrong; no test lets that pass. */
		(void)fprintf(stderr, "schemas: %s\n",
		    err_format(&err, text, sizeof text));
		abort();
	}
	return lint;
}

void
lint_free(struct lint *lint)
{
	if (lint == NULL)
		return;
	schema_set_free(lint->schemas);
	free(lint);
}

static const char *
cloud_init_version(const struct lint_input *input)
{
	const struct release *release = release_find(input->image_version);

	return release == NULL ? NULL : release->cloud_init;
}

/* The installer's cloud-init looks for strange keys from 24.04 on. */
static bool
ignores_strange_keys(const struct lint_input *input)
{
	const struct release *release = release_find(input->image_version);

	return release != NULL && release->installer < 202404;
}

static void
check_autoinstall(const struct lint *lint, const struct lint_input *input,
    struct value section, struct schema_findings *findings)
{
	const struct yaml_step network_path[] = {
	    {"autoinstall", 0}, {"network", 0}};
	const struct yaml_step user_data_path[] = {
	    {"autoinstall", 0}, {"user-data", 0}};
	struct schema_how how = {.prefix = network_path, .prefix_len = 1};
	struct value network = value_map_get(section, "network");
	struct value user_data = value_map_get(section, "user-data");

	schema_check(lint->schemas, "autoinstall", section, &how, findings);
	if (section.type != VALUE_MAP)
		return;
	how.prefix_len = 2;
	/* netplan reads it, which knows more keys than cloud-init. */
	how.warn_unknown = true;
	if (network.type == VALUE_MAP)
		schema_check(lint->schemas, "network-config-v2", network, &how,
		    findings);
	how.prefix = user_data_path;
	how.warn_unknown = false;
	how.warn_top = ignores_strange_keys(input);
	how.version = cloud_init_version(input);
	if (user_data.type == VALUE_MAP)
		schema_check(
		    lint->schemas, "cloud-config", user_data, &how, findings);
	lint_rules_autoinstall(section, input->image_version, findings);
}

/* Keys of the section that stand beside it are a common mistake. */
static void
hint_misplaced(const struct lint *lint, struct schema_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct schema_finding *finding = &findings->list[i];

		if (finding->depth == 1 && finding->path[0].key != NULL &&
		    schema_has_key(
			lint->schemas, "autoinstall", finding->path[0].key) &&
		    !schema_has_key(
			lint->schemas, "cloud-config", finding->path[0].key))
			str_copy(finding->hint, sizeof finding->hint,
			    "it belongs below 'autoinstall:'");
	}
}

static void
check_cloud_config(const struct lint *lint, const struct lint_input *input,
    struct schema_findings *findings)
{
	struct value section = value_map_get(input->value, "autoinstall");
	bool installs = section.type != VALUE_UNDEFINED;
	/* A booted system's cloud-init only logs keys that it does not know. */
	struct schema_how how = {
	    .warn_top = !installs || ignores_strange_keys(input),
	    .version = cloud_init_version(input)};

	schema_check(
	    lint->schemas, "cloud-config", input->value, &how, findings);
	hint_misplaced(lint, findings);
	if (installs)
		check_autoinstall(lint, input, section, findings);
}

static void
check_vendor_data(const struct lint *lint, const struct lint_input *input,
    struct schema_findings *findings)
{
	struct schema_how how = {
	    .warn_top = true, .version = cloud_init_version(input)};

	if (str_starts(input->text, "#cloud-config\n"))
		schema_check(lint->schemas, "cloud-config", input->value, &how,
		    findings);
}

static void
check_meta_data(const struct lint *lint, const struct lint_input *input,
    struct schema_findings *findings)
{
	struct schema_how how = {0};

	schema_check(lint->schemas, "meta-data", input->value, &how, findings);
	lint_rules_meta_data(input->value, findings);
}

/* Version 1 or 2, at the top or below `network:`; empty means none. */
static void
check_network_config(const struct lint *lint, const struct lint_input *input,
    struct schema_findings *findings)
{
	struct value root = value_map_get(input->value, "network");
	struct schema_how how = {0};
	struct schema_finding *finding;
	struct value version;

	if (input->value.type == VALUE_NULL)
		return;
	if (root.type != VALUE_MAP)
		root = input->value;
	if (strcmp(value_str(value_map_get(root, "config")), "disabled") == 0)
		return;
	version = value_map_get(root, "version");
	if (version.type == VALUE_INT && version.u.i == 1) {
		schema_check(lint->schemas, "network-config-v1", input->value,
		    &how, findings);
	} else if (version.type == VALUE_INT && version.u.i == 2) {
		how.warn_unknown = true;
		schema_check(lint->schemas, "network-config-v2", input->value,
		    &how, findings);
	} else {
		finding = schema_findings_add(findings, false);
		str_copy(finding->text, sizeof finding->text,
		    "has no 'version' that is 1 or 2");
		str_copy(finding->hint, sizeof finding->hint,
		    "'version: 2' is netplan's form");
	}
}

/* Two schemas may look at one key. */
static bool
is_told(const struct lint_report *report, const struct err *err)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct err *told = &report->list[i].err;

		if (told->line == err->line && told->col == err->col &&
		    strcmp(told->text, err->text) == 0)
			return true;
	}
	return false;
}

/* A key's finding reads "KEY must be ..."; the document's "the document ...".
 */
static void
report_finding(const struct lint_input *input,
    const struct schema_finding *finding, struct lint_report *report)
{
	struct err err = {0};
	char key[256];
	int line;
	int col;

	(void)schema_path(finding, key, sizeof key);
	yaml_find_place(input->text, input->len, finding->path, finding->depth,
	    &line, &col);
	err_at(&err, input->name, line, col, "%s %s",
	    key[0] == '\0' ? "the document" : key, finding->text);
	if (finding->hint[0] != '\0')
		err_hint(&err, "%s", finding->hint);
	if (is_told(report, &err))
		return;
	lint_report_add(report,
	    finding->warning ? PROBLEM_WARNING : PROBLEM_ERROR, key, &err);
}

void
lint_check(const struct lint *lint, const struct lint_input *input,
    struct lint_report *report)
{
	static void (*const checks[])(const struct lint *lint,
	    const struct lint_input *input,
	    struct schema_findings *findings) = {
	    [LINT_USER_DATA] = check_cloud_config,
	    [LINT_META_DATA] = check_meta_data,
	    [LINT_VENDOR_DATA] = check_vendor_data,
	    [LINT_NETWORK_CONFIG] = check_network_config,
	};
	struct schema_findings findings = {0};

	if (lint == NULL || input->doc == LINT_NOTHING)
		return;
	checks[input->doc](lint, input, &findings);
	for (size_t i = 0; i < findings.count; i++)
		report_finding(input, &findings.list[i], report);
	schema_findings_done(&findings);
}
