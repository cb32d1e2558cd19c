#include "ctl/nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/table.h"
#include "ctl/when.h"

/* In the order of a machine's life: that of the summary, too. */
static const struct {
	const char *phase;
	enum style style;
} phase_styles[] = {
    {"new", STYLE_DIM},
    {"booting", STYLE_CYAN},
    {"loading", STYLE_CYAN},
    {"installing", STYLE_BLUE},
    {"installed", STYLE_BLUE},
    {"firstboot", STYLE_BLUE},
    {"ready", STYLE_GREEN},
    {"failed", STYLE_RED},
    {"discovered", STYLE_MAGENTA},
};

#define PHASE_COUNT (sizeof phase_styles / sizeof phase_styles[0])

static const struct table_column node_columns[] = {
    {"NODE", false, 12, 0},
    {"PHASE", false, 0, 0},
    {"DONE", true, 0, 0},
    {"STEP", false, 10, 100},
    {"INSTALL", true, 0, 70},
    {"IMAGE", false, 10, 110},
    {"ADDRESS", false, 9, 130},
    {"SEEN", true, 0, 0},
    {"LAST EVENT", false, 12, 0},
};

static const char *
text_of(struct value v, char out[NODES_TEXTLEN])
{
	if (v.type == VALUE_STRING)
		return value_str(v);
	if (v.type == VALUE_INT) {
		(void)snprintf(out, NODES_TEXTLEN, "%lld", (long long)v.u.i);
		return out;
	}
	if (v.type == VALUE_BOOL)
		return v.u.b ? "yes" : "no";
	return "";
}

const char *
nodes_text(struct value map, const char *key, char out[NODES_TEXTLEN])
{
	return text_of(value_map_get(map, key), out);
}

enum style
nodes_phase_style(const char *phase)
{
	for (size_t i = 0; i < PHASE_COUNT; i++)
		if (strcmp(phase_styles[i].phase, phase) == 0)
			return phase_styles[i].style;
	return STYLE_PLAIN;
}

/* What table and summary show of a NODE, which may be a list of these. */
enum member {
	MEMBER_NAME,
	MEMBER_PHASE,
	MEMBER_PERCENT,
	MEMBER_STEP,
	MEMBER_STEP_SINCE,
	MEMBER_LINE,
	MEMBER_TRANSFER,
	MEMBER_WANT,
	MEMBER_HAVE,
	MEMBER_IMAGE,
	MEMBER_ADDRESS,
	MEMBER_LAST_SEEN,
	MEMBER_LAST_TEXT,
	MEMBER_HELD,
	MEMBER_LOCKED,
	MEMBER_STALLED,
	MEMBER_STALLED_SEEN,
	MEMBER_DRIFTED,
	MEMBER_FAIL_CODE,
	MEMBER_ERROR,
	MEMBERS
};

static const char *const member_names[MEMBERS] = {
    [MEMBER_NAME] = "name",
    [MEMBER_PHASE] = "phase",
    [MEMBER_PERCENT] = "percent",
    [MEMBER_STEP] = "step",
    [MEMBER_STEP_SINCE] = "step_since",
    [MEMBER_LINE] = "line",
    [MEMBER_TRANSFER] = "transfer",
    [MEMBER_WANT] = "want",
    [MEMBER_HAVE] = "have",
    [MEMBER_IMAGE] = "image",
    [MEMBER_ADDRESS] = "address",
    [MEMBER_LAST_SEEN] = "last_seen",
    [MEMBER_LAST_TEXT] = "last_event.text",
    [MEMBER_HELD] = "held",
    [MEMBER_LOCKED] = "locked",
    [MEMBER_STALLED] = "stalled",
    [MEMBER_STALLED_SEEN] = "stalled_seen",
    [MEMBER_DRIFTED] = "drifted",
    [MEMBER_FAIL_CODE] = "fail_code",
    [MEMBER_ERROR] = "error",
};

struct value
nodes_members(void)
{
	struct value list = value_list_new();

	for (size_t i = 0; i < MEMBERS; i++)
		value_list_add(list, value_string(member_names[i]));
	return list;
}

static struct value
get(struct value node, enum member member)
{
	if (node.type == VALUE_LIST)
		return value_list_at(node, member);
	if (member == MEMBER_LAST_TEXT)
		return value_map_get(value_map_get(node, "last_event"), "text");
	return value_map_get(node, member_names[member]);
}

static const char *
get_str(struct value node, enum member member)
{
	return value_str(get(node, member));
}

static bool
is_held(struct value node)
{
	return get(node, MEMBER_HELD).type == VALUE_STRING;
}

static bool
is_locked(struct value node)
{
	return get(node, MEMBER_LOCKED).type == VALUE_STRING;
}

