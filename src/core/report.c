#include "core/report.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "core/node.h"
#include "core/report_body.h"

/*
 * How far an installer is when it says these words. The first row that
 * matches counts; a row with a
 * `top` adds one to the present value, within percent..top.
 * Names and order as subiquity and curtin send them; all of them at `start`.
 */
struct milestone {
	const char *origin;
	const char *name;	 /* glob */
	const char *description; /* glob, or NULL */
	uint64_t percent;
	uint64_t top;	  /* 0: adds nothing */
	const char *step; /* as people are shown it; NULL: the name's end */
};

static const struct milestone milestones[] = {
    {"cloudinit", "init-*", NULL, 2, 0, "cloud-init"},
    {"cloudinit", "modules-config*", NULL, 3, 0, "cloud-init"},
    {"cloudinit", "modules-final*", NULL, 4, 0, "cloud-init"},
    {"curtin", "*/Shutdown/shutdown", NULL, 99, 0, "shutdown"},
    {"curtin", "*/Late/*/command_*", NULL, 92, 97, "late-commands"},
    {"curtin", "*/Late/run_user_supplied*", NULL, 92, 0, "late-commands"},
    {"curtin", "*/run_unattended_upgrades*", NULL, 85, 0, NULL},
    {"curtin", "*/configure_cloud_init*", NULL, 82, 0, NULL},
    {"curtin", "*/postinstall/install_*/*", NULL, 70, 0, NULL},
    {"curtin", "*/postinstall/install_*", NULL, 70, 80, NULL},
    {"curtin", "*/postinstall*", NULL, 70, 0, "postinstall"},
    {"curtin", "*/install-grub*", NULL, 68, 0, "install-grub"},
    {"curtin", "*/installing-kernel*", NULL, 55, 0, "installing-kernel"},
    {"curtin", "*", "*curthooks step*", 50, 0, "curthooks"},
    {"curtin", "*", "*extract step*", 25, 0, "extract"},
    {"curtin", "*", "*partitioning step*", 20, 0, "partitioning"},
    {"curtin", "*/configure_apt*", NULL, 15, 0, "configure_apt"},
    {"curtin", "*/apply_autoinstall_config*", NULL, 10, 0, NULL},
    {"curtin", "subiquity/*", NULL, 5, 0, NULL},
};

/* FAIL at the end of one of these, and of nothing else, is the install's. */
static const char *const fatal_names[] = {
    "subiquity/Install/install",
    "subiquity/apply_autoinstall_config",
    "subiquity/load_autoinstall_config",
};

static bool
milestone_matches(const struct milestone *row, const struct event *event)
{
	return strcmp(event->origin, row->origin) == 0 &&
	       str_glob(row->name, event->name) &&
	       (row->description == NULL ||
		   str_glob(row->description, event->description));
}

/* NULL: it says nothing of the progress. */
static const struct milestone *
milestone_find(const struct event *event)
{
	const struct milestone *row = milestones;
	const struct milestone *end =
	    milestones + sizeof milestones / sizeof milestones[0];

	if (strcmp(event->event_type, "start") != 0)
		return NULL;
	while (row < end && !milestone_matches(row, event))
		row++;
	return row == end ? NULL : row;
}

static uint64_t
milestone_percent(const struct event *event, uint64_t percent_now)
{
	const struct milestone *row = milestone_find(event);

	if (row == NULL)
		return 0;
	if (row->top == 0 || percent_now < row->percent)
		return row->percent;
	return percent_now < row->top ? percent_now + 1 : row->top;
}

const char *
report_step(const struct event *event)
{
	const struct milestone *row = milestone_find(event);
	const char *end = strrchr(event->name, '/');

	if (row == NULL)
		return event->stage;
	if (row->step != NULL)
		return row->step;
	return end == NULL ? event->name : end + 1;
}

static bool
is_fatal(const struct event *event)
{
	if (strcmp(event->event_type, "finish") != 0 ||
	    strcmp(event->result, "FAIL") != 0 ||
	    strcmp(event->description, "cancelled") == 0)
		return false;
	for (size_t i = 0; i < sizeof fatal_names / sizeof fatal_names[0];
	     i++) {
		if (strcmp(event->name, fatal_names[i]) == 0)
			return true;
	}
	return false;
}

