/*
 * Runs scenarios: what happens to machines, line by line, and what must be
 * decided and remembered. No clock but the scenario's. Every scenario ends with
 * a restart, after which the fold of the store must be the live state; at the
 * end every rule of the policy must have decided something.
 *
 *   host NAME [known=no] [enroll=yes] [inspect=yes] [auto_install=no]
 *             [auto_install_unknown=yes] [install_attempts=N] [window=SECONDS]
 *             [always=yes]
 *             [image_problem=".."] [problem=".."] [image_arch=A]
 *             [client_arch=A] [content=C] [other=NAME]
 *                                   sets what is given, keeps the rest
 *   after N[s|m|h]                  time passes; -N: the clock is set back
 *   pxe NAME -> ACTION RULE [generation=N] [overwrite=yes]
 *   boot NAME -> ..                 asks for the boot script
 *   seed NAME [token=N] -> ..       with its N-th boot token, or the last
 *   ask STAGE NAME -> ..            asks, and nothing happens
 *   report NAME [token=N] BODY      a callback
 *   report-refused NAME [token=N] BODY
 *                                   nobody knows the token any more
 *   reinstall|release|unlock|cancel NAME, hold|lock NAME REASON
 *   file NAME FILE [bytes=N] [FAIL] it was sent, or broke off
 *   adopted NAME generation=N       a mark was found on its disk
 *   inspected NAME                      its hardware was reported
 *   forget NAME
 *   expect NAME MEMBER=VALUE..          members of its node
 *   restart | lose-database
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/stall.h"
#include "world.h"

#define WORDS_MAX 16
#define RULES_MAX 32

struct line {
	char *words[WORDS_MAX];
	size_t count;
	const char *rest; /* the line from its third word on, as it is */
};

struct run {
	struct world world;
	const char *file;
	int number;
	unsigned errors;
	enum event_kind order; /* of the statement, when it is an order */
	bool seen[RULES_MAX];
};

static void
complain(struct run *run, const char *what, const char *wanted, const char *got)
{
	printf("%s:%d: %s: expected '%s', got '%s'\n", run->file, run->number,
	    what, wanted, got);
	run->errors++;
}

/* "key=value" with that key: the value; else NULL. */
static const char *
value_of(const char *word, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(word, key, len) != 0 || word[len] != '=')
		return NULL;
	return word + len + 1;
}

static const char *
find_value(const struct line *line, const char *key)
{
	const char *value = NULL;

	for (size_t i = 0; value == NULL && i < line->count; i++)
		value = value_of(line->words[i], key);
	return value;
}