static bool
is_stalled(struct value node)
{
	return value_truth(get(node, MEMBER_STALLED));
}

/* Installed from other files than it would be now. */
static bool
is_drifted(struct value node)
{
	return value_truth(get(node, MEMBER_DRIFTED));
}

/* What may stand beside the phase, and in the summary. */
static const struct flag {
	const char *name;
	bool (*is)(struct value node);
} flags[] = {
    {"held", is_held},
    {"locked", is_locked},
    {"stalled", is_stalled},
    {"drifted", is_drifted},
};

#define FLAG_COUNT (sizeof flags / sizeof flags[0])

/* "installing stalled", "ready locked drifted". */
static void
node_phase_cell(struct table *table, struct value node)
{
	const char *phase = get_str(node, MEMBER_PHASE);
	enum style style = nodes_phase_style(phase);
	struct buf text;

	buf_init(&text, 256);
	buf_adds(&text, phase);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (!flags[i].is(node))
			continue;
		buf_addf(&text, " %s", flags[i].name);
		style = STYLE_YELLOW;
	}
	table_cell(table, style, text.data);
	buf_done(&text);
}

/*
 * What an operator must know first: the hold's reason, a failure, why it is
 * likely to be silent, the news.
 */
static const char *
node_news(struct value node, enum style *ret_style)
{
	const char *error = get_str(node, MEMBER_ERROR);
	const char *code = get_str(node, MEMBER_FAIL_CODE);
	const char *line = get_str(node, MEMBER_LINE);

	*ret_style = STYLE_YELLOW;
	if (is_held(node))
		return get_str(node, MEMBER_HELD);
	*ret_style = STYLE_RED;
	if (*error != '\0')
		return error;
	if (*code != '\0')
		return code;
	*ret_style = STYLE_YELLOW;
	if (is_stalled(node))
		return get_str(node, MEMBER_STALLED_SEEN);
	*ret_style = STYLE_PLAIN;
	return *line != '\0' ? line : get_str(node, MEMBER_LAST_TEXT);
}

static const char *
ago_text(struct value node, int64_t now_ms, char out[WHEN_STRLEN])
{
	const char *seen = get_str(node, MEMBER_LAST_SEEN);
	int64_t then_ms;

	out[0] = '\0';
	if (when_parse(seen, &then_ms) == 0)
		(void)when_ago(then_ms, now_ms, out);
	return out;
}

/* "docker 3m": with its age where that is known and now_ms is not 0. */
static char *
step_with_age(struct value node, int64_t now_ms)
{
	const char *step = get_str(node, MEMBER_STEP);
	char age[WHEN_STRLEN];
	int64_t since_ms;

	if (now_ms == 0 ||
	    when_parse(get_str(node, MEMBER_STEP_SINCE), &since_ms) < 0)
		return mem_strdup(step);
	return mem_printf("%s %s", step, when_ago(since_ms, now_ms, age));
}

static uint64_t
number_of(struct value map, const char *key)
{
	struct value number = value_map_get(map, key);

	return number.type == VALUE_INT && number.u.i > 0 ? (uint64_t)number.u.i
							  : 0;
}

/*
 * What it fetches: "43 %  112 MB/s  ETA 12 s"; or its step, the caller's.
 * Megabytes are of a million bytes, as networks count.
 */
static char *
step_text(struct value node, int64_t now_ms)
{
	struct value transfer = get(node, MEMBER_TRANSFER);
	const char *state = value_str(value_map_get(transfer, "state"));
	const char *file = value_str(value_map_get(transfer, "file"));
	uint64_t percent = number_of(transfer, "percent");
	char bytes[STR_SIZE_LEN];
	char total[STR_SIZE_LEN];

	if (transfer.type != VALUE_MAP)
		return step_with_age(node, now_ms);
	if (strcmp(state, "broken") == 0)
		return mem_printf("%s broke off at %s of %s", file,
		    str_size(number_of(transfer, "bytes"), bytes),
		    str_size(number_of(transfer, "total"), total));
	if (value_map_get(transfer, "eta_s").type != VALUE_INT)
		return mem_printf(
		    "%llu %%  %s", (unsigned long long)percent, file);
	return mem_printf("%llu %%  %.*f MB/s  ETA %llu s",
	    (unsigned long long)percent,
	    number_of(transfer, "rate") < 10000000 ? 1 : 0,
	    (double)number_of(transfer, "rate") / 1e6,
	    (unsigned long long)number_of(transfer, "eta_s"));
}

