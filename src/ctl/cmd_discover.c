/* discover list, show and ignore: machines that no inventory names. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"
#include "ctl/table.h"
#include "ctl/when.h"

enum {
	IGNORE_UNDO
};

static const struct args_flag ignore_flags[] = {
    [IGNORE_UNDO] = {"--undo", 0, NULL, "let it wait again"},
    {0},
};

static enum style
state_style(const char *state)
{
	if (strcmp(state, "waiting") == 0)
		return STYLE_GREEN;
	return strcmp(state, "ignored") == 0 ? STYLE_DIM : STYLE_YELLOW;
}

static const char *
ago(struct value machine, const char *key, char out[WHEN_STRLEN])
{
	char number[NODES_TEXTLEN];
	int64_t then_ms;

	if (when_parse(nodes_text(machine, key, number), &then_ms) < 0)
		return "";
	return when_ago(then_ms, clock_wall_ms(&clock_system), out);
}

/* Vendor and model, as far as they are known. */
static void
add_model(struct value machine, struct buf *out)
{
	char number[NODES_TEXTLEN];
	const char *vendor = nodes_text(machine, "vendor", number);

	buf_adds(out, vendor);
	if (vendor[0] != '\0')
		buf_addc(out, ' ');
	buf_adds(out, nodes_text(machine, "model", number));
}

static void
list_row(struct table *table, struct value machine)
{
	char number[NODES_TEXTLEN];
	char seen[WHEN_STRLEN];
	const char *state = nodes_text(machine, "state", number);
	struct buf model;

	buf_init(&model, 1024);
	add_model(machine, &model);
	table_cell(table, STYLE_BOLD, nodes_text(machine, "mac", number));
	table_cell(table, state_style(state), state);
	table_cell(table, STYLE_PLAIN, ago(machine, "last_seen", seen));
	table_cell(table, STYLE_PLAIN, nodes_text(machine, "serial", number));
	table_cell(table, STYLE_PLAIN, nodes_text(machine, "address", number));
	table_cell(table, STYLE_PLAIN, model.data);
	table_cell(table, STYLE_PLAIN, nodes_text(machine, "hardware", number));
	buf_done(&model);
}

