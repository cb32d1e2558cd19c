/* events: the log, of one node or pattern or of all, once or going on. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"
#include "ctl/when.h"

enum {
	EVENTS_FOLLOW,
	EVENTS_SINCE,
	EVENTS_LIMIT
};

#define EVENTS_LIMIT_DEFAULT 200
#define EVENTS_LIMIT_MAX 1000 /* of one read of the store */

static const struct args_flag events_flags[] = {
    [EVENTS_FOLLOW] = {"--follow", 'f', NULL, "go on with what happens"},
    [EVENTS_SINCE] = {"--since", 0, "TIME",
	"10m, 2h, a time, or #SEQ: those after that event"},
    [EVENTS_LIMIT] = {"--limit", 'n', "N", "the newest N [200]"},
    {0},
};

/* Fills in since or since_ms; -EINVAL. */
static int
events_since(const char *text, struct value request)
{
	int64_t number;

	if (text[0] == '#') {
		if (str_to_i64(text + 1, 0, INT64_MAX, &number) < 0)
			return -EINVAL;
		value_map_set(request, "since", value_int(number));
		return 0;
	}
	if (when_since(text, clock_wall_ms(&clock_system), &number) < 0)
		return -EINVAL;
	value_map_set(request, "since_ms", value_int(number));
	return 0;
}

static int
events_on_data(struct value event, void *arg)
{
	struct ctl *ctl = arg;
	bool reading;

	if (ctl->json)
		return ctl_put_json_line(ctl, event) ? 0 : -EPIPE;
	nodes_write_event(event, &ctl->term, true, &ctl->out);
	reading = ctl_flush(ctl);
	return reading ? 0 : -EPIPE;
}

/* More was asked for than is kept. */
static int
events_on_progress(struct value line, void *arg)
{
	struct ctl *ctl = arg;

	if (strcmp(value_str(value_map_get(line, "phase")), "compacted") == 0)
		ctl_note(ctl, "the events before #%lld (%s) are not kept",
		    (long long)value_map_get(line, "first").u.i,
		    value_str(value_map_get(line, "time")));
	return 0;
}

static int
events_request(struct ctl *ctl, const struct args *args, struct value request)
{
	const char *since = args->own[EVENTS_SINCE];
	const char *limit = args->own[EVENTS_LIMIT];
	int64_t count = EVENTS_LIMIT_DEFAULT;

	if (since != NULL && events_since(since, request) < 0)
		return ctl_usage(ctl, "--since does not take \"%s\"", since);
	if (limit != NULL && str_to_i64(limit, 0, EVENTS_LIMIT_MAX, &count) < 0)
		return ctl_usage(ctl,
		    "--limit takes 0 to %d; --since '#0' gives all",
		    EVENTS_LIMIT_MAX);
	if (since == NULL || limit != NULL)
		value_map_set(request, "limit", value_int(count));
	value_map_set(
	    request, "follow", value_bool(args->own[EVENTS_FOLLOW] != NULL));
	if (args->word_count > 0)
		value_map_set(request, "node", value_string(args->words[0]));
	return CTL_DONE;
}

static int
events_run(struct ctl *ctl, const struct args *args)
{
	struct client_handler handler = {.on_data = events_on_data,
	    .on_progress = events_on_progress,
	    .arg = ctl};
	struct value request = value_map_new();
	int code = events_request(ctl, args, request);

	if (code == CTL_DONE)
		return ctl_stream(ctl, "events", request, &handler);
	value_unref(request);
	return code;
}

const struct command cmd_events = {
    .name = "events",
    .usage = "[NODE|PATTERN] [-f] [--since TIME] [-n N]",
    .help = "what happened, oldest first",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .flags = events_flags,
    .takes_pattern = true,
    .run = events_run,
};
