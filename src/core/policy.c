#include "core/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const action_names[] = {
    "none", "silent", "local", "install", "refuse", "wait", "inspect"};
static const char *const stage_names[] = {
    "none", "dhcp", "boot_script", "seed"};

const char *
policy_action_name(enum policy_action action)
{
	unsigned index = (unsigned)action;

	return action_names[index <= POLICY_INSPECT ? index : 0];
}

const char *
ask_stage_name(enum ask_stage stage)
{
	unsigned index = (unsigned)stage;

	return stage_names[index <= ASK_SEED ? index : 0];
}

/*
 * reinstall=always: what was installed was seen running since, so an install
 * that does not come up is not begun again and again. A cancelled one is not
 * begun again by itself.
 */
static bool
is_renewed(const struct ask *ask, const struct node *node)
{
	return ask->reinstall_always && node->have > 0 &&
	       node->ran == node->have &&
	       (node->withdrawn == 0 || node->withdrawn < node->want);
}

uint64_t
policy_effective_want(const struct ask *ask, const struct node *node)
{
	uint64_t least = 0;

	if (is_renewed(ask, node))
		least = node->have + 1;
	else if (ask->auto_install && node->withdrawn == 0)
		least = 1;
	return node->want > least ? node->want : least;
}

static bool
is_armed(const struct ask *ask, const struct node *node)
{
	return policy_effective_want(ask, node) > node->have;
}

static bool
is_text(const char *str)
{
	return str != NULL && str[0] != '\0';
}

bool
policy_is_offer(enum policy_action action)
{
	return action == POLICY_INSTALL || action == POLICY_WAIT ||
	       action == POLICY_INSPECT;
}

static bool
if_unknown(const struct ask *ask, const struct node *node)
{
	(void)node;
	return !ask->known && !ask->enroll;
}

static bool
if_unknown_ignored(const struct ask *ask, const struct node *node)
{
	return !ask->known && ask->enroll && node->held;
}

/* An image that makes the machine fall over must not do so for ever. */
static bool
if_unknown_inspected(const struct ask *ask, const struct node *node)
{
	return !ask->known && ask->inspect && node->inspected_ms == 0 &&
	       node->attempts < POLICY_INSPECT_ATTEMPTS;
}

static bool
if_unknown_waits(const struct ask *ask, const struct node *node)
{
	(void)node;
	return !ask->known;
}

static bool
if_ambiguous(const struct ask *ask, const struct node *node)
{
	(void)node;
	return is_text(ask->other);
}

static bool
if_seed_token_stale(const struct ask *ask, const struct node *node)
{
	return ask->stage == ASK_SEED &&
	       (ask->token_generation == 0 ||
		   ask->token_generation != policy_effective_want(ask, node) ||
		   ask->token_generation <= node->have ||
		   ask->now_ms >= ask->token_expires_ms);
}

static bool
if_locked(const struct ask *ask, const struct node *node)
{
	(void)ask;
	return node->locked;
}

static bool
if_held(const struct ask *ask, const struct node *node)
{
	(void)ask;
	return node->held;
}

/* Install scripts handed out in the present window. */
static uint64_t
recent_attempts(const struct ask *ask, const struct node *node)
{
	if (ask->attempts_window_ms > 0 && node->attempts_ms > 0 &&
	    ask->now_ms - node->attempts_ms > ask->attempts_window_ms)
		return 0;
	return node->attempts;
}

/* Not for the seed: the last attempt's own seed must still be served. */
static bool
if_attempts_exhausted(const struct ask *ask, const struct node *node)
{
	return ask->stage != ASK_SEED && is_armed(ask, node) &&
	       ask->install_attempts != 0 &&
	       recent_attempts(ask, node) >= ask->install_attempts;
}

static bool
if_no_image(const struct ask *ask, const struct node *node)
{
	return is_armed(ask, node) && is_text(ask->image_problem);
}