static uint64_t
number_of(const char *text)
{
	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static void
set_text(const struct line *line, const char *key, char *out, size_t size)
{
	const char *value = find_value(line, key);

	if (value != NULL)
		str_copy(out, size, value);
}

static void
set_flag(const struct line *line, const char *key, bool *flag)
{
	const char *value = find_value(line, key);

	if (value != NULL)
		*flag = strcmp(value, "yes") == 0;
}

static void
do_host(struct run *run, struct world_host *host, const struct line *line)
{
	(void)run;
	host->known = true;
	set_flag(line, "known", &host->known);
	set_flag(line, "enroll", &host->enroll);
	set_flag(line, "inspect", &host->inspect);
	set_flag(line, "auto_install", &host->auto_install);
	set_flag(line, "auto_install_unknown", &host->auto_install_unknown);
	set_flag(line, "always", &host->reinstall_always);
	if (find_value(line, "window") != NULL)
		host->attempts_window_ms =
		    1000 * (int64_t)number_of(find_value(line, "window"));
	if (find_value(line, "install_attempts") != NULL)
		host->install_attempts =
		    number_of(find_value(line, "install_attempts"));
	set_text(line, "image_problem", host->image_problem,
	    sizeof host->image_problem);
	set_text(line, "problem", host->problem, sizeof host->problem);
	set_text(line, "image_arch", host->image_arch, sizeof host->image_arch);
	set_text(
	    line, "client_arch", host->client_arch, sizeof host->client_arch);
	set_text(line, "other", host->other, sizeof host->other);
	set_text(line, "content", host->content, sizeof host->content);
}

static void
mark_rule(struct run *run, const char *rule)
{
	for (size_t i = 0; policy_rule_name(i) != NULL; i++) {
		if (strcmp(policy_rule_name(i), rule) == 0)
			run->seen[i] = true;
	}
}

/* What stands after "->". */
static void
check_decision(
    struct run *run, const struct line *line, const struct decision *decision)
{
	const char *generation = find_value(line, "generation");
	const char *overwrite = find_value(line, "overwrite");
	char number[32];
	size_t i = 0;

	while (i < line->count && strcmp(line->words[i], "->") != 0)
		i++;
	if (i + 2 >= line->count) {
		complain(run, "decision", "-> ACTION RULE", "nothing");
		return;
	}
	if (strcmp(line->words[i + 1], policy_action_name(decision->action)) !=
	    0)
		complain(run, "action", line->words[i + 1],
		    policy_action_name(decision->action));
	if (strcmp(line->words[i + 2], decision->rule) != 0)
		complain(run, "rule", line->words[i + 2], decision->rule);
	snprintf(number, sizeof number, "%" PRIu64, decision->generation);
	if (generation != NULL && strcmp(generation, number) != 0)
		complain(run, "generation", generation, number);
	if (decision->overwrite != (overwrite != NULL))
		complain(run, "overwrite", overwrite ? "yes" : "no",
		    decision->overwrite ? "yes" : "no");
	if (decision->why[0] == '\0')
		complain(run, "why", "a sentence", "");
	mark_rule(run, decision->rule);
}

static void
act(struct run *run, struct world_host *host, const struct line *line,
    enum ask_stage stage)
{
	struct decision decision;

	world_act(&run->world, host, stage,
	    (size_t)number_of(find_value(line, "token")), &decision);
	check_decision(run, line, &decision);
}

static void
do_pxe(struct run *run, struct world_host *host, const struct line *line)
{
	act(run, host, line, ASK_DHCP);
}

static void
do_boot(struct run *run, struct world_host *host, const struct line *line)
{
	act(run, host, line, ASK_BOOT_SCRIPT);
}

static void
do_seed(struct run *run, struct world_host *host, const struct line *line)
{
	act(run, host, line, ASK_SEED);
}

static void
do_ask(struct run *run, struct world_host *unused, const struct line *line)
{
	struct world_host *host;
	struct decision decision;
	enum ask_stage stage = ASK_DHCP;

	(void)unused;
	while (stage <= ASK_SEED &&
	       strcmp(line->words[1], ask_stage_name(stage)) != 0)
		stage = (enum ask_stage)(stage + 1);
	host = world_host(&run->world, line->words[2]);
	if (stage > ASK_SEED || host == NULL) {
		complain(run, "ask", "STAGE NAME", line->words[1]);
		return;
	}
	world_ask(&run->world, host, stage,
	    (size_t)number_of(find_value(line, "token")), &decision);
	check_decision(run, line, &decision);
}

static bool
report(struct run *run, struct world_host *host, const struct line *line)
{
	const char *token = value_of(line->words[2], "token");
	const char *body = line->rest;

	if (token != NULL)
		body += strcspn(body, " ") + 1;
	return world_report(&run->world, host, (size_t)number_of(token), body);
}

static void
do_report(struct run *run, struct world_host *host, const struct line *line)
{
	if (!report(run, host, line))
		complain(run, "report", "taken", "refused");
}

static void
do_report_refused(
    struct run *run, struct world_host *host, const struct line *line)
{
	if (report(run, host, line))
		complain(run, "report", "refused", "taken");
}

/* What an operator says: reason and kind of the statement. */
static void
do_order(struct run *run, struct world_host *host, const struct line *line)
{
	struct event event;

	event_init(&event, run->order, host->name);
	str_copy(event.by, sizeof event.by, "operator");
	if (run->order == EVENT_CANCELLED)
		event.generation = world_want(host);
	if (line->count > 2)
		str_copy(event.reason, sizeof event.reason, line->rest);
	world_append(&run->world, &event);
}

static void
do_inspected(struct run *run, struct world_host *host, const struct line *line)
{
	(void)line;
	world_inspected(&run->world, host);
}

static void
do_file(struct run *run, struct world_host *host, const struct line *line)
{
	struct event event;

	event_init(&event, EVENT_ARTIFACT, host->name);
	str_copy(event.name, sizeof event.name, line->words[2]);
	event.bytes = number_of(find_value(line, "bytes"));
	if (strcmp(line->words[line->count - 1], "FAIL") == 0)
		str_copy(event.result, sizeof event.result, "FAIL");
	world_append(&run->world, &event);
}

static void
do_adopted(struct run *run, struct world_host *host, const struct line *line)
{
	struct event event;

	event_init(&event, EVENT_ADOPTED, host->name);
	event.generation = number_of(find_value(line, "generation"));
	world_append(&run->world, &event);
}

static void
node_member(const struct run *run, const struct world_host *host,
    const char *key, struct buf *out)
{
	const struct node *node = &host->node;
	struct stall stall = {0};
	bool stalled = stall_find(node, run->world.now_ms, 1, &stall);
	const struct {
		const char *key;
		const char *text;
		uint64_t number;
	} members[] = {
	    {"phase", node_phase_name(node->phase), 0},
	    {"held", node->held ? "yes" : "no", 0},
	    {"locked", node->locked ? "yes" : "no", 0},
	    {"stalled", stalled ? "yes" : "no", 0},
	    {"cause", stall.cause, 0},
	    {"at", node_evidence_name(node->evidence), 0},
	    {"step", node->step, 0},
	    {"drifted", node_drifted(node, host->content) ? "yes" : "no", 0},
	    {"overwrite", node->overwrite ? "yes" : "no", 0},
	    {"taken", node->taken, 0},
	    {"code", node->fail_code, 0},
	    {"evidence", node->fail_evidence, 0},
	    {"last_event", node->last_event, 0},
	    {"serial", node->serial, 0},
	    {"vendor", node->vendor, 0},
	    {"hardware", node->hardware, 0},
	    {"want", NULL, node->want},
	    {"have", NULL, node->have},
	    {"attempts", NULL, node->attempts},
	    {"percent", NULL, node->percent},
	};

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		if (strcmp(members[i].key, key) != 0)
			continue;
		if (members[i].text != NULL)
			buf_adds(out, members[i].text);
		else
			buf_addf(out, "%" PRIu64, members[i].number);
		return;
	}
	buf_addf(out, "no member %s", key);
}

