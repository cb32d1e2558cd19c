#include "ctl/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/nodes.h"
#include "ctl/when.h"

enum {
	SECOND_MS = 1000,
	MINUTE_MS = 60 * SECOND_MS,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
	TEXT_COLUMN = 33, /* where an entry's text begins */
	TEXT_MIN = 20,	  /* columns; on a narrower terminal it just runs on */
	TIME_AT = 11,	  /* in "2026-11-23T14:00:00.123Z" */
	TIME_LEN = 12,
	STATUS_BAD = 400,
};

void
timeline_init(struct timeline *timeline, const struct term *term)
{
	*timeline = (struct timeline){.term = term};
}

/* "+0.004", "+12.300", "+12m 02s", "+3h 12m", "+31d 02h" */
static void
format_delta(int64_t ms, char out[24])
{
	long long value = ms;

	if (value < 0)
		snprintf(out, 24, "-%lld.%03lld", -value / SECOND_MS,
		    -value % SECOND_MS);
	else if (value < 10 * MINUTE_MS)
		snprintf(out, 24, "+%lld.%03lld", value / SECOND_MS,
		    value % SECOND_MS);
	else if (value < HOUR_MS)
		snprintf(out, 24, "+%lldm %02llds", value / MINUTE_MS,
		    value % MINUTE_MS / SECOND_MS);
	else if (value < 2 * DAY_MS)
		snprintf(out, 24, "+%lldh %02lldm", value / HOUR_MS,
		    value % HOUR_MS / MINUTE_MS);
	else
		snprintf(out, 24, "+%lldd %02lldh", value / DAY_MS,
		    value % DAY_MS / HOUR_MS);
}

static void
format_silence(int64_t ms, char out[48])
{
	long long value = ms;

	if (value < 10 * MINUTE_MS)
		snprintf(out, 48, "%.1f s without news", (double)ms / 1000);
	else if (value < HOUR_MS)
		snprintf(
		    out, 48, "%lld minutes without news", value / MINUTE_MS);
	else
		snprintf(out, 48, "%lld h %lld min without news",
		    value / HOUR_MS, value % HOUR_MS / MINUTE_MS);
}

/* ---- what an entry looks like --------------------------------------------
 */

static const char *
text_of(struct value entry, const char *key)
{
	return value_str(value_map_get(entry, key));
}

static int64_t
number_of(struct value entry, const char *key)
{
	struct value number = value_map_get(entry, key);

	return number.type == VALUE_INT ? number.u.i : 0;
}

static bool
is_cut_off(struct value entry)
{
	struct value complete = value_map_get(entry, "complete");

	return complete.type == VALUE_BOOL && !complete.u.b;
}

static enum style
event_style(struct value event)
{
	const char *kind = text_of(event, "kind");

	if (strcmp(kind, "failed") == 0 || strcmp(kind, "hold") == 0)
		return STYLE_RED;
	if (strcmp(kind, "ready") == 0 || strcmp(kind, "installed") == 0)
		return STYLE_GREEN;
	return STYLE_BOLD;
}

static enum style
decision_style(const char *action)
{
	if (strcmp(action, "refuse") == 0)
		return STYLE_RED;
	return strcmp(action, "install") == 0 ? STYLE_PLAIN : STYLE_YELLOW;
}

/* What is wrong must be seen first; what is as it should be stays plain. */
static enum style
entry_style(struct value entry)
{
	const char *who = text_of(entry, "who");

	if (strcmp(who, "event") == 0)
		return event_style(value_map_get(entry, "event"));
	if (strcmp(who, "policy") == 0)
		return decision_style(text_of(entry, "action"));
	if (strcmp(who, "start") == 0)
		return STYLE_MAGENTA;
	if (is_cut_off(entry) || *text_of(entry, "error") != '\0' ||
	    number_of(entry, "status") >= STATUS_BAD)
		return STYLE_RED;
	return *text_of(entry, "drop") != '\0' ? STYLE_DIM : STYLE_PLAIN;
}

