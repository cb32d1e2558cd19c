/*
 * What the commands that work without a daemon have in common: the inventory
 * (named with --inventory, else the daemon's), and its problems on stderr.
 */
#ifndef CONVECT_CTL_LOCAL_H
#define CONVECT_CTL_LOCAL_H

#include <stdbool.h>

#include "ctl/ctl.h"
#include "inventory/inventory.h"
#include "inventory/problems.h"
#include "inventory/value.h"

struct inv_set; /* inventory/inv_read.h */

/*
 * Asks the daemon for its paths (the `info` of ctl/client.h). A map that the
 * caller owns; VALUE_UNDEFINED when --inventory is given or none answers.
 */
struct value local_info(struct ctl *ctl);

/*
 * Reads and loads; what is encrypted with the passwords of
 * --vault-password-file, else of CONVECT_VAULT_PASSWORD_FILE, else with the
 * daemon's, if they may be read. Problems are collected; *ret_inv is NULL when
 * they are errors. CTL_DONE, or the exit code after the reason was printed (a
 * file that can not be read, no inventory named).
 */
int local_load(struct ctl *ctl, struct value info, struct problems *problems,
    struct inventory **ret_inv);

/*
 * The same without a word: a negative errno with err when something can not be
 * read; -ECONNREFUSED when there is none to read.
 */
int local_try(struct ctl *ctl, struct value info, struct problems *problems,
    struct inventory **ret_inv, struct err *err);

/*
 * As local_load(), of files that were read already; it looks for passwords
 * each time.
 */
int local_load_set(struct ctl *ctl, struct value info, struct inv_set *set,
    struct problems *problems, struct inventory **ret_inv);

/* One other inventory; as local_inventory(). */
int local_inventory_at(struct ctl *ctl, struct value info, const char *path,
    struct inventory **ret_inv);

/* The problems as text on stderr. */
void local_print_problems(struct ctl *ctl, const struct problems *problems);

/* local_load() and print; CTL_FAILED when there are errors. */
int local_inventory(
    struct ctl *ctl, struct value info, struct inventory **ret_inv);

/* By name or MAC; NULL after saying that there is none such. */
const struct inv_host *local_host(
    struct ctl *ctl, const struct inventory *inv, const char *name);

#endif
