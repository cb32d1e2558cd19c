/*
 * What a host's variables ask of an install that the image's installer can not
 * do, or that would take from an install what keeps it safe. The schemas can
 * not see it: the templates leave out what the installer does not know.
 */
#ifndef CONVECT_CORE_INSTALL_VARS_H
#define CONVECT_CORE_INSTALL_VARS_H

#include "core/lint.h"

struct tmpl_env; /* template/template.h */
struct tmpl_input;

/*
 * Appends what it finds. `input` is what user-data is rendered with; without an
 * image of kind autoinstall in it there is nothing to find.
 */
void install_vars_check(const struct tmpl_input *input, struct tmpl_env *env,
    struct lint_report *report);

#endif