static void
decide_webhook(struct event *event, uint64_t percent_now)
{
	event->percent = milestone_percent(event, percent_now);
	if (strcmp(event->origin, "curtin") != 0)
		return;
	if (strcmp(event->event_type, "start") == 0 &&
	    str_glob("*/Shutdown/shutdown", event->name)) {
		event->kind = EVENT_INSTALLED;
	} else if (is_fatal(event)) {
		event->kind = EVENT_FAILED;
		str_copy(event->code, sizeof event->code, "install_failed");
	}
}

static void
json_text(json_t *root, const char *key, char *out, size_t size)
{
	json_t *value = json_object_get(root, key);

	if (json_is_string(value))
		event_text(out, size, json_string_value(value),
		    json_string_length(value));
}

static void
parse_webhook(json_t *root, uint64_t percent_now, struct event *event)
{
	json_text(root, "origin", event->origin, sizeof event->origin);
	json_text(root, "name", event->name, sizeof event->name);
	json_text(
	    root, "event_type", event->event_type, sizeof event->event_type);
	json_text(root, "result", event->result, sizeof event->result);
	json_text(
	    root, "description", event->description, sizeof event->description);
	if (event->origin[0] == '\0')
		str_copy(event->origin, sizeof event->origin, "unknown");
	decide_webhook(event, percent_now);
}

/* Where the fields of a form go in the event; the last of a name counts. */
struct form_field {
	const char *name;
	size_t offset;
	size_t size;
};

#define FORM_FIELD(name, member)                                               \
	{                                                                      \
		name, offsetof(struct event, member),                          \
		    sizeof(((struct event *)0)->member)                        \
	}

static const struct form_field form_fields[] = {
    FORM_FIELD("state", event_type),
    FORM_FIELD("stage", stage),
    FORM_FIELD("code", code),
    FORM_FIELD("msg", description),
    FORM_FIELD("log", evidence),
    FORM_FIELD("machine", uuid),
    FORM_FIELD("ca", ca),
};

struct form {
	struct event *event;
	int64_t percent;
	int64_t generation;
	int64_t seq;
	char hostname[sizeof((struct event *)0)->name];
	bool phone_home;
	bool host_keys; /* one of them, at least */
	bool any;
};

/* What cloud-init's phone_home calls them; "N/A" is one that it has not. */
static const struct {
	const char *name;
	enum hostkey_kind kind;
	size_t offset;
	size_t size;
} host_keys[] = {
    {"pub_key_rsa", HOSTKEY_RSA, offsetof(struct event, host_rsa),
	HOSTKEY_RSA_SIZE},
    {"pub_key_ecdsa", HOSTKEY_ECDSA, offsetof(struct event, host_ecdsa),
	HOSTKEY_ECDSA_SIZE},
    {"pub_key_ed25519", HOSTKEY_ED25519, offsetof(struct event, host_ed25519),
	HOSTKEY_ED25519_SIZE},
};

static void
on_host_key(struct form *form, const char *name, const char *value, size_t len)
{
	for (size_t i = 0; i < sizeof host_keys / sizeof host_keys[0]; i++) {
		if (strcmp(host_keys[i].name, name) == 0 &&
		    hostkey_parse(host_keys[i].kind, value, len,
			(char *)form->event + host_keys[i].offset,
			host_keys[i].size) == 0)
			form->host_keys = true;
	}
	form->phone_home = true;
}

/* A sum and nothing else. */
static void
on_ca(struct event *event, const char *value, size_t len)
{
	uint8_t sum[32];

	if (len == 2 * sizeof sum && str_unhex(value, sum, sizeof sum) == 0)
		str_hex(sum, sizeof sum, event->ca);
}

