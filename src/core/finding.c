#include "core/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const area_names[FINDING_AREAS] = {
    [AREA_DAEMON] = "daemon",
    [AREA_INTERFACES] = "interfaces",
    [AREA_PORTS] = "ports",
    [AREA_FIREWALL] = "firewall",
    [AREA_DHCP] = "DHCP",
    [AREA_LOADERS] = "loaders",
    [AREA_SECURE_BOOT] = "Secure Boot",
    [AREA_TFTP] = "TFTP",
    [AREA_HTTP] = "HTTP",
    [AREA_DISK] = "disk",
    [AREA_CLOCK] = "clock",
    [AREA_HOST] = "host",
    [AREA_INVENTORY] = "inventory",
};

static const char *const severity_names[FINDING_SEVERITIES] = {
    [FINDING_OK] = "ok",
    [FINDING_NOTE] = "note",
    [FINDING_WARNING] = "warning",
    [FINDING_BLOCKER] = "blocker",
};

const char *
finding_area_name(enum finding_area area)
{
	return area_names[area];
}

const char *
finding_severity_name(enum finding_severity severity)
{
	return severity_names[severity];
}

void
findings_init(struct findings *findings)
{
	memset(findings, 0, sizeof *findings);
}

void
findings_done(struct findings *findings)
{
	free(findings->list);
	memset(findings, 0, sizeof *findings);
}

/* NULL when there is no room for more. */
static struct finding *
add_finding(struct findings *findings, enum finding_area area,
    enum finding_severity severity)
{
	struct finding *finding;

	findings->severities[severity]++;
	if (findings->count == FINDINGS_MAX)
		return NULL;
	if (findings->count == findings->size) {
		findings->size = findings->size == 0 ? 32 : findings->size * 2;
		findings->list = mem_resize(
		    findings->list, findings->size, sizeof *findings->list);
	}
	finding = &findings->list[findings->count++];
	*finding = (struct finding){.area = area, .severity = severity};
	return finding;
}

void
findings_add(
    struct findings *findings, enum finding_id id, const char *fmt, ...)
{
	const struct finding_kind *kind = finding_kind(id);
	struct finding *finding =
	    add_finding(findings, kind->area, kind->severity);
	va_list ap;

	if (finding == NULL)
		return;
	finding->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(finding->what, sizeof finding->what, fmt, ap);
	va_end(ap);
}

void
findings_fix(struct findings *findings, const char *fmt, ...)
{
	struct finding *finding;
	va_list ap;

	if (findings->count == 0 || findings->count == FINDINGS_MAX)
		return;
	finding = &findings->list[findings->count - 1];
	va_start(ap, fmt);
	(void)vsnprintf(finding->fix, sizeof finding->fix, fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 4, 0))) static void
add_text(struct findings *findings, enum finding_area area,
    enum finding_severity severity, const char *fmt, va_list ap)
{
	struct finding *finding = add_finding(findings, area, severity);

	if (finding != NULL)
		(void)vsnprintf(finding->what, sizeof finding->what, fmt, ap);
}

void
findings_ok(
    struct findings *findings, enum finding_area area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(findings, area, FINDING_OK, fmt, ap);
	va_end(ap);
}

void
findings_unchecked(
    struct findings *findings, enum finding_area area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(findings, area, FINDING_NOTE, fmt, ap);
	va_end(ap);
}

const char *
finding_id_of(const struct finding *finding)
{
	if (finding->kind != NULL)
		return finding->kind->id;
	return finding->severity == FINDING_OK ? "ok" : "not-checked";
}

const char *
finding_why(const struct finding *finding)
{
	return finding->kind == NULL ? "" : finding->kind->why;
}

const char *
finding_fix(const struct finding *finding)
{
	if (finding->fix[0] != '\0')
		return finding->fix;
	return finding->kind == NULL ? "" : finding->kind->fix;
}

/* ---- telling ------------------------------------------------------------ */

static void
add_count(struct buf *out, size_t count, const char *thing)
{
	if (count == 0)
		buf_addf(out, "no %ss", thing);
	else
		buf_addf(out, "%zu %s%s", count, thing, count == 1 ? "" : "s");
}

void
findings_summary(const struct findings *findings, struct buf *out)
{
	const size_t *count = findings->severities;

	add_count(out, count[FINDING_BLOCKER], "blocker");
	buf_adds(out, ", ");
	add_count(out, count[FINDING_WARNING], "warning");
	buf_adds(out, ", ");
	add_count(out, count[FINDING_NOTE], "note");
	buf_addf(out, "; %zu check%s fine", count[FINDING_OK],
	    count[FINDING_OK] == 1 ? " is" : "s are");
}

static struct value
finding_json(const struct finding *finding)
{
	struct value row = value_map_new();

	value_map_set(
	    row, "area", value_string(finding_area_name(finding->area)));
	value_map_set(row, "id", value_string(finding_id_of(finding)));
	value_map_set(row, "severity",
	    value_string(finding_severity_name(finding->severity)));
	value_map_set(row, "what", value_string(finding->what));
	if (finding->kind != NULL) {
		value_map_set(row, "why", value_string(finding_why(finding)));
		value_map_set(row, "fix", value_string(finding_fix(finding)));
	}
	return row;
}

struct value
findings_json(const struct findings *findings)
{
	const size_t *count = findings->severities;
	struct value map = value_map_new();
	struct value rows = value_list_new();

	for (size_t i = 0; i < findings->count; i++)
		value_list_add(rows, finding_json(&findings->list[i]));
	value_map_set(map, "ok", value_bool(count[FINDING_BLOCKER] == 0));
	value_map_set(
	    map, "blockers", value_int((int64_t)count[FINDING_BLOCKER]));
	value_map_set(
	    map, "warnings", value_int((int64_t)count[FINDING_WARNING]));
	value_map_set(map, "notes", value_int((int64_t)count[FINDING_NOTE]));
	value_map_set(map, "findings", rows);
	return map;
}