static bool
if_wrong_arch(const struct ask *ask, const struct node *node)
{
	return is_armed(ask, node) && is_text(ask->client_arch) &&
	       is_text(ask->image_arch) &&
	       strcmp(ask->client_arch, ask->image_arch) != 0;
}

/* A new node whose auto_install can not be read might have to install. */
static bool
if_seed_broken(const struct ask *ask, const struct node *node)
{
	bool unsure = ask->auto_install_unknown && node->have == 0;

	return (is_armed(ask, node) || unsure) && is_text(ask->problem);
}

static bool
if_cancelled(const struct ask *ask, const struct node *node)
{
	return !is_armed(ask, node) && node->have == 0 && node->withdrawn > 0;
}

static bool
if_auto_install_off(const struct ask *ask, const struct node *node)
{
	return !is_armed(ask, node) && node->have == 0;
}

static bool
always(const struct ask *ask, const struct node *node)
{
	(void)ask;
	(void)node;
	return true;
}

static void
say_unknown(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	(void)node;
	snprintf(out, size,
	    "the inventory names no such machine; add a host with its mac=");
}

static void
say_unknown_ignored(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	snprintf(out, size, "the inventory names no such machine: %s",
	    is_text(node->hold_reason) ? node->hold_reason : "ignored");
}

static void
say_unknown_inspected(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	(void)node;
	snprintf(out, size,
	    "the inventory names no such machine; its hardware is looked at");
}

static void
say_unknown_waits(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	(void)node;
	snprintf(out, size,
	    "the inventory names no such machine; it waits for "
	    "convect-pxectl discover accept");
}

static void
say_ambiguous(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)node;
	snprintf(out, size,
	    "the machine is %s by its MAC and %s by its %s; correct mac, uuid "
	    "or serial of one of them",
	    ask->name, ask->other, ask->other_by);
}

static void
say_seed_token_stale(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	const char *reason = "was for another install than the wanted one";

	if (ask->token_generation == 0)
		reason = "is not known";
	else if (ask->token_generation <= node->have)
		reason = "was for an install that is finished";
	else if (ask->now_ms >= ask->token_expires_ms)
		reason = "has expired";
	snprintf(
	    out, size, "the boot token %s; boot the machine again", reason);
}

static void
say_locked(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	snprintf(out, size, "locked: %s%s",
	    is_text(node->lock_reason) ? node->lock_reason : "by an operator",
	    is_armed(ask, node) ? "; the wanted install waits for unlock" : "");
}

static void
say_held(const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	snprintf(out, size, "held: %s",
	    is_text(node->hold_reason) ? node->hold_reason : "by an operator");
}

static void
say_attempts_exhausted(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	snprintf(out, size,
	    "%" PRIu64 " of %" PRIu64 " install attempts are used up for "
	    "generation %" PRIu64 "; look why, then release or reinstall it",
	    node->attempts, ask->install_attempts,
	    policy_effective_want(ask, node));
}

static void
say_no_image(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)node;
	snprintf(out, size, "no image to install: %s", ask->image_problem);
}

static void
say_wrong_arch(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)node;
	snprintf(out, size,
	    "the machine is %s and its image is for %s; set `image` for it",
	    ask->client_arch, ask->image_arch);
}

static void
say_seed_broken(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)node;
	snprintf(out, size, "it can not be served: %s", ask->problem);
}

static void
say_reinstall_always(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	snprintf(out, size,
	    "reinstall=always, and generation %" PRIu64 " was seen running",
	    node->have);
}

static void
say_install_armed(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	snprintf(out, size,
	    "generation %" PRIu64 " is wanted and %" PRIu64 " is installed",
	    policy_effective_want(ask, node), node->have);
}

static void
say_cancelled(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	(void)node;
	snprintf(out, size,
	    "its install was cancelled; reinstall it when it is to be");
}

static void
say_auto_install_off(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	(void)node;
	snprintf(
	    out, size, "auto_install is off and nobody asked for an install");
}