static void
on_form_pair(void *arg, const char *name, const char *value, size_t len)
{
	struct form *form = arg;

	form->any = true;
	for (size_t i = 0; i < sizeof form_fields / sizeof form_fields[0];
	     i++) {
		const struct form_field *field = &form_fields[i];

		if (strcmp(field->name, name) == 0) {
			event_text((char *)form->event + field->offset,
			    field->size, value, len);
			return;
		}
	}
	if (strcmp(name, "percent") == 0)
		(void)str_to_i64(value, 0, 100, &form->percent);
	else if (strcmp(name, "generation") == 0)
		(void)str_to_i64(
		    value, 1, NODE_GENERATION_MAX, &form->generation);
	else if (strcmp(name, "ca") == 0)
		on_ca(form->event, value, len);
	else if (strcmp(name, "seq") == 0)
		(void)str_to_i64(value, 0, INT32_MAX, &form->seq);
	else if (strcmp(name, "hostname") == 0)
		event_text(form->hostname, sizeof form->hostname, value, len);
	else if (str_starts(name, "pub_key_"))
		on_host_key(form, name, value, len);
	else if (strcmp(name, "instance_id") == 0)
		form->phone_home = true;
}

struct form_state {
	const char *name;
	enum event_kind kind;
};

static const struct form_state form_states[] = {
    {"installed", EVENT_INSTALLED},
    {"adopted", EVENT_ADOPTED},
    {"firstboot", EVENT_FIRSTBOOT},
    {"ready", EVENT_READY},
    {"failed", EVENT_FAILED},
    {"fail", EVENT_FAILED},
};

static void
decide_form(struct event *event)
{
	str_copy(event->origin, sizeof event->origin, "form");
	for (size_t i = 0; i < sizeof form_states / sizeof form_states[0];
	     i++) {
		if (strcmp(form_states[i].name, event->event_type) == 0)
			event->kind = form_states[i].kind;
	}
	if (event->kind == EVENT_FAILED && event->code[0] == '\0')
		str_copy(event->code, sizeof event->code, "unspecified");
}

/* What nobody understands is shown as it came. */
static void
keep_raw(struct event *event, const char *body, size_t len)
{
	str_copy(event->origin, sizeof event->origin, "unknown");
	event_text(event->description, sizeof event->description, body, len);
}

static void
parse_form(const char *body, size_t len, struct event *event)
{
	struct form form = {.event = event};

	report_body_form(body, len, on_form_pair, &form);
	if (!form.any) {
		keep_raw(event, body, len);
		return;
	}
	event->percent = (uint64_t)form.percent;
	event->run_seq = (uint64_t)form.seq;
	if (form.phone_home && event->event_type[0] == '\0') {
		str_copy(event->origin, sizeof event->origin, "phone_home");
		str_copy(event->name, sizeof event->name, form.hostname);
		if (form.host_keys)
			event->kind = EVENT_HOSTKEYS;
		return;
	}
	decide_form(event);
	if (event->kind == EVENT_ADOPTED)
		event->generation = (uint64_t)form.generation;
	else
		memset(event->uuid, 0, sizeof event->uuid);
}

static void
parse_json(
    const char *body, size_t len, uint64_t percent_now, struct event *event)
{
	json_error_t json_err;
	struct buf clean;
	json_t *root = NULL;

	buf_init(&clean, (size_t)3 * REPORT_BODY_MAX);
	if (report_body_clean_json(body, len, &clean) == 0)
		root = json_loadb(clean.data, clean.len,
		    JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &json_err);
	if (json_is_object(root))
		parse_webhook(root, percent_now, event);
	else
		keep_raw(event, body, len);
	json_decref(root);
	buf_done(&clean);
}

int
report_parse(
    const char *body, size_t len, uint64_t percent_now, struct event *ret_event)
{
	struct event event;

	if (len > REPORT_BODY_MAX)
		return -EMSGSIZE;
	while (len > 0 && strchr(" \t\r\n", body[0]) != NULL) {
		body++;
		len--;
	}
	if (len == 0)
		return -ENODATA;
	event_init(&event, EVENT_REPORT, "");
	if (body[0] == '{')
		parse_json(body, len, percent_now, &event);
	else
		parse_form(body, len, &event);
	*ret_event = event;
	return 0;
}
