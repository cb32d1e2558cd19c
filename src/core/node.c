#include "core/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define MINUTE_MS INT64_C(60000)
#define PERCENT_INSTALLED 99 /* 100 is for `ready` alone */

struct phase {
	const char *name;
	int64_t limit_ms; /* without a sign of life; 0: it may rest here */
};

/*
 * Loading has an ISO of gigabytes to fetch; installing has silent stretches
 * (unattended-upgrades, DKMS); first boot beats each 30 s where it can.
 */
static const struct phase phases[NODE_PHASES] = {
    [NODE_NEW] = {"new", 0},
    [NODE_BOOTING] = {"booting", 5 * MINUTE_MS},
    [NODE_LOADING] = {"loading", 20 * MINUTE_MS},
    [NODE_INSTALLING] = {"installing", 30 * MINUTE_MS},
    [NODE_INSTALLED] = {"installed", 15 * MINUTE_MS},
    [NODE_FIRSTBOOT] = {"firstboot", 15 * MINUTE_MS},
    [NODE_READY] = {"ready", 0},
    [NODE_DISCOVERED] = {"discovered", 0},
    [NODE_FAILED] = {"failed", 0},
};

void
node_init(struct node *node, const char *name)
{
	memset(node, 0, sizeof *node);
	event_text(node->name, sizeof node->name, name, strlen(name));
}

const char *
node_phase_name(enum node_phase phase)
{
	unsigned index = (unsigned)phase;

	return phases[index < NODE_PHASES ? index : NODE_NEW].name;
}