static void
do_expect(struct run *run, struct world_host *host, const struct line *line)
{
	struct buf got;

	buf_init(&got, 4096);
	for (size_t i = 2; i < line->count; i++) {
		char *equals = strchr(line->words[i], '=');

		if (equals == NULL) {
			complain(run, "expect", "MEMBER=VALUE", line->words[i]);
			continue;
		}
		*equals = '\0';
		buf_reset(&got);
		node_member(run, host, line->words[i], &got);
		if (!str_glob(equals + 1, got.data))
			complain(run, line->words[i], equals + 1, got.data);
	}
	buf_done(&got);
}

static void
do_after(struct run *run, struct world_host *unused, const struct line *line)
{
	char *unit;
	int64_t ms = 1000 * (int64_t)strtoll(line->words[1], &unit, 10);

	(void)unused;
	if (*unit == 'm')
		ms *= 60;
	else if (*unit == 'h')
		ms *= 3600;
	run->world.now_ms += ms;
}

static void
do_restart(struct run *run, struct world_host *unused, const struct line *line)
{
	(void)unused;
	(void)line;
	if (!world_restart(&run->world))
		complain(run, "restart", "the live state", "another fold");
}

static void
do_lose_database(
    struct run *run, struct world_host *unused, const struct line *line)
{
	(void)unused;
	(void)line;
	world_lose_database(&run->world);
}

struct statement {
	const char *name;
	size_t words; /* at least */
	bool of_host; /* its first word names one */
	void (*run)(
	    struct run *run, struct world_host *host, const struct line *line);
	enum event_kind order;
};

