/* info: the daemon itself, and what became of the DHCP requests it saw. */
#include <inttypes.h>

#include "ctl/ctl.h"
#include "ctl/nodes.h"
#include "ctl/table.h"

static const struct table_column columns[] = {
    {.title = "DHCP"}, {.title = "PACKETS", .right = true}};

static void
write_line(struct ctl *ctl, struct value info, const char *key)
{
	char number[NODES_TEXTLEN];

	buf_addf(&ctl->out, "%-10s", key);
	term_add_text(&ctl->out, nodes_text(info, key, number));
	buf_addc(&ctl->out, '\n');
}

static void
add_counter(struct table *table, struct value map, const char *key)
{
	char number[NODES_TEXTLEN];

	table_cell(table, STYLE_PLAIN, key);
	table_cell(table, STYLE_PLAIN, nodes_text(map, key, number));
}

/* Reasons that never came up only fill the screen. */
static void
add_dropped(struct table *table, struct value dropped)
{
	for (size_t i = 0; i < value_len(dropped); i++) {
		const char *key = value_map_key_at(dropped, i);
		int64_t count = 0;

		if (value_as_int(value_map_at(dropped, i), &count) == 0 &&
		    count > 0)
			add_counter(table, dropped, key);
	}
}

static void
write_counters(struct ctl *ctl, struct value dhcp)
{
	static const char *const first[] = {
	    "received", "overflowed", "offers", "acks", "send_errors"};
	struct table table;

	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		add_counter(&table, dhcp, first[i]);
	add_dropped(&table, value_map_get(dhcp, "dropped"));
	buf_addc(&ctl->out, '\n');
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static int
info_run(struct ctl *ctl, const struct args *args)
{
	static const char *const keys[] = {
	    "version", "pid", "started", "http_url", "files_url", "state_dir"};
	struct value info;
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret = ctl_query(ctl, "info", value_map_new(), &info, &code);
	if (ret < 0)
		return code;
	if (ret == 0) {
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			write_line(ctl, info, keys[i]);
		write_counters(ctl, value_map_get(info, "dhcp"));
	}
	value_unref(info);
	return CTL_DONE;
}

const struct command cmd_info = {
    .name = "info",
    .usage = "",
    .help = "the daemon, and what became of the DHCP requests it saw",
    .need = COMMAND_DAEMON,
    .run = info_run,
};