int
node_phase_parse(const char *name, enum node_phase *ret_phase)
{
	for (unsigned i = 0; i < NODE_PHASES; i++) {
		if (strcmp(phases[i].name, name) == 0) {
			*ret_phase = (enum node_phase)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool
node_stalled(const struct node *node, int64_t now_ms)
{
	int64_t limit_ms = phases[node->phase].limit_ms;
	int64_t last_ms = node->phase_ms;

	if (node->last_seen_ms > last_ms)
		last_ms = node->last_seen_ms;
	return limit_ms > 0 && now_ms - last_ms > limit_ms;
}

bool
node_drifted(const struct node *node, const char *content)
{
	return node->content[0] != '\0' && content[0] != '\0' &&
	       strcmp(node->content, content) != 0;
}

const struct node_token *
node_token_by_boot(const struct node *node, const char *sha256)
{
	for (size_t i = 0; i < node->ntokens && sha256[0] != '\0'; i++) {
		if (strcmp(node->tokens[i].sha256, sha256) == 0)
			return &node->tokens[i];
	}
	return NULL;
}

const struct node_token *
node_token_by_report(const struct node *node, const char *sha256)
{
	for (size_t i = 0; i < node->ntokens && sha256[0] != '\0'; i++) {
		if (strcmp(node->tokens[i].report_sha256, sha256) == 0)
			return &node->tokens[i];
	}
	return NULL;
}

/* Fills up with zeros: equal nodes are equal bytes. */
static void
put_text(char *out, size_t size, const char *text)
{
	memset(out, 0, size);
	str_copy(out, size, text);
}

/* Network boot and loading: nothing of the disk is touched yet. */
static bool
is_before_install(enum node_phase phase)
{
	return phase == NODE_BOOTING || phase == NODE_LOADING;
}

static void
set_phase(struct node *node, enum node_phase phase, const struct event *event)
{
	if (node->phase == phase)
		return;
	if (is_before_install(phase) && !is_before_install(node->phase))
		node->rest = node->phase;
	if (node->phase == NODE_FAILED) {
		memset(node->fail_code, 0, sizeof node->fail_code);
		memset(node->fail_evidence, 0, sizeof node->fail_evidence);
	}
	node->phase = phase;
	node->phase_ms = event->time_ms;
}

/* Never falls within an attempt; another generation's news does not count. */
static void
raise_percent(struct node *node, uint64_t generation, uint64_t percent)
{
	if (generation < node->percent_generation)
		return;
	if (generation > node->percent_generation) {
		node->percent_generation = generation;
		node->percent = 0;
	}
	if (percent > node->percent)
		node->percent = percent;
}

/* The generation is installed, and no newer install has begun. */
static bool
is_current(const struct node *node, uint64_t generation)
{
	return generation != 0 && generation == node->have &&
	       node->percent_generation <= generation;
}

/*
 * Room for one token more: of those that fetched no seed the oldest goes
 * first, so that repeated requests for a script can not cut off a machine
 * that is installing.
 */
static struct node_token *
new_token(struct node *node)
{
	size_t victim = 0;

	if (node->ntokens < NODE_TOKENS_MAX)
		return &node->tokens[node->ntokens++];
	while (victim < NODE_TOKENS_MAX && node->tokens[victim].used)
		victim++;
	if (victim == NODE_TOKENS_MAX)
		victim = 0;
	memmove(&node->tokens[victim], &node->tokens[victim + 1],
	    (NODE_TOKENS_MAX - 1 - victim) * sizeof node->tokens[0]);
	return &node->tokens[NODE_TOKENS_MAX - 1];
}

/* Installer and first-boot callbacks prove that their install is over. */
static void
close_generation(struct node *node, uint64_t generation)
{
	if (generation <= node->have)
		return;
	node->have = generation;
	node->attempts = 0;
	if (node->have >= node->want)
		node->overwrite = false;
	raise_percent(node, generation, PERCENT_INSTALLED);
	memcpy(node->content, node->served, sizeof node->content);
	memset(node->served, 0, sizeof node->served);
}

static void
apply_pxe(struct node *node, const struct event *event)
{
	if (strcmp(event->decision, "install") == 0)
		set_phase(node, NODE_BOOTING, event);
}

static void
add_token(struct node *node, const struct event *event)
{
	struct node_token *token = new_token(node);

	memset(token, 0, sizeof *token);
	put_text(token->sha256, sizeof token->sha256, event->token);
	put_text(token->report_sha256, sizeof token->report_sha256,
	    event->report_token);
	token->generation = event->generation;
	token->expires_ms = event->expires_ms;
}

static void
apply_inspection(struct node *node, const struct event *event)
{
	node->attempts++;
	if (event->report_token[0] != '\0')
		add_token(node, event);
}

static void
apply_boot_script(struct node *node, const struct event *event)
{
	if (strcmp(event->decision, "inspect") == 0) {
		apply_inspection(node, event);
		return;
	}
	if (strcmp(event->decision, "install") != 0 ||
	    event->generation <= node->have)
		return;
	set_phase(node, NODE_LOADING, event);
	node->attempts++;
	node->percent = 0;
	node->percent_generation = event->generation;
	memset(node->fail_name, 0, sizeof node->fail_name);
	memset(node->fail_hint, 0, sizeof node->fail_hint);
	put_text(node->served, sizeof node->served, event->content);
	if (event->token[0] != '\0')
		add_token(node, event);
}

/* The installer's system runs: it has a seed or it talks. */
static void
enter_installing(struct node *node, const struct event *event)
{
	if (event->generation > node->have &&
	    (node->phase == NODE_NEW || node->phase == NODE_BOOTING ||
		node->phase == NODE_LOADING))
		set_phase(node, NODE_INSTALLING, event);
}

static void
apply_seed(struct node *node, const struct event *event)
{
	for (size_t i = 0; i < node->ntokens; i++) {
		if (event->token[0] != '\0' &&
		    strcmp(node->tokens[i].sha256, event->token) == 0)
			node->tokens[i].used = true;
	}
	if (event->content[0] != '\0' && event->generation > node->have)
		put_text(node->served, sizeof node->served, event->content);
	enter_installing(node, event);
}

/*
 * A FAIL travels from the innermost step outwards, each under a shorter name
 * of the same path; the innermost has the useful words. Another branch's FAIL
 * (a package fetched again) takes its place.
 */
static void
keep_fail_hint(struct node *node, const struct event *event)
{
	size_t len = strlen(event->name);

	if (strcmp(event->result, "FAIL") != 0 ||
	    strcmp(event->origin, "curtin") != 0 ||
	    strcmp(event->description, "cancelled") == 0)
		return;
	if (strncmp(node->fail_name, event->name, len) == 0 &&
	    node->fail_name[len] == '/')
		return;
	put_text(node->fail_name, sizeof node->fail_name, event->name);
	put_text(node->fail_hint, sizeof node->fail_hint, event->description);
}

static void
apply_report(struct node *node, const struct event *event)
{
	enter_installing(node, event);
	if (event->generation > node->have) {
		keep_fail_hint(node, event);
		if (event->percent < 100)
			raise_percent(node, event->generation, event->percent);
	} else if (node->phase == NODE_INSTALLED &&
		   is_current(node, event->generation) &&
		   event->stage[0] != '\0') {
		set_phase(node, NODE_FIRSTBOOT, event);
	}
}

static void
apply_installed(struct node *node, const struct event *event)
{
	if (event->generation <= node->have)
		return;
	close_generation(node, event->generation);
	set_phase(node, NODE_INSTALLED, event);
}

static void
apply_firstboot(struct node *node, const struct event *event)
{
	close_generation(node, event->generation);
	if (is_current(node, event->generation) && node->phase != NODE_READY)
		set_phase(node, NODE_FIRSTBOOT, event);
}

static void
apply_ready(struct node *node, const struct event *event)
{
	close_generation(node, event->generation);
	if (!is_current(node, event->generation))
		return;
	set_phase(node, NODE_READY, event);
	raise_percent(node, event->generation, 100);
}

static void
set_evidence(struct node *node, const struct event *event)
{
	char *out = node->fail_evidence;
	size_t size = sizeof node->fail_evidence;

	memset(out, 0, size);
	if (event->evidence[0] != '\0')
		put_text(out, size, event->evidence);
	else if (node->fail_hint[0] != '\0')
		snprintf(out, size, "%s: %s", node->fail_name, node->fail_hint);
	else
		put_text(out, size, event->description);
}

/*
 * Believed of a running install and of the first boot after it; after `ready`,
 * or from an installer whose install is over, it is an echo. An installer that
 * fails says so more than once, and the first has the cause.
 */
static void
apply_failed(struct node *node, const struct event *event)
{
	bool install = event->generation > node->have &&
		       event->generation >= node->percent_generation;
	bool firstboot = is_current(node, event->generation) &&
			 node->phase != NODE_READY &&
			 strcmp(event->origin, "curtin") != 0;

	if (!firstboot && (!install || node->phase == NODE_FAILED))
		return;
	set_phase(node, NODE_FAILED, event);
	put_text(node->fail_code, sizeof node->fail_code,
	    event->code[0] != '\0' ? event->code : "unspecified");
	set_evidence(node, event);
}

static uint64_t
highest_of(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static void
apply_reinstall(struct node *node, const struct event *event)
{
	(void)event;
	if (node->want <= node->have)
		node->want = highest_of(node->have, node->withdrawn) + 1;
	node->attempts = 0;
	node->held = false;
	memset(node->hold_reason, 0, sizeof node->hold_reason);
	node->overwrite = true;
}

static void
apply_hold(struct node *node, const struct event *event)
{
	node->held = true;
	put_text(node->hold_reason, sizeof node->hold_reason, event->reason);
}

static void
apply_release(struct node *node, const struct event *event)
{
	(void)event;
	node->held = false;
	memset(node->hold_reason, 0, sizeof node->hold_reason);
	node->attempts = 0;
}

static void
apply_locked(struct node *node, const struct event *event)
{
	node->locked = true;
	put_text(node->lock_reason, sizeof node->lock_reason, event->reason);
}

static void
apply_unlocked(struct node *node, const struct event *event)
{
	(void)event;
	node->locked = false;
	memset(node->lock_reason, 0, sizeof node->lock_reason);
}

/* To where it was; an attempt before this one may have begun to write. */
static void
leave_install(struct node *node, const struct event *event)
{
	enum node_phase rest = node->rest;

	if (rest == NODE_NEW && node->have > 0)
		rest = NODE_INSTALLED;
	if (rest == NODE_INSTALLING)
		rest = NODE_FAILED;
	set_phase(node, rest, event);
	if (rest != NODE_FAILED)
		return;
	put_text(node->fail_code, sizeof node->fail_code, "cancelled");
	put_text(node->fail_evidence, sizeof node->fail_evidence,
	    "an attempt before may have left the disk half written");
}

/*
 * What is wanted by `reinstall`, and a first install that is due by itself.
 * An installer that runs can not be stopped from here: its phase stays and its
 * callbacks are believed, but it gets no seed any more (policy).
 */
static void
apply_cancelled(struct node *node, const struct event *event)
{
	uint64_t wanted = highest_of(node->want, node->have == 0 ? 1 : 0);

	if (wanted <= node->have)
		return;
	node->withdrawn = highest_of(node->withdrawn, wanted);
	if (node->want > node->have)
		node->want = node->have;
	node->overwrite = false;
	node->attempts = 0;
	if (is_before_install(node->phase))
		leave_install(node, event);
}

/*
 * The mark of an install of ours was found before anything was written. Whoever
 * asked for a reinstall since then still gets it.
 */
static void
apply_adopted(struct node *node, const struct event *event)
{
	bool asked = node->overwrite && node->want > node->have;
	uint64_t found = event->generation;

	if (found == 0 || found > NODE_GENERATION_MAX)
		found = 1;
	if (found > node->have) {
		node->have = found;
		node->attempts = 0;
		raise_percent(node, found, PERCENT_INSTALLED);
		memset(node->content, 0, sizeof node->content);
	}
	if (asked)
		node->want = highest_of(node->want, node->have + 1);
	if (node->phase == NODE_READY || node->phase == NODE_FIRSTBOOT)
		return;
	set_phase(node, NODE_INSTALLED, event);
}

/* What it does not say this time it has said before. */
static void
learn_machine(struct node *node, const struct event *event)
{
	if (event->serial[0] != '\0')
		put_text(node->serial, sizeof node->serial, event->serial);
	if (event->uuid[0] != '\0')
		put_text(node->uuid, sizeof node->uuid, event->uuid);
	if (event->vendor[0] != '\0')
		put_text(node->vendor, sizeof node->vendor, event->vendor);
	if (event->product[0] != '\0')
		put_text(node->product, sizeof node->product, event->product);
}

static void
apply_discovered(struct node *node, const struct event *event)
{
	if (node->phase == NODE_NEW)
		set_phase(node, NODE_DISCOVERED, event);
	learn_machine(node, event);
}

static void
apply_inspected(struct node *node, const struct event *event)
{
	apply_discovered(node, event);
	node->inspected_ms = event->time_ms;
	node->attempts = 0;
	put_text(node->hardware, sizeof node->hardware, event->description);
}

struct effect {
	void (*apply)(struct node *node, const struct event *event);
	bool seen; /* the machine itself was heard */
};

static const struct effect effects[EVENT_KINDS] = {
    [EVENT_PXE] = {apply_pxe, true},
    [EVENT_LOADER] = {NULL, true},
    [EVENT_BOOT_SCRIPT] = {apply_boot_script, true},
    [EVENT_ARTIFACT] = {NULL, true},
    [EVENT_SEED] = {apply_seed, true},
    [EVENT_REPORT] = {apply_report, true},
    [EVENT_INSTALLED] = {apply_installed, true},
    [EVENT_FIRSTBOOT] = {apply_firstboot, true},
    [EVENT_READY] = {apply_ready, true},
    [EVENT_FAILED] = {apply_failed, true},
    [EVENT_REINSTALL] = {apply_reinstall, false},
    [EVENT_HOLD] = {apply_hold, false},
    [EVENT_RELEASE] = {apply_release, false},
    [EVENT_DISCOVERED] = {apply_discovered, true},
    [EVENT_INSPECTED] = {apply_inspected, true},
    [EVENT_LOCKED] = {apply_locked, false},
    [EVENT_UNLOCKED] = {apply_unlocked, false},
    [EVENT_CANCELLED] = {apply_cancelled, false},
    [EVENT_ADOPTED] = {apply_adopted, true},
};

static void
note_last(struct node *node, const struct event *event, bool seen)
{
	struct buf text;

	buf_init(&text, 4096);
	event_describe(event, &text);
	event_text(
	    node->last_event, sizeof node->last_event, text.data, text.len);
	buf_done(&text);
	node->last_kind = event->kind;
	node->last_ms = event->time_ms;
	if (!seen)
		return;
	node->last_seen_ms = event->time_ms;
	if (event->addr[0] != '\0')
		put_text(node->addr, sizeof node->addr, event->addr);
	if (event->arch[0] != '\0')
		put_text(node->arch, sizeof node->arch, event->arch);
}

/* What was installed, or is to be, must never be forgotten. */
static bool
is_forgettable(const struct node *node)
{
	return node->phase == NODE_DISCOVERED && node->have == 0 &&
	       node->want == 0;
}

void
node_apply(struct node *node, const struct event *event)
{
	unsigned kind = (unsigned)event->kind;

	if (event->seq != 0) {
		if (event->seq <= node->seq)
			return;
		node->seq = event->seq;
	}
	if (kind == EVENT_NONE || kind >= EVENT_KINDS)
		return;
	if (kind == EVENT_FORGOTTEN && is_forgettable(node)) {
		node_init(node, event->node);
		return;
	}
	/* Who showed a bad token may be anybody: no news of the machine. */
	if (kind == EVENT_REFUSED)
		return;
	if (effects[kind].apply != NULL)
		effects[kind].apply(node, event);
	note_last(node, event, effects[kind].seen);
}
