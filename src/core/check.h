/*
 * What `check` finds in a site, told once however many nodes have it: the
 * problems of the inventory, and for each node what is wrong with the files
 * that are rendered for it. Pure; whoever loads the site and prints is above.
 */
#ifndef CONVECT_CORE_CHECK_H
#define CONVECT_CORE_CHECK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/hostvars.h"
#include "core/lint.h"
#include "inventory/problems.h"
#include "inventory/value.h"

/* One finding with all the nodes that have it. */
struct check_group {
	enum problem_severity severity;
	const char *kind;   /* of the rendered file; "" when it is none */
	char *key;	    /* in the rendered file; "" when it is none */
	struct err err;	    /* of the first node */
	struct value nodes; /* list of names; empty: the site's own */
	bool named;	    /* the error's text names them */
};

struct check_seen; /* finds the group of a finding */

struct check {
	struct check_group *groups; /* in the order found */
	size_t count;
	size_t size;
	struct check_seen *seen;
	size_t errors; /* findings, of all nodes */
	size_t warnings;
	size_t nodes; /* looked at */
	struct lint_report report;
};

void check_init(struct check *check);
void check_done(struct check *check);

/* `node` may be NULL. */
void check_add(struct check *check, enum problem_severity severity,
    const char *node, const struct err *err);
void check_add_problems(struct check *check, const struct problems *problems);

/* What a node's files are rendered with. */
struct check_node {
	const struct inv_host *host;
	struct hostvars *hostvars;
	struct value vars; /* profile_vars() */
	struct tmpl_env *env;
	const struct lint *lint;
};

/* Renders every kind of file, and adds what is wrong. */
void check_node(struct check *check, const struct check_node *node);

/*
 * "gpu1, gpu2, gpu3 and 7 more nodes: user-data:12:3: runcmd must be a list
 * (hint)". Not escaped.
 */
void check_group_text(const struct check_group *group, struct buf *out);
/* "2 nodes boot from the network, 1 error, no warnings" */
void check_summary(const struct check *check, struct buf *out);
/* The whole as a map, the caller's, for -o json. */
struct value check_json(const struct check *check);
/* Adds what another check found: its check_json(), as it was given out. */
void check_merge(struct check *check, struct value report);

#endif
