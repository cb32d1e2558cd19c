/* The fold of events: see core/node.h. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/node_private.h"
#include "core/report.h"

#define PERCENT_INSTALLED 99 /* 100 is for `ready` alone */
#define TAKEN_LIFE_MS INT64_C(86400000)

void
node_put_text(char *out, size_t size, const char *text)
{
	memset(out, 0, size);
	str_copy(out, size, text);
}

bool
node_is_before_install(enum node_phase phase)
{
	return phase == NODE_BOOTING || phase == NODE_LOADING;
}

void
node_set_phase(
    struct node *node, enum node_phase phase, const struct event *event)
{
	if (node->phase == phase)
		return;
	if (node_is_before_install(phase) &&
	    !node_is_before_install(node->phase))
		node->rest = node->phase;
	node->evidence = EVIDENCE_NONE;
	if (node->phase == NODE_FAILED) {
		memset(node->fail_code, 0, sizeof node->fail_code);
		memset(node->fail_evidence, 0, sizeof node->fail_evidence);
	}
	node->phase = phase;
	node->phase_ms = event->time_ms;
}

/* The furthest that was seen of the attempt, or of the first boot. */
static void
see(struct node *node, enum node_evidence evidence, uint64_t bytes)
{
	if (evidence < node->evidence)
		return;
	node->evidence = evidence;
	node->evidence_bytes = bytes;
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

/* The keys that it tells are all that it has. */
static void
put_host_keys(struct node *node, const struct event *event)
{
	node_put_text(node->host_rsa, sizeof node->host_rsa, event->host_rsa);
	node_put_text(
	    node->host_ecdsa, sizeof node->host_ecdsa, event->host_ecdsa);
	node_put_text(
	    node->host_ed25519, sizeof node->host_ed25519, event->host_ed25519);
	node->host_generation = event->generation;
}

/* Those of the system that was there before are nobody's any more. */
static void
drop_host_keys(struct node *node)
{
	memset(node->host_rsa, 0, sizeof node->host_rsa);
	memset(node->host_ecdsa, 0, sizeof node->host_ecdsa);
	memset(node->host_ed25519, 0, sizeof node->host_ed25519);
	node->host_generation = 0;
}

/* Installer and first-boot callbacks prove that their install is over. */
static void
close_generation(struct node *node, uint64_t generation)
{
	if (generation <= node->have)
		return;
	node->have = generation;
	if (node->host_generation < generation)
		drop_host_keys(node);
	node->attempts = 0;
	node->run_seq = 0;
	node->step_ms = 0;
	memset(node->line, 0, sizeof node->line);
	memset(node->step, 0, sizeof node->step);
	memset(node->fail_name, 0, sizeof node->fail_name);
	memset(node->fail_hint, 0, sizeof node->fail_hint);
	if (node->have >= node->want)
		node->overwrite = false;
	memset(node->taken, 0, sizeof node->taken);
	raise_percent(node, generation, PERCENT_INSTALLED);
	memcpy(node->content, node->served, sizeof node->content);
	memset(node->served, 0, sizeof node->served);
}

static void
apply_pxe(struct node *node, const struct event *event)
{
	if (strcmp(event->decision, "install") != 0)
		return;
	node_set_phase(node, NODE_BOOTING, event);
	see(node,
	    strcmp(event->client, "ipxe") == 0 ? EVIDENCE_LOADER
					       : EVIDENCE_OFFER,
	    0);
}

/* What in.tftpd was asked for, or a files worker sent; by our own names. */
struct file_evidence {
	const char *name; /* glob */
	enum node_evidence whole;
	enum node_evidence cut;
};

static const struct file_evidence file_evidences[] = {
    {"images/*.iso", EVIDENCE_ISO, EVIDENCE_ISO_CUT},
    {"images/*/initrd", EVIDENCE_INITRD, EVIDENCE_KERNEL},
    {"images/*", EVIDENCE_KERNEL, EVIDENCE_SCRIPT},
    {"*", EVIDENCE_LOADER, EVIDENCE_LOADER},
};

/* Loaders and images are anybody's to fetch: no phase is left by them. */
static void
apply_file(struct node *node, const struct event *event)
{
	const struct file_evidence *row = file_evidences;
	const char *name = event->name + strspn(event->name, "/");

	if (!node_is_before_install(node->phase))
		return;
	while (!str_glob(row->name, name))
		row++;
	if (strcmp(event->result, "FAIL") == 0)
		see(node, row->cut, event->bytes);
	else
		see(node, row->whole, event->bytes);
}

static void
add_token(struct node *node, const struct event *event)
{
	struct node_token *token = new_token(node);

	memset(token, 0, sizeof *token);
	node_put_text(token->sha256, sizeof token->sha256, event->token);
	node_put_text(token->report_sha256, sizeof token->report_sha256,
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
	node_set_phase(node, NODE_LOADING, event);
	node->evidence = EVIDENCE_SCRIPT;
	node->attempts =
	    event->attempt != 0 ? event->attempt : node->attempts + 1;
	if (node->attempts == 1)
		node->attempts_ms = event->time_ms;
	if (event->time_ms - node->taken_ms > TAKEN_LIFE_MS)
		memset(node->taken, 0, sizeof node->taken);
	node->percent = 0;
	memset(node->step, 0, sizeof node->step);
	node->percent_generation = event->generation;
	memset(node->fail_name, 0, sizeof node->fail_name);
	memset(node->fail_hint, 0, sizeof node->fail_hint);
	node_put_text(node->served, sizeof node->served, event->content);
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
		node_set_phase(node, NODE_INSTALLING, event);
	if (node->phase == NODE_INSTALLING)
		see(node,
		    event->kind == EVENT_SEED ? EVIDENCE_SEED : EVIDENCE_REPORT,
		    0);
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
		node_put_text(
		    node->served, sizeof node->served, event->content);
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
	node_put_text(node->fail_name, sizeof node->fail_name, event->name);
	node_put_text(
	    node->fail_hint, sizeof node->fail_hint, event->description);
}

/* The installed system runs and says what it does. */
static void
enter_firstboot(struct node *node, const struct event *event)
{
	node_set_phase(node, NODE_FIRSTBOOT, event);
	see(node, EVIDENCE_FIRSTBOOT, 0);
	node->ran = node->have;
	if (event->stage[0] != '\0')
		node_put_text(node->step, sizeof node->step, event->stage);
}

bool
node_has_news(const struct node *node, const struct event *event)
{
	return event->run_seq != 0 && event->generation == node->have &&
	       event->run_seq <= node->run_seq;
}

/* What the first boot counts comes in order, its progress too. */
static void
keep_news(struct node *node, const struct event *event)
{
	if (event->run_seq <= node->run_seq ||
	    !is_current(node, event->generation))
		return;
	node->run_seq = event->run_seq;
	if (strcmp(event->event_type, "start") == 0) {
		node->step_ms = event->time_ms;
		memset(node->line, 0, sizeof node->line);
	}
	if (node->phase == NODE_FIRSTBOOT && event->description[0] != '\0')
		node_put_text(
		    node->line, sizeof node->line, event->description);
}

/* A step that comes late, or is of an attempt before, is not the present one.
 */
static void
keep_step(struct node *node, const struct event *event)
{
	const char *step = report_step(event);

	if (step[0] != '\0' && event->percent == node->percent &&
	    event->generation == node->percent_generation)
		node_put_text(node->step, sizeof node->step, step);
}

/*
 * Progress may be the installer's that comes late; a stage that starts or ends
 * is the first boot's. "rebooting": its first boot restarts it and goes on, so
 * the network boot that comes is not the one that `reinstall=always` waits for.
 */
static void
apply_first_report(struct node *node, const struct event *event)
{
	if (!is_current(node, event->generation) ||
	    strcmp(event->origin, "curtin") == 0 ||
	    strcmp(event->event_type, "progress") == 0 ||
	    (node->phase != NODE_INSTALLED && node->phase != NODE_FIRSTBOOT))
		return;
	if (event->stage[0] != '\0')
		enter_firstboot(node, event);
	if (strcmp(event->event_type, "rebooting") == 0)
		node->ran = 0;
}

/*
 * The guard let the installer take a disk: what an attempt that fails leaves
 * on it is nobody's, for as long as nobody is likely to have made it theirs.
 */
static void
keep_taken(struct node *node, const struct event *event)
{
	if (strcmp(event->code, "disk_taken") != 0 ||
	    event->generation != node->percent_generation)
		return;
	node_put_text(node->taken, sizeof node->taken, event->evidence);
	node->taken_ms = event->time_ms;
}

static void
apply_report(struct node *node, const struct event *event)
{
	enter_installing(node, event);
	if (event->generation <= node->have) {
		apply_first_report(node, event);
		return;
	}
	keep_fail_hint(node, event);
	keep_taken(node, event);
	if (event->percent < 100)
		raise_percent(node, event->generation, event->percent);
	keep_step(node, event);
}

/* Late ones of an install that another has followed say nothing of now. */
static void
apply_hostkeys(struct node *node, const struct event *event)
{
	apply_report(node, event);
	if (event->generation != 0 && event->generation >= node->have &&
	    event->generation >= node->host_generation)
		put_host_keys(node, event);
}

static void
apply_installed(struct node *node, const struct event *event)
{
	if (event->generation <= node->have)
		return;
	close_generation(node, event->generation);
	node_set_phase(node, NODE_INSTALLED, event);
	see(node, EVIDENCE_INSTALLED, 0);
}

static void
apply_firstboot(struct node *node, const struct event *event)
{
	close_generation(node, event->generation);
	if (is_current(node, event->generation) && node->phase != NODE_READY)
		enter_firstboot(node, event);
}

static void
apply_ready(struct node *node, const struct event *event)
{
	close_generation(node, event->generation);
	if (!is_current(node, event->generation))
		return;
	node_set_phase(node, NODE_READY, event);
	memset(node->step, 0, sizeof node->step);
	node->ran = node->have;
	raise_percent(node, event->generation, 100);
}

static void
set_evidence(struct node *node, const struct event *event)
{
	char *out = node->fail_evidence;
	size_t size = sizeof node->fail_evidence;

	memset(out, 0, size);
	if (event->evidence[0] != '\0')
		node_put_text(out, size, event->evidence);
	else if (node->fail_hint[0] != '\0')
		snprintf(out, size, "%s: %s", node->fail_name, node->fail_hint);
	else
		node_put_text(out, size, event->description);
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
	node_set_phase(node, NODE_FAILED, event);
	node_put_text(node->fail_code, sizeof node->fail_code,
	    event->code[0] != '\0' ? event->code : "unspecified");
	set_evidence(node, event);
	/* Another attempt would find the same disk. */
	if (!install || strcmp(event->stage, "disk-guard") != 0)
		return;
	node->held = true;
	node_put_text(
	    node->hold_reason, sizeof node->hold_reason, event->description);
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
		if (node->adopted == 0)
			node->adopted = found;
		node->attempts = 0;
		memset(node->step, 0, sizeof node->step);
		raise_percent(node, found, PERCENT_INSTALLED);
		memset(node->content, 0, sizeof node->content);
	}
	if (asked && node->want <= node->have)
		node->want = node->have + 1;
	if (node->phase == NODE_READY || node->phase == NODE_FIRSTBOOT)
		return;
	node_set_phase(node, NODE_INSTALLED, event);
}

/* What it does not say this time it has said before. */
static void
learn_machine(struct node *node, const struct event *event)
{
	if (event->serial[0] != '\0')
		node_put_text(node->serial, sizeof node->serial, event->serial);
	if (event->uuid[0] != '\0')
		node_put_text(node->uuid, sizeof node->uuid, event->uuid);
	if (event->vendor[0] != '\0')
		node_put_text(node->vendor, sizeof node->vendor, event->vendor);
	if (event->product[0] != '\0')
		node_put_text(
		    node->product, sizeof node->product, event->product);
}

static void
apply_discovered(struct node *node, const struct event *event)
{
	if (node->phase == NODE_NEW)
		node_set_phase(node, NODE_DISCOVERED, event);
	learn_machine(node, event);
}

static void
apply_inspected(struct node *node, const struct event *event)
{
	apply_discovered(node, event);
	node->inspected_ms = event->time_ms;
	node->attempts = 0;
	node_put_text(
	    node->hardware, sizeof node->hardware, event->description);
}

struct effect {
	void (*apply)(struct node *node, const struct event *event);
	bool seen; /* the machine itself was heard */
};

static const struct effect effects[EVENT_KINDS] = {
    [EVENT_PXE] = {apply_pxe, true},
    [EVENT_LOADER] = {apply_file, true},
    [EVENT_BOOT_SCRIPT] = {apply_boot_script, true},
    [EVENT_ARTIFACT] = {apply_file, true},
    [EVENT_SEED] = {apply_seed, true},
    [EVENT_REPORT] = {apply_report, true},
    [EVENT_INSTALLED] = {apply_installed, true},
    [EVENT_FIRSTBOOT] = {apply_firstboot, true},
    [EVENT_READY] = {apply_ready, true},
    [EVENT_FAILED] = {apply_failed, true},
    [EVENT_REINSTALL] = {node_apply_reinstall, false},
    [EVENT_HOLD] = {node_apply_hold, false},
    [EVENT_RELEASE] = {node_apply_release, false},
    [EVENT_DISCOVERED] = {apply_discovered, true},
    [EVENT_INSPECTED] = {apply_inspected, true},
    [EVENT_LOCKED] = {node_apply_locked, false},
    [EVENT_UNLOCKED] = {node_apply_unlocked, false},
    [EVENT_CANCELLED] = {node_apply_cancelled, false},
    [EVENT_ADOPTED] = {apply_adopted, true},
    [EVENT_HOSTKEYS] = {apply_hostkeys, true},
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
		node_put_text(node->addr, sizeof node->addr, event->addr);
	if (event->arch[0] != '\0')
		node_put_text(node->arch, sizeof node->arch, event->arch);
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
	keep_news(node, event);
	/* What somebody says of it is no sign of the machine's life. */
	note_last(node, event, effects[kind].seen && event->by[0] == '\0');
}