static void
say_installed(
    const struct ask *ask, const struct node *node, char *out, size_t size)
{
	(void)ask;
	snprintf(out, size,
	    "generation %" PRIu64 " is installed; it boots its disk",
	    node->have);
}

struct rule {
	const char *name;
	bool (*applies)(const struct ask *ask, const struct node *node);
	void (*say)(const struct ask *ask, const struct node *node, char *out,
	    size_t size);
	/* For dhcp, boot_script and seed. */
	enum policy_action action[3];
	bool hold;
};

#define BOOT_DISK                                                              \
	{                                                                      \
		POLICY_SILENT, POLICY_LOCAL, POLICY_REFUSE                     \
	}
#define REFUSE                                                                 \
	{                                                                      \
		POLICY_REFUSE, POLICY_REFUSE, POLICY_REFUSE                    \
	}

static const struct rule rules[] = {
    {"unknown-machine", if_unknown, say_unknown,
	{POLICY_SILENT, POLICY_REFUSE, POLICY_REFUSE}, false},
    {"unknown-ignored", if_unknown_ignored, say_unknown_ignored, BOOT_DISK,
	false},
    {"unknown-inspected", if_unknown_inspected, say_unknown_inspected,
	{POLICY_INSPECT, POLICY_INSPECT, POLICY_REFUSE}, false},
    {"unknown-waits", if_unknown_waits, say_unknown_waits,
	{POLICY_WAIT, POLICY_WAIT, POLICY_REFUSE}, false},
    {"ambiguous-machine", if_ambiguous, say_ambiguous, REFUSE, false},
    {"seed-token-stale", if_seed_token_stale, say_seed_token_stale, REFUSE,
	false},
    {"locked", if_locked, say_locked, BOOT_DISK, false},
    {"held", if_held, say_held, BOOT_DISK, false},
    {"attempts-exhausted", if_attempts_exhausted, say_attempts_exhausted,
	BOOT_DISK, true},
    {"no-image", if_no_image, say_no_image, REFUSE, false},
    {"wrong-arch", if_wrong_arch, say_wrong_arch, REFUSE, false},
    {"seed-broken", if_seed_broken, say_seed_broken, REFUSE, false},
    {"reinstall-always", is_renewed, say_reinstall_always,
	{POLICY_INSTALL, POLICY_INSTALL, POLICY_INSTALL}, false},
    {"install-armed", is_armed, say_install_armed,
	{POLICY_INSTALL, POLICY_INSTALL, POLICY_INSTALL}, false},
    {"cancelled", if_cancelled, say_cancelled, BOOT_DISK, false},
    {"auto-install-off", if_auto_install_off, say_auto_install_off, BOOT_DISK,
	false},
    {"installed", always, say_installed, BOOT_DISK, false},
};

#define RULE_COUNT (sizeof rules / sizeof rules[0])

const char *
policy_rule_name(size_t index)
{
	return index < RULE_COUNT ? rules[index].name : NULL;
}

void
policy_decide(const struct ask *ask, const struct node *node,
    struct decision *ret_decision)
{
	const struct rule *rule = rules;
	struct node unseen;

	if (node == NULL) {
		node_init(&unseen, "");
		node = &unseen;
	}
	while (!rule->applies(ask, node))
		rule++;
	memset(ret_decision, 0, sizeof *ret_decision);
	ret_decision->action = rule->action[ask->stage - ASK_DHCP];
	ret_decision->rule = rule->name;
	rule->say(ask, node, ret_decision->why, sizeof ret_decision->why);
	ret_decision->hold = rule->hold;
	if (ret_decision->action == POLICY_INSTALL) {
		ret_decision->generation = policy_effective_want(ask, node);
		ret_decision->attempt = recent_attempts(ask, node) + 1;
		/* Of what it installed itself: somebody wrote that down. */
		ret_decision->overwrite =
		    node->overwrite || is_renewed(ask, node);
	}
}
