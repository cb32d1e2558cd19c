/* cache: what the package cache holds and did since its start. */
#include "base/str.h"
#include "ctl/ctl.h"

static const struct {
	const char *key;
	const char *text;
} rows[] = {
    {"files", "files"},
    {"downloads", "downloads under way"},
    {"hits", "served without asking"},
    {"fresh", "unchanged upstream"},
    {"misses", "downloaded"},
    {"stale", "served stale"},
    {"failed", "failed"},
    {"evicted", "removed for room"},
};

static int64_t
number(struct value map, const char *key)
{
	struct value value = value_map_get(map, key);

	return value.type == VALUE_INT ? value.u.i : 0;
}

static int
cache_run(struct ctl *ctl, const struct args *args)
{
	char have[STR_SIZE_LEN];
	char most[STR_SIZE_LEN];
	struct value map;
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret = ctl_query(ctl, "cache", value_map_new(), &map, &code);
	if (ret < 0)
		return code;
	if (ret == 0) {
		buf_addf(&ctl->out, "%-22s %s of %s%s\n", "size",
		    str_size((uint64_t)number(map, "bytes"), have),
		    str_size((uint64_t)number(map, "bytes_max"), most),
		    value_truth(value_map_get(map, "offline")) ? ", offline"
							       : "");
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			buf_addf(&ctl->out, "%-22s %lld\n", rows[i].text,
			    (long long)number(map, rows[i].key));
	}
	value_unref(map);
	return CTL_DONE;
}

const struct command cmd_cache = {
    .name = "cache",
    .usage = "",
    .help = "what the package cache holds, and what it served",
    .need = COMMAND_DAEMON,
    .run = cache_run,
};
