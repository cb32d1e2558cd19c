/*
 * doctor: what is wrong with this host and its networks, with what to do
 * about it; see doctor/doctor.h. The inventory's own mistakes are `check`'s:
 * here they are only counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/check.h"
#include "ctl/ctl.h"
#include "ctl/local.h"
#include "ctl/sitecheck.h"
#include "doctor/doctor.h"

#define DEFAULT_INVENTORY SYSCONFDIR "/convect-pxed/macs.ini"
#define WRAP_MIN 40
#define WRAP_PIPE 78
#define WAIT_DEFAULT 6 /* firmware decides after four */
#define WAIT_MAX 60
#define INDENT 11 /* columns of "  warning  " */

enum {
	DOCTOR_INTERFACE,
	DOCTOR_CONFIG,
	DOCTOR_WAIT
};

static const struct args_flag doctor_flags[] = {
    [DOCTOR_INTERFACE] = {"--interface", 0, "NAME...",
	"look at this one, not at the daemon's (repeatable)"},
    [DOCTOR_CONFIG] = {"--config", 0, "FILE",
	"the daemon's configuration file, when it does not run"},
    [DOCTOR_WAIT] = {"--wait", 0, "SECONDS",
	"listen so long for DHCP answers [6]"},
    {0},
};

/* ---- progress ----------------------------------------------------------- */

static void
clear_line(struct ctl *ctl)
{
	if (ctl->term_err.tty)
		(void)!write(STDERR_FILENO, "\r\033[K", 4);
}

static void
on_step_cb(void *arg, const char *what)
{
	struct ctl *ctl = arg;
	struct buf line;

	if (!ctl->term_err.tty)
		return;
	buf_init(&line, 256);
	buf_adds(&line, "\r\033[K");
	buf_addf(&line, "%s ...", what);
	(void)term_print(&line, STDERR_FILENO);
	buf_done(&line);
}

static int
on_expect_probe_cb(void *arg, const struct hwaddr *mac)
{
	struct value args = value_map_new();
	struct value data = {0};
	char text[HWADDR_STRLEN];
	int ret;

	value_map_set(args, "mac", value_string(hwaddr_format(mac, text)));
	ret = ctl_ask(arg, "expect-probe", args, &data, NULL);
	value_unref(data);
	return ret;
}

/* ---- the inventory ------------------------------------------------------ */

/* Where to read it from: the daemon's, --config's, or where it usually is. */
static struct value
inventory_info(struct ctl *ctl, struct value info)
{
	const char *config = ctl->args->own[DOCTOR_CONFIG];
	struct value map;
	struct value list;

	if (ctl->args->inventory_count > 0 || info.type == VALUE_MAP)
		return value_ref(info);
	list =
	    config != NULL ? doctor_config_inventory(config) : value_list_new();
	if (value_len(list) == 0 && access(DEFAULT_INVENTORY, F_OK) == 0)
		value_list_add(list, value_string(DEFAULT_INVENTORY));
	map = value_map_new();
	value_map_set(map, "inventory", list);
	return map;
}

static void
tell_check(struct findings *findings, const struct check *check)
{
	struct buf summary;

	buf_init(&summary, 256);
	check_summary(check, &summary);
	if (check->errors > 0)
		findings_add(
		    findings, FIND_INVENTORY_ERRORS, "%s", summary.data);
	else if (check->warnings > 0)
		findings_add(
		    findings, FIND_INVENTORY_WARNINGS, "%s", summary.data);
	else
		findings_ok(findings, AREA_INVENTORY, "%s", summary.data);
	buf_done(&summary);
}

static void
check_inventory(struct ctl *ctl, struct value info, struct findings *findings)
{
	struct value from = inventory_info(ctl, info);
	struct inventory *inv = NULL;
	struct problems problems;
	struct check check;
	struct err err = {0};
	char text[sizeof err];
	int ret;

	problems_init(&problems);
	check_init(&check);
	ret = local_try(ctl, from, &problems, &inv, &err);
	if (ret == -ECONNREFUSED) {
		findings_add(findings, FIND_INVENTORY_NONE,
		    "no inventory is named, and there is no "
		    "%s",
		    DEFAULT_INVENTORY);
		findings_fix(findings, "name one with --inventory, or write %s",
		    DEFAULT_INVENTORY);
	} else if (ret == -EACCES) {
		findings_unchecked(findings, AREA_INVENTORY, "%s",
		    err_format(&err, text, sizeof text));
	} else if (ret < 0) {
		findings_add(findings, FIND_INVENTORY_ERRORS, "%s",
		    err_format(&err, text, sizeof text));
	} else {
		check_add_problems(&check, &problems);
		if (inv != NULL)
			site_check_hosts(ctl, &check, from, inv);
		tell_check(findings, &check);
	}
	check_done(&check);
	problems_done(&problems);
	inventory_unref(inv);
	value_unref(from);
}

/* ---- telling ------------------------------------------------------------ */

static const enum style styles[FINDING_SEVERITIES] = {
    [FINDING_OK] = STYLE_GREEN,
    [FINDING_NOTE] = STYLE_BLUE,
    [FINDING_WARNING] = STYLE_YELLOW,
    [FINDING_BLOCKER] = STYLE_RED,
};

