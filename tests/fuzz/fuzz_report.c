/*
 * Callback bodies. Input: one byte of progress, then the body. What comes out
 * is an event that can be stored, read back and applied.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/event.h"
#include "core/node.h"
#include "core/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_stored(const struct event *event)
{
	struct event back;
	struct node node;
	struct buf text;
	struct buf again;

	buf_init(&text, EVENT_JSON_MAX);
	buf_init(&again, EVENT_JSON_MAX);
	event_write_json(event, &text);
	if (buf_bad(&text) ||
	    event_parse_json(text.data, text.len, &back, NULL) < 0)
		abort();
	event_write_json(&back, &again);
	if (strcmp(text.data, again.data) != 0)
		abort();
	buf_done(&again);
	node_init(&node, event->node);
	node_apply(&node, event);
	buf_reset(&text);
	event_describe(event, &text);
	if (str_utf8_valid_len(text.data, text.len) != text.len ||
	    strlen(text.data) != text.len)
		abort();
	buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct event event;

	if (len < 1)
		return 0;
	if (report_parse((const char *)data + 1, len - 1, data[0], &event) < 0)
		return 0;
	if (event.percent > 100 || event.node[0] != '\0')
		abort();
	str_copy(event.node, sizeof event.node, "node");
	event.generation = 1;
	check_stored(&event);
	return 0;
}
