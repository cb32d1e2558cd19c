/*
 * Whether a rendered document means what its reader takes: cloud-init's
 * schemas for user-data, vendor-data and network-config, ours for the
 * `autoinstall:` section and meta-data, and rules that no schema can say.
 * Errors are what the reader refuses; warnings are what it ignores, or what an
 * operator hardly wants. Pure.
 */
#ifndef CONVECT_CORE_LINT_H
#define CONVECT_CORE_LINT_H

#include <stddef.h>

#include "base/err.h"
#include "inventory/problems.h"
#include "inventory/value.h"

enum lint_doc {
	LINT_NOTHING,
	LINT_USER_DATA,
	LINT_META_DATA,
	LINT_VENDOR_DATA,
	LINT_NETWORK_CONFIG,
};

struct lint_finding {
	enum problem_severity severity;
	char key[256];	/* "autoinstall.ssh.allow-pw"; "" for the whole */
	struct err err; /* file is the document's name; the text has the key */
};

struct lint_report {
	struct lint_finding *list;
	size_t count;
	size_t size;
	size_t errors;
};

void lint_report_done(struct lint_report *report);
void lint_report_reset(struct lint_report *report); /* memory kept */
/* `key` may be NULL. */
void lint_report_add(struct lint_report *report, enum problem_severity severity,
    const char *key, const struct err *err);
/* NULL when there is none. */
const struct err *lint_report_first_error(const struct lint_report *report);

/* The schemas. They are part of the program: this can not fail. */
struct lint *lint_new(void);
void lint_free(struct lint *lint);

struct lint_input {
	enum lint_doc doc;
	const char *name; /* for messages: "user-data" */
	const char *text; /* as rendered, for places */
	size_t len;
	struct value value;	   /* the text, parsed */
	const char *image_version; /* or "noble"; "" when not known */
};

/* Appends what it finds. `lint` may be NULL: then it looks at nothing. */
void lint_check(const struct lint *lint, const struct lint_input *input,
    struct lint_report *report);

#endif