static void
list_put(struct ctl *ctl, struct value machines)
{
	static const struct table_column columns[] = {
	    {"MAC", false, 0, 0},
	    {"STATE", false, 0, 0},
	    {"SEEN", true, 0, 0},
	    {"SERIAL", false, 8, 0},
	    {"ADDRESS", false, 9, 130},
	    {"MODEL", false, 10, 90},
	    {"HARDWARE", false, 12, 0},
	};
	struct table table;

	if (value_len(machines) == 0) {
		buf_adds(&ctl->out, "no unknown machines\n");
		return;
	}
	table_init(&table, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < value_len(machines); i++)
		list_row(&table, value_list_at(machines, i));
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static int
discover_list_run(struct ctl *ctl, const struct args *args)
{
	struct value machines;
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret =
	    ctl_query(ctl, "discover-list", value_map_new(), &machines, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		list_put(ctl, machines);
	value_unref(machines);
	return CTL_DONE;
}

/* ---- show -------------------------------------------------------------------
 */

static void
show_line(struct ctl *ctl, const char *title, const char *text)
{
	if (text[0] == '\0')
		return;
	buf_addf(&ctl->out, "%-10s ", title);
	term_add_text(&ctl->out, text);
	buf_addc(&ctl->out, '\n');
}

static void
show_text(struct ctl *ctl, const char *title, struct value map, const char *key)
{
	char number[NODES_TEXTLEN];

	show_line(ctl, title, nodes_text(map, key, number));
}

static void
show_title(struct ctl *ctl, const char *title)
{
	buf_addc(&ctl->out, '\n');
	term_add_styled(&ctl->term, STYLE_BOLD, title, &ctl->out);
	buf_addc(&ctl->out, '\n');
}

/* "10.7 GB"; disks are sold by powers of ten. */
static const char *
disk_size(struct value disk, char out[STR_SIZE_LEN])
{
	struct value size = value_map_get(disk, "size");

	if (size.type != VALUE_INT)
		return "";
	(void)snprintf(out, STR_SIZE_LEN, "%.1f GB", (double)size.u.i / 1e9);
	return out;
}

static const char *
disk_kind(struct value disk)
{
	struct value rotational = value_map_get(disk, "rotational");

	if (rotational.type != VALUE_BOOL)
		return "";
	return rotational.u.b ? "HDD" : "SSD";
}

static void
disk_cells(struct table *table, struct value disk)
{
	char number[NODES_TEXTLEN];
	char size[STR_SIZE_LEN];

	table_cell(table, STYLE_BOLD, nodes_text(disk, "name", number));
	table_cell(table, STYLE_PLAIN, disk_size(disk, size));
	table_cell(table, STYLE_PLAIN, disk_kind(disk));
	table_cell(table, STYLE_PLAIN, nodes_text(disk, "bus", number));
	table_cell(table, STYLE_PLAIN, nodes_text(disk, "serial", number));
	table_cell(table, STYLE_PLAIN, nodes_text(disk, "model", number));
}

static void
nic_cells(struct table *table, struct value nic)
{
	char number[NODES_TEXTLEN];
	bool link = value_truth(value_map_get(nic, "link"));

	table_cell(table, STYLE_BOLD, nodes_text(nic, "name", number));
	table_cell(table, STYLE_PLAIN, nodes_text(nic, "mac", number));
	table_cell(table, link ? STYLE_GREEN : STYLE_DIM, link ? "up" : "down");
	table_cell(table, STYLE_PLAIN, nodes_text(nic, "speed", number));
	table_cell(table, STYLE_PLAIN, nodes_text(nic, "driver", number));
	table_cell(table, STYLE_PLAIN, nodes_text(nic, "pci", number));
}

static void
gpu_cells(struct table *table, struct value gpu)
{
	char number[NODES_TEXTLEN];

	table_cell(table, STYLE_BOLD, nodes_text(gpu, "pci", number));
	table_cell(table, STYLE_PLAIN, nodes_text(gpu, "vendor", number));
	table_cell(table, STYLE_PLAIN, nodes_text(gpu, "device", number));
	table_cell(table, STYLE_PLAIN, nodes_text(gpu, "class", number));
	table_cell(table, STYLE_PLAIN, nodes_text(gpu, "name", number));
}

static const struct table_column disk_columns[] = {
    {"DISK", false, 0, 0},
    {"SIZE", true, 0, 0},
    {"KIND", false, 0, 0},
    {"BUS", false, 0, 0},
    {"SERIAL", false, 8, 0},
    {"MODEL", false, 8, 0},
};
static const struct table_column nic_columns[] = {
    {"NIC", false, 0, 0},
    {"MAC", false, 0, 0},
    {"LINK", false, 0, 0},
    {"MBIT/S", true, 0, 0},
    {"DRIVER", false, 0, 0},
    {"PCI", false, 0, 0},
};
static const struct table_column gpu_columns[] = {
    {"GPU", false, 0, 0},
    {"VENDOR", false, 0, 0},
    {"DEVICE", false, 0, 0},
    {"CLASS", false, 0, 0},
    {"NAME", false, 10, 0},
};

static const struct {
	const char *key;
	const struct table_column *columns;
	size_t column_count;
	void (*cells)(struct table *table, struct value item);
} parts[] = {
    {"disks", disk_columns, sizeof disk_columns / sizeof disk_columns[0],
	disk_cells},
    {"nics", nic_columns, sizeof nic_columns / sizeof nic_columns[0],
	nic_cells},
    {"gpus", gpu_columns, sizeof gpu_columns / sizeof gpu_columns[0],
	gpu_cells},
};

static void
show_part(struct ctl *ctl, size_t part, struct value items)
{
	struct table table;

	if (value_len(items) == 0)
		return;
	buf_addc(&ctl->out, '\n');
	table_init(&table, parts[part].columns, parts[part].column_count);
	for (size_t i = 0; i < value_len(items); i++)
		parts[part].cells(&table, value_list_at(items, i));
	table_write(&table, &ctl->term, &ctl->out);
	table_done(&table);
}

static void
show_details(struct ctl *ctl, struct value details)
{
	struct value cpus = value_map_get(details, "cpus");
	struct value memory = value_map_get(details, "memory");
	char size[STR_SIZE_LEN];

	show_text(ctl, "CPU", cpus, "model");
	show_text(ctl, "CPUs", cpus, "count");
	show_text(ctl, "sockets", cpus, "sockets");
	if (memory.type == VALUE_INT)
		show_line(ctl, "memory", str_size((uint64_t)memory.u.i, size));
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		show_part(ctl, i, value_map_get(details, parts[i].key));
}

static void
machine_put(struct ctl *ctl, struct value machine)
{
	struct value events = value_map_get(machine, "events");
	char number[NODES_TEXTLEN];
	char seen[WHEN_STRLEN];
	const char *state = nodes_text(machine, "state", number);

	show_text(ctl, "MAC", machine, "mac");
	buf_addf(&ctl->out, "%-10s ", "state");
	term_add_styled(&ctl->term, state_style(state), state, &ctl->out);
	buf_addc(&ctl->out, '\n');
	show_line(ctl, "seen", ago(machine, "last_seen", seen));
	show_text(ctl, "serial", machine, "serial");
	show_text(ctl, "UUID", machine, "uuid");
	show_text(ctl, "vendor", machine, "vendor");
	show_text(ctl, "model", machine, "model");
	show_text(ctl, "arch", machine, "arch");
	show_text(ctl, "address", machine, "address");
	show_details(ctl, value_map_get(machine, "details"));
	if (value_len(events) > 0)
		show_title(ctl, "Events");
	for (size_t i = 0; i < value_len(events); i++)
		nodes_write_event(
		    value_list_at(events, i), &ctl->term, false, &ctl->out);
}

static int
ask_machine(
    struct ctl *ctl, const char *command, struct value request, bool brief)
{
	struct value machine;
	char number[NODES_TEXTLEN];
	int code = CTL_DONE;
	int ret = ctl_query(ctl, command, request, &machine, &code);

	if (ret < 0)
		return code;
	if (ret == 0 && brief)
		buf_addf(&ctl->out, "%s is %s\n",
		    nodes_text(machine, "mac", number),
		    nodes_text(machine, "state", number));
	else if (ret == 0)
		machine_put(ctl, machine);
	value_unref(machine);
	return CTL_DONE;
}

static int
discover_show_run(struct ctl *ctl, const struct args *args)
{
	struct value request = value_map_new();

	value_map_set(request, "machine", value_string(args->words[0]));
	return ask_machine(ctl, "discover-show", request, false);
}

static int
discover_ignore_run(struct ctl *ctl, const struct args *args)
{
	struct value request = value_map_new();

	value_map_set(request, "machine", value_string(args->words[0]));
	value_map_set(
	    request, "undo", value_bool(args->own[IGNORE_UNDO] != NULL));
	return ask_machine(ctl, "discover-ignore", request, true);
}

const struct command cmd_discover_list = {
    .name = "discover list",
    .usage = "",
    .help = "machines that the inventory does not name",
    .need = COMMAND_DAEMON,
    .run = discover_list_run,
};

const struct command cmd_discover_show = {
    .name = "discover show",
    .usage = "MACHINE",
    .help = "one of them: hardware and events",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = discover_show_run,
};

const struct command cmd_discover_ignore = {
    .name = "discover ignore",
    .usage = "MACHINE [--undo]",
    .help = "leave a machine alone: it gets no answer any more",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = ignore_flags,
    .run = discover_ignore_run,
};
