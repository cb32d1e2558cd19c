/*
 * "What does this node boot now?" is answered here and nowhere else.
 *
 * An ordered table of named rules; the first whose predicate holds makes the
 * decision, and its name and sentence go with it to the log, the dashboard and
 * `why`. DHCP, boot script and seed ask with another stage. Pure: the caller
 * brings the time, the node and what it knows of image and templates.
 */
#ifndef CONVECT_CORE_POLICY_H
#define CONVECT_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node.h"

enum ask_stage {
	ASK_DHCP = 1,	 /* may we answer its network-boot request? */
	ASK_BOOT_SCRIPT, /* iPXE runs: what script does it get? */
	ASK_SEED,	 /* cloud-init asks for its seed with a boot token */
};

struct ask {
	enum ask_stage stage;
	bool known; /* the inventory names the machine */
	/* Of one that it does not name: */
	bool enroll;  /* the operator wants to hear of them */
	bool inspect; /* there is an inspection image that it can boot */
	/* Another host that the machine is by what `other_by` names; or NULL.
	 */
	const char *name;
	const char *other;
	const char *other_by;
	bool auto_install; /* host variable; a new node installs by itself */
	bool auto_install_unknown; /* nobody can say; `problem` says why */
	/* Host variable: install anew what was seen running. */
	bool reinstall_always;
	/* Install scripts for one generation before it is held; 0: no limit. */
	uint64_t install_attempts;
	/* Since the first of them; then they are counted anew. 0: never. */
	int64_t attempts_window_ms;
	/* Why there is no image for the node; NULL or "" when there is one. */
	const char *image_problem;
	/* Why its seed or boot script can not be rendered; NULL or "". */
	const char *problem;
	/* "amd64", "arm64", ...: compared when both are known. */
	const char *client_arch;
	const char *image_arch;
	/* ASK_SEED: of the token that was shown; generation 0: no such token.
	 */
	uint64_t token_generation;
	int64_t token_expires_ms;
	int64_t now_ms;
};

enum policy_action {
	POLICY_SILENT = 1, /* dhcp: no answer, so it boots its disk */
	POLICY_LOCAL,	   /* boot_script: the node's local_boot method */
	POLICY_INSTALL,	   /* dhcp: offer; script: arm; seed: serve */
	POLICY_REFUSE,	   /* nothing to boot, or not for you; say why */
	POLICY_WAIT,	   /* dhcp: offer; script: the waiting screen */
	POLICY_INSPECT,	   /* dhcp: offer; script: the inspection image */
};

struct decision {
	enum policy_action action;
	const char *rule;    /* static */
	char why[384];	     /* one sentence for people */
	uint64_t generation; /* of the install; 0 when it is none */
	uint64_t attempt;    /* the how manieth script of it; likewise */
	bool overwrite;	     /* it may overwrite marked or foreign disks */
	bool hold;	     /* the caller appends a hold event with `why` */
};

/* `node` may be NULL for a machine that was never heard of. */
void policy_decide(const struct ask *ask, const struct node *node,
    struct decision *ret_decision);

/* Inspections of a machine that tell nothing, before it only waits. */
#define POLICY_INSPECT_ATTEMPTS 2

/* Whether a network-boot request that was so decided gets an answer. */
bool policy_is_offer(enum policy_action action);

/*
 * Above node->have, an install is due: node->want, or the first one, that is
 * due by auto_install unless somebody cancelled it, or the next one by
 * reinstall=always.
 */
uint64_t policy_effective_want(const struct ask *ask, const struct node *node);

const char *policy_action_name(enum policy_action action);
const char *ask_stage_name(enum ask_stage stage);

/* The rules' names in order, ends with NULL (for tests and documentation). */
const char *policy_rule_name(size_t index);

#endif
