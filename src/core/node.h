/*
 * A node's runtime state, and the one function that changes it.
 *
 * node_apply() is pure, deterministic and total: any event leaves a valid
 * node. Generations count wanted installs: `want` is what somebody asked for,
 * `have` what has been finished, and an install is due while the effective
 * want is above have. No event but `reinstall` raises want, only `cancelled`
 * lowers it, and have never falls: a late or repeated callback can neither wipe
 * nor arm anything. A generation that was withdrawn is never wanted again: the
 * next install has a higher number.
 *
 * Knows nothing of inventories, time or stores.
 */
#ifndef CONVECT_CORE_NODE_H
#define CONVECT_CORE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/event.h"

#define NODE_TOKENS_MAX 4   /* live boot tokens; an unused or old one goes */
#define NODE_JSON_MAX 32768 /* ceiling of a node as JSON */
/* Above it a disk's mark is not believed. */
#define NODE_GENERATION_MAX UINT32_MAX

enum node_phase {
	NODE_NEW,	 /* never seen */
	NODE_BOOTING,	 /* network-boots, answered with an install */
	NODE_LOADING,	 /* has the boot script; fetches kernel, initrd, ISO */
	NODE_INSTALLING, /* has its seed, or the installer reports */
	NODE_INSTALLED,	 /* installer done; the next boot is from disk */
	NODE_FIRSTBOOT,	 /* first-boot work runs */
	NODE_READY,
	NODE_DISCOVERED, /* a MAC that is not in the inventory */
	NODE_FAILED,	 /* with a code and evidence */
	NODE_PHASES
};

/*
 * The furthest thing that was seen of an install, in its order: when no more
 * comes, it says where to look (core/stall.h).
 */
enum node_evidence {
	EVIDENCE_NONE,	    /* nothing is awaited */
	EVIDENCE_OFFER,	    /* its network boot was answered */
	EVIDENCE_LOADER,    /* it asked for a loader */
	EVIDENCE_SCRIPT,    /* it has its boot script */
	EVIDENCE_KERNEL,    /* the kernel was fetched */
	EVIDENCE_INITRD,    /* and the initrd */
	EVIDENCE_ISO_CUT,   /* the ISO's transfer broke off */
	EVIDENCE_ISO,	    /* the ISO was fetched */
	EVIDENCE_SEED,	    /* a seed file was fetched */
	EVIDENCE_REPORT,    /* the installer said something */
	EVIDENCE_INSTALLED, /* it said that it is done */
	EVIDENCE_FIRSTBOOT, /* the first boot said something */
	EVIDENCE_COUNT
};

/* One install script that was handed out. Hashes in hex, "" when unset. */
struct node_token {
	char sha256[EVENT_TOKEN_SIZE];
	char report_sha256[EVENT_TOKEN_SIZE];
	uint64_t generation; /* 0: of an inspection */
	int64_t expires_ms;  /* for seeds; reports are taken later, too */
	bool used;	     /* a seed was fetched with it */
};

struct node {
	char name[EVENT_NODE_SIZE];
	uint64_t seq; /* of the last event applied */
	enum node_phase phase;
	int64_t phase_ms;     /* since when */
	enum node_phase rest; /* the phase before the install under way */
	uint64_t want;
	uint64_t have;
	uint64_t withdrawn; /* the highest that was cancelled; 0: none */
	/* Install scripts handed out for this generation; of a machine that no
	 * inventory names inspections since the last that told something. */
	uint64_t attempts;
	int64_t attempts_ms; /* of the first of them */
	uint64_t ran;	     /* the generation that was seen running */
	/* The first that a disk's mark told and we did not know; 0: none. */
	uint64_t adopted;
	bool held;
	char hold_reason[256];
	bool locked; /* no install, whatever is wanted */
	char lock_reason[256];
	bool overwrite; /* the next install may overwrite any disk */
	/* What the last attempt that took a disk calls itself; "" after a day.
	 */
	char taken[32];
	int64_t taken_ms;
	/* Of the attempt `percent_generation`/`attempts`; never falls in it. */
	uint64_t percent;
	uint64_t percent_generation;
	char step[64]; /* what the installer or the first boot is at */
	/* Of the first boot alone: since when it is at its step, what it said
	 * last, and how many of its news have come. */
	int64_t step_ms;
	char line[160];
	uint64_t run_seq;
	enum node_evidence evidence;
	uint64_t evidence_bytes;   /* of the file that it is */
	enum event_kind last_kind; /* of the last event that was not refused */
	int64_t last_ms;
	char last_event[256]; /* event_describe() of it */
	int64_t last_seen_ms; /* last sign of life of the machine itself */
	char addr[48];
	char arch[24];
	/* Of a machine that no inventory names, as it says itself. */
	char serial[64];
	char uuid[40];
	char vendor[64];
	char product[64];
	int64_t inspected_ms; /* when it last told its hardware; 0: never */
	char hardware[512];   /* that in one line */
	char fail_code[64];   /* phase failed only */
	char fail_evidence[1024];
	/* The deepest FAIL that curtin reported in this attempt so far. */
	char fail_name[192];
	char fail_hint[512];
	/* SSH host keys of the system of that install; "" where unknown. */
	char host_rsa[HOSTKEY_RSA_SIZE];
	char host_ecdsa[HOSTKEY_ECDSA_SIZE];
	char host_ed25519[HOSTKEY_ED25519_SIZE];
	uint64_t host_generation;
	/* Digests of what the running install was served, and the finished. */
	char served[EVENT_CONTENT_SIZE];
	char content[EVENT_CONTENT_SIZE];
	size_t ntokens;
	struct node_token tokens[NODE_TOKENS_MAX];
};

void node_init(struct node *node, const char *name);

/*
 * Events whose seq is not above node->seq (and not 0) change nothing. After
 * EVENT_FORGOTTEN a node in phase `discovered` is as node_init() makes it, and
 * its seq is 0; others are never forgotten.
 */
void node_apply(struct node *node, const struct event *event);

/* "new", "booting", ... */
const char *node_phase_name(enum node_phase phase);
/* Network boot and loading: nothing of the disk is touched yet. */
bool node_is_before_install(enum node_phase phase);
int node_phase_parse(const char *name, enum node_phase *ret_phase);
/* "offer", "loader", ... */
const char *node_evidence_name(enum node_evidence evidence);

/* A machine that waits to be taken in; no inventory names it. */
bool node_is_unknown(const struct node *node);
/*
 * True when it was installed from other content than it would be now; never
 * when either is not known ("").
 */
bool node_drifted(const struct node *node, const char *content);

/* By the hex SHA-256 of a token; NULL when there is none such. */
const struct node_token *node_token_by_boot(
    const struct node *node, const char *sha256);
const struct node_token *node_token_by_report(
    const struct node *node, const char *sha256);

/*
 * True when a newer install was finished since: who still shows this one is not
 * what runs on the machine now.
 */
bool node_token_is_replaced(
    const struct node *node, const struct node_token *token);

/*
 * True when it is news of the first boot that have come before: whoever told
 * them had no answer.
 */
bool node_has_news(const struct node *node, const struct event *event);

/* The snapshot, for the store: one line of JSON. */
void node_write_json(const struct node *node, struct buf *out);
/* Strict, as event_parse_json(). */
int node_parse_json(
    const char *text, size_t len, struct node *ret_node, struct err *err);

#endif
