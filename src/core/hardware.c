#include "core/hardware.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/hwaddr.h"
#include "core/event.h"

enum type {
	TEXT,
	NUMBER,
	BOOL,
	MAC,
	MAP,
	LIST
};

struct member {
	const char *name;
	enum type type;
	const struct member *members; /* of a map, or of a list's maps */
};

static const struct member cpu_members[] = {
    {"count", NUMBER, NULL},
    {"sockets", NUMBER, NULL},
    {"model", TEXT, NULL},
    {0},
};
static const struct member nic_members[] = {
    {"name", TEXT, NULL},
    {"mac", MAC, NULL},
    {"link", BOOL, NULL},
    {"speed", NUMBER, NULL},
    {"driver", TEXT, NULL},
    {"pci", TEXT, NULL},
    {0},
};
static const struct member disk_members[] = {
    {"name", TEXT, NULL},
    {"serial", TEXT, NULL},
    {"model", TEXT, NULL},
    {"size", NUMBER, NULL},
    {"rotational", BOOL, NULL},
    {"bus", TEXT, NULL},
    {0},
};
static const struct member gpu_members[] = {
    {"pci", TEXT, NULL},
    {"vendor", TEXT, NULL},
    {"device", TEXT, NULL},
    {"class", TEXT, NULL},
    {"name", TEXT, NULL},
    {0},
};
static const struct member machine_members[] = {
    {"vendor", TEXT, NULL},
    {"model", TEXT, NULL},
    {"serial", TEXT, NULL},
    {"uuid", TEXT, NULL},
    {"memory", NUMBER, NULL},
    {"cpus", MAP, cpu_members},
    {"nics", LIST, nic_members},
    {"disks", LIST, disk_members},
    {"gpus", LIST, gpu_members},
    {0},
};

static const struct member *
find_member(const struct member *members, const char *name)
{
	for (; members->name != NULL; members++) {
		if (strcmp(members->name, name) == 0)
			return members;
	}
	return NULL;
}

static int
wrong(const struct member *member, const char *what, struct err *err)
{
	err_set(err, "'%s' is not %s", member->name, what);
	return -EBADMSG;
}

static int
take_text(const struct member *member, struct value from,
    struct value *ret_value, struct err *err)
{
	char text[HARDWARE_TEXT_MAX + 1];

	if (from.type != VALUE_STRING)
		return wrong(member, "text", err);
	event_text(text, sizeof text, value_str(from), value_str_len(from));
	for (char *at = text; *at != '\0'; at++) {
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	}
	*ret_value = value_string(text);
	return 0;
}

static int
take_mac(const struct member *member, struct value from,
    struct value *ret_value, struct err *err)
{
	char text[HWADDR_STRLEN];
	struct hwaddr mac;

	if (from.type != VALUE_STRING ||
	    hwaddr_parse(value_str(from), &mac) < 0)
		return wrong(member, "the MAC address of a NIC", err);
	*ret_value = value_string(hwaddr_format(&mac, text));
	return 0;
}

static int
take_scalar(const struct member *member, struct value from,
    struct value *ret_value, struct err *err)
{
	switch (member->type) {
	case TEXT:
		return take_text(member, from, ret_value, err);
	case MAC:
		return take_mac(member, from, ret_value, err);
	case NUMBER:
		if (from.type != VALUE_INT || from.u.i < 0)
			return wrong(member, "a number", err);
		break;
	case BOOL:
		if (from.type != VALUE_BOOL)
			return wrong(member, "true or false", err);
		break;
	case MAP:
	case LIST:
		break;
	}
	*ret_value = value_ref(from);
	return 0;
}

