/*
 * Events: durable facts about a node. A node's state is the fold of its events
 * (core/node.h), so an event says what happened and never what to do about it.
 *
 * One flat struct holds any kind; the table in event.c says which fields a
 * kind has, how they are spelled in JSON and how the event reads to people.
 * Unset fields (empty, 0, false) are not written. Everything is bounded: text
 * that is too long is cut at a character's border when it is set.
 *
 * Knows nothing of where events are kept (store/) or shown (app/, ctl/).
 */
#ifndef CONVECT_CORE_EVENT_H
#define CONVECT_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/hostkey.h"

#define EVENT_NODE_SIZE 256   /* a node's name: at most 255 bytes */
#define EVENT_TOKEN_SIZE 65   /* SHA-256 in lower-case hex */
#define EVENT_CONTENT_SIZE 33 /* half a SHA-256 in lower-case hex */
#define EVENT_JSON_MAX 16384  /* ceiling of one event as JSON */

enum event_kind {
	EVENT_NONE,	   /* not an event; never stored */
	EVENT_PXE,	   /* a network-boot request was seen and decided */
	EVENT_LOADER,	   /* in.tftpd was asked for a file */
	EVENT_BOOT_SCRIPT, /* a boot script was handed out */
	EVENT_ARTIFACT,	   /* a files worker finished sending a file */
	EVENT_SEED,	   /* a seed file was handed out */
	EVENT_REPORT,	   /* a callback that is only news */
	EVENT_INSTALLED,   /* the installer is done: disarm */
	EVENT_FIRSTBOOT,   /* the installed system runs its first boot */
	EVENT_READY,	   /* the node is proven ready */
	EVENT_FAILED,	   /* install or first boot failed, with a code */
	EVENT_REINSTALL,   /* somebody asked for an install */
	EVENT_HOLD,	   /* somebody, or the policy, held the node */
	EVENT_RELEASE,	   /* somebody let it go on */
	EVENT_DISCOVERED,  /* a machine that no inventory names was seen */
	EVENT_INSPECTED,   /* its hardware was reported */
	EVENT_FORGOTTEN,   /* nothing of the node is kept from here on */
	EVENT_LOCKED,	   /* somebody protects it from any install */
	EVENT_UNLOCKED,	   /* and not any more */
	EVENT_CANCELLED,   /* somebody withdrew the install that is wanted */
	EVENT_ADOPTED,	   /* its disk is marked as installed: left alone */
	EVENT_REFUSED,	   /* somebody showed a token that is not good */
	EVENT_HOSTKEYS,	   /* the installed system told its SSH host keys */
	EVENT_CLUSTER,	   /* a step of the cluster: see core/cluster.h */
	EVENT_KINDS
};

/* JSON names are the members' names; see the table for who has which. */
struct event {
	uint64_t seq;	 /* given by the store; 0 before */
	int64_t time_ms; /* Unix time of arrival here */
	char node[EVENT_NODE_SIZE];
	enum event_kind kind;

	char stage[64];	 /* pxe: "dhcp"; report, firstboot: runner's stage */
	char arch[24];	 /* pxe: "bios", "uefi-x64", ... */
	char client[64]; /* pxe: "pxe", "ipxe", "http"; others: user agent */
	char addr[48];	 /* the client's address */
	char mac[18];	 /* pxe, loader, boot_script, discovered, inspected */
	/* discovered, inspected: what the machine says of itself. */
	char serial[64];
	char uuid[40];
	char vendor[64];
	char product[64];
	char name[192];	   /* file; or the callback's name */
	char decision[16]; /* policy_action_name() */
	char rule[32];
	/* Of the token that the fact came with; adopted: of the disk's mark;
	 * cancelled: what is withdrawn. */
	uint64_t generation;
	uint64_t attempt;
	char token[EVENT_TOKEN_SIZE];	     /* SHA-256 of the boot token */
	char report_token[EVENT_TOKEN_SIZE]; /* and of the report token */
	/* boot_script, seed: digest of the files that an install is served. */
	char content[EVENT_CONTENT_SIZE];
	int64_t expires_ms;
	bool overwrite; /* may overwrite a marked or a foreign disk */
	uint64_t bytes;
	uint64_t total; /* artifact: bytes that were asked for */
	uint64_t ms;
	char origin[16];     /* curtin, cloudinit, phone_home, form, unknown */
	char event_type[16]; /* start, finish, info, ...; a form's state */
	char result[16];     /* SUCCESS, WARN, FAIL */
	char description[512];
	uint64_t percent; /* 0: says nothing about progress */
	uint64_t run_seq; /* the first boot's own count of its news, from 1 */
	char code[64];	  /* failed, refused: symbol */
	char evidence[1024];
	/* hostkeys: as hostkey_parse() writes them. */
	char host_rsa[HOSTKEY_RSA_SIZE];
	char host_ecdsa[HOSTKEY_ECDSA_SIZE];
	char host_ed25519[HOSTKEY_ED25519_SIZE];
	char ca[EVENT_TOKEN_SIZE]; /* stage k3s: sum of the cluster's CA */
	char by[64];		   /* reinstall, hold, lock, ..: who */
	char reason[256];	   /* the policy's sentence; hold: why */
};

/* Empties it and sets node and kind; a name that is too long is cut. */
void event_init(struct event *event, enum event_kind kind, const char *node);

/*
 * Copies text of a stranger: what is not UTF-8 becomes U+FFFD, control bytes
 * become spaces ('\n' and '\t' stay), and it is cut to fit. For any of the text
 * members: event_text(ev.name, sizeof ev.name, str, len).
 */
void event_text(char *out, size_t size, const char *str, size_t len);

/*
 * event_text() over all its text, and numbers that JSON can not hold made
 * smaller: after this it can be stored and read back.
 */
void event_clean(struct event *event);

/* "boot_script", ...; "none" for what is not a kind. */
const char *event_kind_name(enum event_kind kind);
/* -EINVAL when there is no such kind. */
int event_kind_parse(const char *name, enum event_kind *ret_kind);

/* One line of JSON: seq, time_ms, node, kind, then the kind's set fields. */
void event_write_json(const struct event *event, struct buf *out);
/*
 * The kind's set fields alone, as an object, for those who look: what only
 * the store needs (hashes of tokens) is left out.
 */
void event_write_fields(const struct event *event, struct buf *out);
/*
 * Strict: one object, known kind, known fields of that kind, right types, text
 * that fits. -EBADMSG with the reason; *ret_event is untouched then.
 */
int event_parse_json(
    const char *text, size_t len, struct event *ret_event, struct err *err);

/* One line for people, without node and time: "boot script: install ...". */
void event_describe(const struct event *event, struct buf *out);

#endif