/* "have/want": 0/1 is an install to be done. */
static void
install_text(struct value node, char out[NODES_TEXTLEN * 2 + 2])
{
	char have[NODES_TEXTLEN];
	char want[NODES_TEXTLEN];

	(void)snprintf(out, NODES_TEXTLEN * 2 + 2, "%.31s/%.31s",
	    text_of(get(node, MEMBER_HAVE), have),
	    text_of(get(node, MEMBER_WANT), want));
}

static void
node_row(struct table *table, struct value node, int64_t now_ms)
{
	char number[NODES_TEXTLEN];
	char install[NODES_TEXTLEN * 2 + 2];
	char ago[WHEN_STRLEN];
	const char *percent = text_of(get(node, MEMBER_PERCENT), number);
	enum style news_style;
	const char *news = node_news(node, &news_style);
	char *step = step_text(node, now_ms);
	char *done = *percent == '\0' ? NULL : mem_printf("%s%%", percent);

	table_cell(table, STYLE_BOLD, get_str(node, MEMBER_NAME));
	node_phase_cell(table, node);
	table_cell(table, STYLE_PLAIN, done);
	table_cell(table, STYLE_PLAIN, step);
	install_text(node, install);
	table_cell(table, STYLE_PLAIN, install);
	table_cell(table, STYLE_PLAIN, get_str(node, MEMBER_IMAGE));
	table_cell(table, STYLE_PLAIN, get_str(node, MEMBER_ADDRESS));
	table_cell(table, STYLE_DIM, ago_text(node, now_ms, ago));
	table_cell(table, news_style, news);
	free(done);
	free(step);
}

void
nodes_write_table(struct value nodes, const struct term *term, int64_t now_ms,
    struct buf *out)
{
	struct table table;

	table_init(
	    &table, node_columns, sizeof node_columns / sizeof node_columns[0]);
	for (size_t i = 0; i < value_len(nodes); i++)
		node_row(&table, value_list_at(nodes, i), now_ms);
	table_write(&table, term, out);
	table_done(&table);
}

static size_t
count_phase(struct value nodes, const char *phase)
{
	size_t count = 0;

	for (size_t i = 0; i < value_len(nodes); i++)
		if (strcmp(get_str(value_list_at(nodes, i), MEMBER_PHASE),
			phase) == 0)
			count++;
	return count;
}

static size_t
count_that(struct value nodes, bool (*is)(struct value node))
{
	size_t count = 0;

	for (size_t i = 0; i < value_len(nodes); i++)
		if (is(value_list_at(nodes, i)))
			count++;
	return count;
}

static void
summary_part(const struct term *term, enum style style, size_t count,
    const char *what, struct buf *out)
{
	char *text;

	if (count == 0)
		return;
	text = mem_printf("%zu %s", count, what);
	buf_adds(out, ", ");
	term_add_safe(term, style, text, strlen(text), out);
	free(text);
}

void
nodes_write_summary(
    struct value nodes, const struct term *term, struct buf *out)
{
	buf_addf(out, "%zu nodes", value_len(nodes));
	for (size_t i = 0; i < PHASE_COUNT; i++)
		summary_part(term, phase_styles[i].style,
		    count_phase(nodes, phase_styles[i].phase),
		    phase_styles[i].phase, out);
	for (size_t i = 0; i < FLAG_COUNT; i++)
		summary_part(term, STYLE_YELLOW, count_that(nodes, flags[i].is),
		    flags[i].name, out);
	buf_addc(out, '\n');
}

static void
detail_line(const struct term *term, const char *title, const char *text,
    struct buf *out)
{
	char *padded;

	if (*text == '\0')
		return;
	padded = mem_printf("%-12s", title);
	term_add_styled(term, STYLE_DIM, padded, out);
	term_add_text(out, text);
	buf_addc(out, '\n');
	free(padded);
}

static void
detail_text(const struct term *term, const char *title, struct value node,
    const char *key, struct buf *out)
{
	char number[NODES_TEXTLEN];

	detail_line(term, title, nodes_text(node, key, number), out);
}

/* A list of strings as one text; the caller frees it. */
static char *
join_strings(struct value list)
{
	struct buf text;

	buf_init(&text, 65536);
	for (size_t i = 0; i < value_len(list); i++) {
		buf_adds(&text, i == 0 ? "" : " ");
		buf_adds(&text, value_str(value_list_at(list, i)));
	}
	return buf_take(&text, NULL);
}

static void
detail_list(const struct term *term, const char *title, struct value list,
    struct buf *out)
{
	char *text = join_strings(list);

	detail_line(term, title, text, out);
	free(text);
}