/* Words on as many lines as they take; the first one has begun. */
static void
put_wrapped(struct ctl *ctl, const char *text, enum style style)
{
	size_t width = ctl->term.width == 0 ? WRAP_PIPE : ctl->term.width;
	size_t left = width > INDENT + WRAP_MIN ? width - INDENT : WRAP_MIN;
	struct buf safe;
	const char *at;

	buf_init(&safe, 8192);
	term_add_text(&safe, text);
	at = safe.data;
	while (strlen(at) > left) {
		size_t len = left;

		while (len > 0 && at[len] != ' ')
			len--;
		if (len == 0) /* a word that is too long stays whole */
			len = strcspn(at, " ");
		term_add_safe(&ctl->term, style, at, len, &ctl->out);
		at += len + (at[len] == ' ');
		if (*at != '\0')
			buf_addf(&ctl->out, "\n%*s", INDENT, "");
	}
	term_add_safe(&ctl->term, style, at, strlen(at), &ctl->out);
	buf_addc(&ctl->out, '\n');
	buf_done(&safe);
}

static void
put_finding(struct ctl *ctl, const struct finding *finding)
{
	const char *name = finding_severity_name(finding->severity);
	const char *why = finding_why(finding);
	const char *fix = finding_fix(finding);

	buf_adds(&ctl->out, "  ");
	term_add_styled(&ctl->term, styles[finding->severity], name, &ctl->out);
	buf_addf(&ctl->out, "%*s", INDENT - 2 - (int)strlen(name), "");
	put_wrapped(ctl, finding->what,
	    finding->severity >= FINDING_WARNING ? STYLE_BOLD : STYLE_PLAIN);
	if (*why != '\0') {
		buf_addf(&ctl->out, "%*s", INDENT, "");
		put_wrapped(ctl, why, STYLE_PLAIN);
	}
	if (*fix != '\0') {
		buf_addf(&ctl->out, "%*s-> ", INDENT - 3, "");
		put_wrapped(ctl, fix, STYLE_CYAN);
	}
}

static void
put_of_severity(struct ctl *ctl, const struct findings *findings,
    enum finding_area area, enum finding_severity severity)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->list[i].area == area &&
		    findings->list[i].severity == severity)
			put_finding(ctl, &findings->list[i]);
	}
}

/* The worst first. */
static void
put_area(
    struct ctl *ctl, const struct findings *findings, enum finding_area area)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->list[i].area == area;
	if (count == 0)
		return;
	term_add_styled(
	    &ctl->term, STYLE_BOLD, finding_area_name(area), &ctl->out);
	buf_addc(&ctl->out, '\n');
	for (int s = FINDING_BLOCKER; s >= FINDING_OK; s--)
		put_of_severity(ctl, findings, area, (enum finding_severity)s);
}

static void
put_findings(struct ctl *ctl, const struct findings *findings)
{
	bool bad = findings->severities[FINDING_BLOCKER] > 0;
	struct buf summary;
	struct value map;

	if (ctl->json) {
		map = findings_json(findings);
		ctl_put_json(ctl, map);
		value_unref(map);
		return;
	}
	for (int area = 0; area < FINDING_AREAS; area++)
		put_area(ctl, findings, (enum finding_area)area);
	buf_init(&summary, 256);
	findings_summary(findings, &summary);
	buf_addc(&ctl->out, '\n');
	term_add_styled(
	    &ctl->term, bad ? STYLE_RED : STYLE_GREEN, summary.data, &ctl->out);
	buf_addc(&ctl->out, '\n');
	buf_done(&summary);
}

static int
doctor_command(struct ctl *ctl, const struct args *args)
{
	struct doctor_spec spec = {.interfaces = args->many,
	    .interface_count = args->many_count,
	    .config_file = args->own[DOCTOR_CONFIG],
	    .state_dir = args->global[ARGS_STATE_DIR],
	    .on_step = on_step_cb,
	    .expect_probe = on_expect_probe_cb,
	    .arg = ctl};
	struct findings findings;
	int64_t seconds = WAIT_DEFAULT;
	int code;

	if (args->own[DOCTOR_WAIT] != NULL &&
	    str_to_i64(args->own[DOCTOR_WAIT], 1, WAIT_MAX, &seconds) < 0)
		return ctl_usage(ctl, "--wait takes 1 to %d seconds", WAIT_MAX);
	spec.wait_ms = seconds * 1000;
	findings_init(&findings);
	spec.daemon_denied =
	    ctl_ask(ctl, "info", value_map_new(), &spec.info, NULL) == -EACCES;
	doctor_run(&spec, &findings);
	ctl->quiet = true; /* what it lacks is a finding */
	on_step_cb(ctl, "looking at the inventory");
	check_inventory(ctl, spec.info, &findings);
	ctl->quiet = false;
	clear_line(ctl);
	put_findings(ctl, &findings);
	code = findings.severities[FINDING_BLOCKER] > 0 ? CTL_FAILED : CTL_DONE;
	findings_done(&findings);
	value_unref(spec.info);
	return code;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "[--interface NAME]... [--config FILE] [--wait SECONDS]",
    .help = "this host and its networks: why does no machine boot?",
    .need = COMMAND_LOCAL,
    .flags = doctor_flags,
    .run = doctor_command,
};
