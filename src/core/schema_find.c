#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/schema_private.h"

/* ---- findings ----------------------------------------------------------- */

struct schema_finding *
schema_findings_add(struct schema_findings *findings, bool warning)
{
	struct schema_finding *finding;

	/* One place more than is kept, for those that are not. */
	if (findings->count == findings->size) {
		findings->size = 2 * findings->size + 1;
		findings->list = mem_resize(
		    findings->list, findings->size, sizeof *findings->list);
	}
	finding = &findings->list[findings->count];
	if (findings->count < SCHEMA_FINDINGS_MAX)
		findings->count++;
	memset(finding, 0, sizeof *finding);
	finding->warning = warning;
	findings->errors += !warning;
	return finding;
}

void
schema_findings_done(struct schema_findings *findings)
{
	free(findings->list);
	memset(findings, 0, sizeof *findings);
}

struct schema_finding *
schema_add_finding(struct schema_run *run, bool warning)
{
	struct schema_finding *finding =
	    schema_findings_add(run->findings, warning);

	memcpy(finding->path, run->path, run->depth * sizeof run->path[0]);
	finding->depth = run->depth;
	return finding;
}

void
schema_findings_move(struct schema_findings *from, struct schema_findings *to)
{
	for (size_t i = 0; i < from->count; i++)
		*schema_findings_add(to, from->list[i].warning) = from->list[i];
}

const char *
schema_path(const struct schema_finding *finding, char *out, size_t size)
{
	size_t at = 0;
	int len;

	out[0] = '\0';
	for (size_t i = 0; i < finding->depth && at < size; i++) {
		const struct yaml_step *step = &finding->path[i];

		if (step->key == NULL)
			len =
			    snprintf(out + at, size - at, "[%zu]", step->index);
		else
			len = snprintf(out + at, size - at, "%s%s",
			    i == 0 ? "" : ".", step->key);
		at += len > 0 ? (size_t)len : 0;
	}
	return out;
}