static void
detail_phase(struct value node, const struct term *term, struct buf *out)
{
	char number[NODES_TEXTLEN];
	const char *phase = nodes_text(node, "phase", number);
	char percent[NODES_TEXTLEN];
	const char *done = nodes_text(node, "percent", percent);
	char *step = step_text(node, 0);
	const char *line = get_str(node, MEMBER_LINE);
	char *title = mem_printf("%-12s", "phase");

	term_add_styled(term, STYLE_DIM, title, out);
	term_add_styled(term, nodes_phase_style(phase), phase, out);
	if (*done != '\0')
		buf_addf(out, ", %s%% done", done);
	if (*step != '\0') {
		buf_adds(out, ", ");
		term_add_text(out, step);
	}
	if (*line != '\0') {
		buf_adds(out, ": ");
		term_add_text(out, line);
	}
	if (is_stalled(node))
		term_add_styled(term, STYLE_YELLOW, ", stalled", out);
	if (is_drifted(node))
		term_add_styled(term, STYLE_YELLOW,
		    ", drifted: reinstall it to have what its files say now",
		    out);
	buf_addc(out, '\n');
	free(title);
	free(step);
}

/* What its installers uploaded, and how it is read. */
static void
detail_logs(struct value node, const struct term *term, struct buf *out)
{
	struct value logs = value_map_get(node, "logs");
	char size[STR_SIZE_LEN];
	char *text;

	if (logs.type != VALUE_MAP)
		return;
	text = mem_printf("%lld files, %s, %s: convect-pxectl logs %s "
			  "--installer",
	    (long long)value_map_get(logs, "files").u.i,
	    str_size((uint64_t)value_map_get(logs, "bytes").u.i, size),
	    value_str(value_map_get(logs, "time")),
	    value_str(value_map_get(node, "name")));
	detail_line(term, "logs", text, out);
	free(text);
}

void
nodes_write_detail(
    struct value node, const struct term *term, int64_t now_ms, struct buf *out)
{
	char number[NODES_TEXTLEN];
	char install[NODES_TEXTLEN * 2 + 2];
	char ago[WHEN_STRLEN];

	detail_line(term, "node", nodes_text(node, "name", number), out);
	detail_phase(node, term, out);
	detail_text(term, "stalled", node, "stalled_seen", out);
	detail_text(term, "likely", node, "stalled_cause", out);
	detail_text(term, "advice", node, "stalled_advice", out);
	detail_text(term, "held", node, "held", out);
	detail_text(term, "locked", node, "locked", out);
	detail_text(term, "failure", node, "fail_code", out);
	detail_text(term, "evidence", node, "fail_evidence", out);
	detail_text(term, "error", node, "error", out);
	install_text(node, install);
	detail_line(term, "install", install, out);
	detail_text(term, "attempts", node, "attempts", out);
	detail_list(term, "mac", value_map_get(node, "mac"), out);
	detail_list(term, "groups", value_map_get(node, "groups"), out);
	detail_text(term, "image", node, "image", out);
	detail_text(term, "arch", node, "arch", out);
	detail_text(term, "address", node, "address", out);
	(void)ago_text(node, now_ms, ago);
	detail_line(term, "last seen", ago, out);
	detail_logs(node, term, out);
}

void
nodes_write_why(struct value rows, const struct term *term, struct buf *out)
{
	static const struct table_column columns[] = {
	    {"STAGE", false, 0, 0},
	    {"ACTION", false, 0, 0},
	    {"RULE", false, 0, 0},
	    {"WHY", false, 20, 0},
	};
	struct table table;
	char number[NODES_TEXTLEN];

	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < value_len(rows); i++) {
		struct value row = value_list_at(rows, i);

		table_cell(
		    &table, STYLE_PLAIN, nodes_text(row, "stage", number));
		table_cell(
		    &table, STYLE_BOLD, nodes_text(row, "action", number));
		table_cell(&table, STYLE_DIM, nodes_text(row, "rule", number));
		table_cell(&table, STYLE_PLAIN, nodes_text(row, "why", number));
	}
	table_write(&table, term, out);
	table_done(&table);
}

void
nodes_write_event(struct value event, const struct term *term, bool with_node,
    struct buf *out)
{
	char number[NODES_TEXTLEN];
	char padded[64];

	term_add_styled(
	    term, STYLE_DIM, nodes_text(event, "time", number), out);
	if (with_node) {
		buf_adds(out, "  ");
		str_copy(
		    padded, sizeof padded, nodes_text(event, "node", number));
		term_add_styled(term, STYLE_BOLD, padded, out);
		for (size_t n = term_columns(padded); n < 16; n++)
			buf_addc(out, ' ');
	}
	(void)snprintf(padded, sizeof padded, "  %-12.50s",
	    nodes_text(event, "kind", number));
	term_add_text(out, padded);
	buf_adds(out, "  ");
	term_add_text(out, nodes_text(event, "text", number));
	buf_addc(out, '\n');
}
