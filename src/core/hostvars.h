/*
 * The variables of a site's hosts, expanded: what `hostvars` is to templates,
 * and what the known variables say to us. A value that holds "{{ }}" is
 * expanded when it is asked for, with its own host's variables, once for each
 * reading of the files.
 *
 * Knows nothing of provisioners, images and tokens: those come with a render
 * (core/profile.h), so a known variable can not be made of them.
 */
#ifndef CONVECT_CORE_HOSTVARS_H
#define CONVECT_CORE_HOSTVARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "inventory/inventory.h"
#include "inventory/value.h"

struct hostvars;
struct tmpl_env; /* template/template.h */

/*
 * Keeps a reference to the inventory; `env` must outlive it. `filter`, if not
 * NULL, is put over every host's variables (it masks secrets): it returns a new
 * value.
 */
struct hostvars *hostvars_new(struct inventory *inv, struct tmpl_env *env,
    struct value (*filter)(struct value vars));
/* NULL is fine. Values that came from it must be gone, but for plain ones. */
void hostvars_free(struct hostvars *hostvars);

/*
 * A host's variables, a new map: its own, and over them inventory_hostname,
 * inventory_hostname_short, group_names, groups, mac (the first) and macs.
 */
struct value hostvars_map(
    struct hostvars *hostvars, const struct inv_host *host);

/*
 * For struct tmpl_input and struct profile_input, `arg` being the struct
 * hostvars: gives `hostvars`, and -ENOENT for any other name.
 */
int hostvars_lookup(
    void *arg, const char *name, struct value *ret_value, struct err *err);

/*
 * A known variable, expanded, or its default. -EINVAL when it is not of its
 * type, -ELOOP when variables name each other in a circle, or whatever else
 * can be wrong with a template: err says so. For bool and int -ENOENT: it is
 * not set and has no default. hostvars_str gives "" for that; its value is the
 * caller's.
 */
int hostvars_bool(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, bool *ret_bool, struct err *err);
int hostvars_int(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, int64_t *ret_int, struct err *err);
/* Of KNOWN_SECONDS, in milliseconds. */
int hostvars_ms(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, int64_t *ret_ms, struct err *err);
int hostvars_str(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, struct value *ret_value, struct err *err);

/* The value itself, VALUE_UNDEFINED without; the caller's. */
int hostvars_value(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, struct value *ret_value, struct err *err);

/* All known variables of the host: the first that is wrong, or 0. */
int hostvars_check(
    struct hostvars *hostvars, const struct inv_host *host, struct err *err);

#endif