static int
check_members(const struct member *members, struct value from, struct err *err)
{
	for (size_t i = 0; i < value_len(from); i++) {
		const char *name = value_map_key_at(from, i);

		if (find_member(members, name) == NULL) {
			err_set(err, "there is no '%.64s'", name);
			return -EBADMSG;
		}
	}
	return 0;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables above */

static int take_map(const struct member *members, struct value from,
    struct value *ret_map, struct err *err);

static int
take_list(const struct member *member, struct value from,
    struct value *ret_list, struct err *err)
{
	struct value list;
	struct value item;
	int ret = 0;

	if (from.type != VALUE_LIST || value_len(from) > HARDWARE_ITEMS_MAX)
		return wrong(member, "a list, or too long", err);
	list = value_list_new();
	for (size_t i = 0; ret == 0 && i < value_len(from); i++) {
		ret = take_map(
		    member->members, value_list_at(from, i), &item, err);
		if (ret == 0)
			value_list_add(list, item);
	}
	if (ret < 0)
		value_unref(list);
	else
		*ret_list = list;
	return ret;
}

static int
take_member(const struct member *member, struct value from,
    struct value *ret_value, struct err *err)
{
	if (member->type == MAP)
		return take_map(member->members, from, ret_value, err);
	if (member->type == LIST)
		return take_list(member, from, ret_value, err);
	return take_scalar(member, from, ret_value, err);
}

static int
take_map(const struct member *members, struct value from, struct value *ret_map,
    struct err *err)
{
	struct value map;
	int ret;

	if (from.type != VALUE_MAP) {
		err_set(err, "not an object");
		return -EBADMSG;
	}
	ret = check_members(members, from, err);
	map = value_map_new();
	for (; ret == 0 && members->name != NULL; members++) {
		struct value said = value_map_get(from, members->name);
		struct value value;

		if (said.type == VALUE_UNDEFINED || said.type == VALUE_NULL)
			continue;
		ret = take_member(members, said, &value, err);
		if (ret == 0)
			value_map_set(map, members->name, value);
	}
	if (ret < 0)
		value_unref(map);
	else
		*ret_map = map;
	return ret;
}

/* NOLINTEND(misc-no-recursion) */

int
hardware_parse(
    const char *body, size_t len, struct value *ret_details, struct err *err)
{
	struct value root;
	int ret;

	if (len > HARDWARE_BODY_MAX) {
		err_set(err, "more than %d bytes", HARDWARE_BODY_MAX);
		return -EBADMSG;
	}
	if (value_parse_json(body, len, &root, err) < 0)
		return -EBADMSG;
	ret = take_map(machine_members, root, ret_details, err);
	value_unref(root);
	return ret;
}

/* ---- in one line ---------------------------------------------------- */

static int64_t
number(struct value map, const char *key)
{
	struct value value = value_map_get(map, key);

	return value.type == VALUE_INT ? value.u.i : 0;
}

static void
add_count(struct buf *out, size_t count, const char *what)
{
	buf_addf(out, "%s%zu %s%s", out->len > 0 ? ", " : "", count, what,
	    count == 1 ? "" : "s");
}

static void
add_disk(struct value disk, struct buf *out)
{
	struct value rotational = value_map_get(disk, "rotational");
	int64_t size = number(disk, "size");

	if (rotational.type == VALUE_BOOL)
		buf_adds(out, value_truth(rotational) ? "HDD " : "SSD ");
	buf_addf(out, "%" PRId64 ".%" PRId64 " GB", size / 1000000000,
	    size / 100000000 % 10);
}

static void
add_disks(struct value disks, struct buf *out)
{
	size_t count = value_len(disks);

	add_count(out, count, "disk");
	for (size_t i = 0; i < count && i < 4; i++) {
		buf_adds(out, i == 0 ? " (" : ", ");
		add_disk(value_list_at(disks, i), out);
	}
	if (count > 4)
		buf_adds(out, ", ...");
	buf_adds(out, count > 0 ? ")" : "");
}

static void
add_nics(struct value nics, struct buf *out)
{
	size_t up = 0;

	for (size_t i = 0; i < value_len(nics); i++)
		up +=
		    value_truth(value_map_get(value_list_at(nics, i), "link"));
	add_count(out, value_len(nics), "NIC");
	buf_addf(out, " (%zu up)", up);
}

static void
add_gpus(struct value gpus, struct buf *out)
{
	const char *name;

	add_count(out, value_len(gpus), "GPU");
	if (value_len(gpus) == 0)
		return;
	name = value_str(value_map_get(value_list_at(gpus, 0), "name"));
	if (name[0] != '\0')
		buf_addf(
		    out, " (%s%s)", name, value_len(gpus) > 1 ? ", ..." : "");
}

void
hardware_summary(struct value details, struct buf *out)
{
	int64_t cpus = number(value_map_get(details, "cpus"), "count");
	int64_t mib = number(details, "memory") >> 20;

	if (cpus > 0)
		add_count(out, (size_t)cpus, "CPU");
	if (mib > 0)
		buf_addf(out, "%s%" PRId64 ".%" PRId64 " GiB memory",
		    out->len > 0 ? ", " : "", mib / 1024,
		    mib % 1024 * 10 / 1024);
	add_disks(value_map_get(details, "disks"), out);
	add_nics(value_map_get(details, "nics"), out);
	add_gpus(value_map_get(details, "gpus"), out);
}
