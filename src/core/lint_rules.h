/*
 * What no schema says about a document: keys that exclude each other, keys
 * that a release does not know, machines that nobody could log in to.
 */
#ifndef CONVECT_CORE_LINT_RULES_H
#define CONVECT_CORE_LINT_RULES_H

#include "core/schema.h"

/* `autoinstall` is the section, a map, at the top of user-data. */
void lint_rules_autoinstall(struct value autoinstall, const char *image_version,
    struct schema_findings *findings);
void lint_rules_meta_data(
    struct value meta_data, struct schema_findings *findings);

#endif