static void
put_direction(
    const struct timeline *timeline, struct value entry, struct buf *out)
{
	const char *direction = text_of(entry, "direction");

	if (strcmp(direction, "in") == 0)
		term_add_styled(timeline->term, STYLE_CYAN, "<-", out);
	else if (strcmp(direction, "out") == 0)
		term_add_styled(timeline->term, STYLE_GREEN, "->", out);
	else
		buf_adds(out, "  ");
}

/* As many words as fit; always one. */
static size_t
line_len(const char *text, size_t columns)
{
	size_t len = strcspn(text, " ");
	size_t next;

	while (text[len] != '\0') {
		next = len + 1 + strcspn(text + len + 1, " ");
		if (next > columns)
			break;
		len = next;
	}
	return len;
}

/* On a terminal the text stays in its column, over several lines. */
static void
put_text(const struct timeline *timeline, enum style style, const char *text,
    struct buf *out)
{
	size_t width = timeline->term->width;
	size_t len;

	if (width < TEXT_COLUMN + TEXT_MIN) {
		term_add_safe(timeline->term, style, text, strlen(text), out);
		return;
	}
	for (;;) {
		len = line_len(text, width - TEXT_COLUMN);
		term_add_safe(timeline->term, style, text, len, out);
		if (text[len] == '\0')
			return;
		text += len + 1;
		buf_addf(out, "\n%*s", TEXT_COLUMN, "");
	}
}

static void
put_line(struct timeline *timeline, struct value entry, const char *delta,
    struct buf *out)
{
	const char *time = text_of(entry, "time");
	char cell[64];
	struct buf text;

	snprintf(cell, sizeof cell, "%-*.*s", TIME_LEN, TIME_LEN,
	    strlen(time) > TIME_AT ? time + TIME_AT : "");
	term_add_text(out, cell);
	snprintf(cell, sizeof cell, " %8s  ", delta);
	term_add_safe(timeline->term, STYLE_DIM, cell, strlen(cell), out);
	put_direction(timeline, entry, out);
	snprintf(cell, sizeof cell, " %-6.6s ", text_of(entry, "who"));
	term_add_styled(timeline->term, STYLE_BLUE, cell, out);
	buf_init(&text, 64 << 10);
	term_add_text(&text, text_of(entry, "text"));
	put_text(timeline, entry_style(entry), text.data, out);
	buf_done(&text);
	buf_addc(out, '\n');
}

/* ---- when --------------------------------------------------------------- */

static void
put_day(struct timeline *timeline, struct value entry, struct buf *out)
{
	char day[sizeof timeline->day];

	str_copy(day, sizeof day, text_of(entry, "time"));
	if (strcmp(day, timeline->day) == 0)
		return;
	memcpy(timeline->day, day, sizeof day);
	term_add_styled(timeline->term, STYLE_BOLD, day, out);
	term_add_safe(timeline->term, STYLE_DIM, " UTC", 4, out);
	buf_addc(out, '\n');
}

/* A transfer is told when it is over: before that there was no silence. */
static void
put_silence(struct timeline *timeline, int64_t begin_ms, struct buf *out)
{
	int64_t silence = begin_ms - timeline->end_ms;
	char text[48];

	if (!timeline->begun || silence < TIMELINE_GAP_MS)
		return;
	format_silence(silence, text);
	buf_addf(out, "%*s", TEXT_COLUMN, "");
	term_add_styled(timeline->term, STYLE_YELLOW, text, out);
	buf_addc(out, '\n');
}

void
timeline_put(struct timeline *timeline, struct value entry, struct buf *out)
{
	char delta[24] = "";
	int64_t ms;
	int64_t last_ms;

	if (value_truth(value_map_get(entry, "echo")) ||
	    when_parse(text_of(entry, "time"), &ms) < 0)
		return;
	if (when_parse(text_of(entry, "last"), &last_ms) < 0)
		last_ms = ms;
	put_silence(timeline, ms - number_of(entry, "ms"), out);
	put_day(timeline, entry, out);
	if (timeline->begun)
		format_delta(ms - timeline->start_ms, delta);
	put_line(timeline, entry, delta, out);
	timeline->begun = true;
	timeline->start_ms = ms;
	if (last_ms > timeline->end_ms)
		timeline->end_ms = last_ms;
}
