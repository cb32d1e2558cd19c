#include "core/stall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define MIB (UINT64_C(1) << 20)

struct step {
	int64_t limit_ms; /* 0: it may rest here */
	const char *seen;
	const char *cause;
	const char *advice;
};

/*
 * An ISO of gigabytes is told of when it was sent, so the step before lasts;
 * the installer has silent stretches (unattended-upgrades, DKMS); the first
 * boot beats each 30 s where it can.
 */
static const struct step steps[EVIDENCE_COUNT] = {
    [EVIDENCE_OFFER] = {5 * MINUTE_MS,
	"its network boot was answered, and it asked for no loader",
	"its firmware took another server's answer, or TFTP does not get "
	"through to it",
	"convect-pxectl doctor; show --timeline has its packets"},
    [EVIDENCE_LOADER] = {5 * MINUTE_MS,
	"it has its loader, and asked for no boot script",
	"the loader got no address or does not know the machine's NIC, or the "
	"HTTP port is not reached from there",
	"look at its screen; show --timeline has its packets"},
    [EVIDENCE_SCRIPT] = {10 * MINUTE_MS,
	"it has its boot script, and fetched no kernel",
	"the files port is not reached from there, or the image's files are "
	"gone",
	"look at its screen; convect-pxectl image verify"},
    [EVIDENCE_KERNEL] = {5 * MINUTE_MS, "it fetched the kernel, and no initrd",
	"the transfer broke off, or the machine has too little memory",
	"look at its screen"},
    [EVIDENCE_INITRD] = {20 * MINUTE_MS,
	"it fetched kernel and initrd, and no ISO or seed since",
	"the kernel panicked or has no driver for the NIC, it got no address "
	"by DHCP, or the ISO takes longer than that",
	"look at its screen; for slow links raise deadline_factor"},
    [EVIDENCE_ISO_CUT] = {5 * MINUTE_MS, "the ISO's transfer broke off",
	"the machine has too little memory for it: an ISO that is fetched is "
	"kept in memory, twice its size and 1 GiB are needed",
	"look at its screen for \"No space left on device\"; switch it off "
	"and on"},
    [EVIDENCE_ISO] = {10 * MINUTE_MS, "it fetched the whole ISO, and no seed",
	"too little memory, or kernel and initrd are not of that ISO, or the "
	"live system got no address",
	"look at its screen for \"Unable to find a live file system\"; "
	"convect-pxectl image verify; switch it off and on"},
    [EVIDENCE_SEED] = {10 * MINUTE_MS,
	"it fetched its seed, and the installer said nothing",
	"the installer refused its user-data and waits at its screen, or its "
	"reports do not get through",
	"convect-pxectl check; look at its screen"},
    [EVIDENCE_REPORT] = {30 * MINUTE_MS, "the installer went silent",
	"it hangs or waits for an archive that does not answer, or the machine "
	"lost its network or its power",
	"look at its screen; switch it off and on to try again"},
    [EVIDENCE_INSTALLED] = {15 * MINUTE_MS,
	"the installer was done, and its first boot was not heard of",
	"it did not restart or does not start from its disk, or the installed "
	"system has no network",
	"look at its screen and at the order of its boot devices"},
    [EVIDENCE_FIRSTBOOT] = {15 * MINUTE_MS, "its first boot went silent",
	"a stage of it hangs, or the machine lost its network",
	"look at /var/log/cloud-init-output.log on the machine"},
};

/* Nodes of a database that knew no evidence. */
static enum node_evidence
evidence_of(const struct node *node)
{
	if (node->evidence != EVIDENCE_NONE)
		return node->evidence;
	switch (node->phase) {
	case NODE_BOOTING:
		return EVIDENCE_OFFER;
	case NODE_LOADING:
		return EVIDENCE_INITRD;
	case NODE_INSTALLING:
		return EVIDENCE_REPORT;
	case NODE_NEW:
	case NODE_INSTALLED:
	case NODE_FIRSTBOOT:
	case NODE_READY:
	case NODE_DISCOVERED:
	case NODE_FAILED:
	case NODE_PHASES:
		break;
	}
	return EVIDENCE_NONE;
}

static void
set_cause(
    const struct node *node, const struct step *step, struct stall *ret_stall)
{
	uint64_t need = (2 * node->evidence_bytes + 1024 * MIB) / MIB;

	snprintf(ret_stall->cause, sizeof ret_stall->cause, "%s", step->cause);
	if (ret_stall->evidence == EVIDENCE_ISO && node->evidence_bytes > 0)
		snprintf(ret_stall->cause, sizeof ret_stall->cause,
		    "less than the %" PRIu64 " MiB of memory that this ISO "
		    "needs, or kernel and initrd are not of that ISO, or the "
		    "live system got no address",
		    need);
	else if (ret_stall->evidence == EVIDENCE_REPORT &&
		 node->step[0] != '\0')
		snprintf(ret_stall->cause, sizeof ret_stall->cause, "in %s: %s",
		    node->step, step->cause);
}

bool
stall_find(const struct node *node, int64_t now_ms, int64_t factor,
    struct stall *ret_stall)
{
	struct stall stall = {.evidence = evidence_of(node)};
	const struct step *step = &steps[stall.evidence];

	stall.since_ms = node->phase_ms;
	if (node->last_seen_ms > stall.since_ms)
		stall.since_ms = node->last_seen_ms;
	stall.limit_ms = step->limit_ms * factor;
	if (stall.limit_ms == 0 || now_ms - stall.since_ms <= stall.limit_ms)
		return false;
	if (ret_stall == NULL)
		return true;
	stall.seen = step->seen;
	stall.advice = step->advice;
	set_cause(node, step, &stall);
	*ret_stall = stall;
	return true;
}

void
stall_describe(const struct stall *stall, struct buf *out)
{
	buf_addf(out, "%s: %s; %s", stall->seen, stall->cause, stall->advice);
}