static const struct statement statements[] = {
    {"host", 2, true, do_host, EVENT_NONE},
    {"after", 2, false, do_after, EVENT_NONE},
    {"pxe", 2, true, do_pxe, EVENT_NONE},
    {"boot", 2, true, do_boot, EVENT_NONE},
    {"seed", 2, true, do_seed, EVENT_NONE},
    {"ask", 3, false, do_ask, EVENT_NONE},
    {"report", 3, true, do_report, EVENT_NONE},
    {"report-refused", 3, true, do_report_refused, EVENT_NONE},
    {"reinstall", 2, true, do_order, EVENT_REINSTALL},
    {"hold", 3, true, do_order, EVENT_HOLD},
    {"release", 2, true, do_order, EVENT_RELEASE},
    {"lock", 3, true, do_order, EVENT_LOCKED},
    {"unlock", 2, true, do_order, EVENT_UNLOCKED},
    {"cancel", 2, true, do_order, EVENT_CANCELLED},
    {"forget", 2, true, do_order, EVENT_FORGOTTEN},
    {"file", 3, true, do_file, EVENT_NONE},
    {"adopted", 3, true, do_adopted, EVENT_NONE},
    {"expect", 3, true, do_expect, EVENT_NONE},
    {"inspected", 2, true, do_inspected, EVENT_NONE},
    {"restart", 1, false, do_restart, EVENT_NONE},
    {"lose-database", 1, false, do_lose_database, EVENT_NONE},
};

/* Cuts the line into words; "" keeps blanks together anywhere in a word. */
static void
split_line(char *text, struct line *line)
{
	char *out = text;

	line->count = 0;
	line->words[0] = text;
	while (line->count < WORDS_MAX) {
		bool quoted = false;

		text += strspn(text, " \t");
		if (*text == '\0')
			return;
		out = text;
		line->words[line->count++] = out;
		for (; *text != '\0' && (quoted || *text != ' '); text++) {
			if (*text == '"')
				quoted = !quoted;
			else
				*out++ = *text;
		}
		if (*text != '\0')
			text++;
		*out = '\0';
	}
}

static void
run_line(struct run *run, const char *text)
{
	const struct statement *statement = NULL;
	struct world_host *host = NULL;
	char *copy = mem_strdup(text);
	struct line line = {.rest = ""};

	split_line(copy, &line);
	for (size_t i = 0; line.count > 0 && i < 2; i++) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
		line.rest = text;
	}
	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
		if (line.count >= statements[i].words &&
		    strcmp(line.words[0], statements[i].name) == 0)
			statement = &statements[i];
	}
	if (statement != NULL && statement->of_host)
		host = world_host(&run->world, line.words[1]);
	if (statement != NULL && (host != NULL || !statement->of_host)) {
		run->order = statement->order;
		statement->run(run, host, &line);
	} else {
		complain(run, "statement", "one of those in replay.c", copy);
	}
	free(copy);
}

static void
run_text(struct run *run, char *text)
{
	char *next;

	run->number = 0;
	for (; text != NULL; text = next) {
		next = strchr(text, '\n');
		if (next != NULL)
			*next++ = '\0';
		run->number++;
		text += strspn(text, " \t");
		if (*text != '\0' && *text != '#')
			run_line(run, text);
	}
}

static void
run_file(struct run *run, const char *path)
{
	unsigned errors = run->errors;
	struct err err = {0};
	struct buf text;

	buf_init(&text, 1 << 20);
	run->file = path;
	if (file_read(path, &text, &err) < 0) {
		complain(run, "file", "readable", err.text);
	} else {
		world_init(&run->world);
		run_text(run, text.data);
		do_restart(run, NULL, NULL);
		world_done(&run->world);
	}
	printf("%s %s\n", run->errors == errors ? "ok" : "FAILED", path);
	buf_done(&text);
}

static void
run_directory(struct run *run, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);
	char *name;

	if (count < 0)
		complain(run, "directory", "readable", path);
	for (int i = 0; i < count; i++) {
		if (str_ends(entries[i]->d_name, ".replay")) {
			name = mem_printf("%s/%s", path, entries[i]->d_name);
			run_file(run, name);
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
	run->file = path;
	run->number = 0;
	for (size_t i = 0; policy_rule_name(i) != NULL; i++) {
		if (!run->seen[i])
			complain(run, "scenario", policy_rule_name(i), "none");
	}
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	struct run *run = mem_alloc(sizeof *run);
	unsigned errors;
	char *path;

	for (int i = 1; i < argc; i++)
		run_file(run, argv[i]);
	if (argc == 1) {
		path = mem_printf(
		    "%s/tests/replay", srcdir != NULL ? srcdir : ".");
		run_directory(run, path);
		free(path);
	}
	errors = run->errors;
	free(run);
	return errors == 0 ? 0 : 1;
}
