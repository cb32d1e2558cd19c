#include "inventory/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/value_impl.h"

struct value
value_null(void)
{
	return (struct value){.type = VALUE_NULL};
}

struct value
value_bool(bool b)
{
	return (struct value){.type = VALUE_BOOL, .u.b = b};
}

struct value
value_int(int64_t i)
{
	return (struct value){.type = VALUE_INT, .u.i = i};
}

struct value
value_float(double f)
{
	return (struct value){.type = VALUE_FLOAT, .u.f = f};
}

struct value
value_string(const char *str)
{
	return value_string_len(str, strlen(str));
}

struct value
value_string_room(size_t len, char **ret_data)
{
	struct value_str *s = mem_resize(NULL, sizeof *s + len + 1, 1);

	memset(s, 0, sizeof *s);
	s->head.refs = 1;
	s->len = len;
	s->data[len] = '\0';
	*ret_data = s->data;
	return (struct value){.type = VALUE_STRING, .u.s = s};
}

struct value
value_string_len(const char *str, size_t len)
{
	char *data;
	struct value string = value_string_room(len, &data);

	if (len > 0)
		memcpy(data, str, len);
	return string;
}

struct value
value_list_new(void)
{
	struct value_list *l = mem_alloc(sizeof *l);

	l->dead.head.refs = 1;
	return (struct value){.type = VALUE_LIST, .u.l = l};
}

struct value
value_map_new(void)
{
	struct value_map *m = mem_alloc(sizeof *m);

	m->dead.head.refs = 1;
	m->dead.is_map = true;
	return (struct value){.type = VALUE_MAP, .u.m = m};
}

struct value
value_object_take(struct value_obj *obj)
{
	return (struct value){.type = VALUE_OBJECT, .u.o = obj};
}

void
value_obj_init(struct value_obj *obj, const struct value_obj_ops *ops)
{
	obj->head.refs = 1;
	obj->ops = ops;
}

/*
 * Containers wait in a chain to be taken apart, so that the depth of what
 * dies does not become the depth of our stack.
 */
static void
release(struct value value, struct value_dead **dead)
{
	struct value_dead *item;

	if (!value_is_counted(value) || --value.u.head->refs > 0)
		return;
	switch (value.type) {
	case VALUE_LIST:
	case VALUE_MAP:
		item = value.type == VALUE_LIST ? &value.u.l->dead
						: &value.u.m->dead;
		item->next = *dead;
		*dead = item;
		break;
	case VALUE_OBJECT:
		value.u.o->ops->free(value.u.o);
		break;
	default:
		free(value.u.s);
		break;
	}
}

static void
list_free(struct value_list *l, struct value_dead **dead)
{
	for (size_t i = 0; i < l->len; i++)
		release(l->items[i], dead);
	free(l->items);
	free(l);
}

static void
map_free(struct value_map *m, struct value_dead **dead)
{
	for (size_t i = 0; i < m->len; i++) {
		release(m->items[i].key, dead);
		release(m->items[i].item, dead);
		release(m->items[i].spelling, dead);
	}
	free(m->items);
	free(m->index);
	free(m);
}

void
value_destroy(struct value value)
{
	struct value_dead *dead = NULL;

	release(value, &dead);
	while (dead != NULL) {
		struct value_dead *item = dead;

		dead = item->next;
		if (item->is_map)
			map_free((struct value_map *)item, &dead);
		else
			list_free((struct value_list *)item, &dead);
	}
}

size_t
value_len(struct value value)
{
	if (value.type == VALUE_LIST)
		return value.u.l->len;
	return value.type == VALUE_MAP ? value.u.m->len : 0;
}

void
value_list_add(struct value list, struct value item)
{
	struct value_list *l = list.u.l;

	if (l->len == l->cap) {
		l->cap = l->cap == 0 ? 4 : l->cap * 2;
		l->items = mem_resize(l->items, l->cap, sizeof *l->items);
	}
	l->items[l->len++] = item;
}

struct value
value_list_at(struct value list, size_t index)
{
	if (list.type != VALUE_LIST || index >= list.u.l->len)
		return (struct value){0};
	return list.u.l->items[index];
}

void
value_list_insert(struct value list, size_t index, struct value item)
{
	struct value_list *l = list.u.l;

	value_list_add(list, item);
	memmove(l->items + index + 1, l->items + index,
	    (l->len - 1 - index) * sizeof *l->items);
	l->items[index] = item;
}

void
value_list_set(struct value list, size_t index, struct value item)
{
	value_unref(list.u.l->items[index]);
	list.u.l->items[index] = item;
}

struct value
value_list_take(struct value list, size_t index)
{
	struct value_list *l = list.u.l;
	struct value item;

	if (index >= l->len)
		return (struct value){0};
	item = l->items[index];
	l->len--;
	memmove(l->items + index, l->items + index + 1,
	    (l->len - index) * sizeof *l->items);
	return item;
}

const char *
value_type_name(struct value value)
{
	static const char *const names[] = {[VALUE_UNDEFINED] = "undefined",
	    [VALUE_NULL] = "none",
	    [VALUE_BOOL] = "boolean",
	    [VALUE_INT] = "integer",
	    [VALUE_FLOAT] = "float",
	    [VALUE_STRING] = "string",
	    [VALUE_LIST] = "list",
	    [VALUE_MAP] = "map"};

	if (value.type == VALUE_OBJECT)
		return value.u.o->ops->name;
	return names[value.type];
}

bool
value_truth(struct value value)
{
	switch (value.type) {
	case VALUE_BOOL:
		return value.u.b;
	case VALUE_INT:
		return value.u.i != 0;
	case VALUE_FLOAT:
		return value.u.f < 0 || value.u.f > 0 || value.u.f != value.u.f;
	case VALUE_STRING:
		return value.u.s->len > 0;
	case VALUE_LIST:
	case VALUE_MAP:
		return value_len(value) > 0;
	case VALUE_OBJECT:
		return true;
	default:
		return false;
	}
}

static struct value
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
copy_deep(struct value value, int depth)
{
	struct value copy;
	size_t len = value_len(value);

	if ((value.type != VALUE_LIST && value.type != VALUE_MAP) ||
	    depth > VALUE_DEPTH_MAX)
		return value_ref(value);
	copy = value.type == VALUE_LIST ? value_list_new() : value_map_new();
	for (size_t i = 0; i < len; i++) {
		if (value.type == VALUE_LIST)
			value_list_add(
			    copy, copy_deep(value.u.l->items[i], depth + 1));
		else
			value_map_put(copy, value_ref(value.u.m->items[i].key),
			    copy_deep(value.u.m->items[i].item, depth + 1));
	}
	copy.flags = value.flags;
	return copy;
}

struct value
value_copy(struct value value)
{
	return copy_deep(value, 0);
}

static enum value_marks
scan_str(const struct value_str *s)
{
	const char *at = s->data;
	const char *end = s->data + s->len;

	while ((at = memchr(at, '{', (size_t)(end - at))) != NULL) {
		if (at[1] == '{' || at[1] == '%' || at[1] == '#')
			return VALUE_MARKS_SOME;
		at++;
	}
	return VALUE_MARKS_NONE;
}

static bool
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
has_template(struct value value, int depth)
{
	uint8_t *marks;
	bool some = false;

	if (value.type == VALUE_STRING) {
		if (value.u.s->marks == VALUE_MARKS_UNKNOWN)
			value.u.s->marks = (uint8_t)scan_str(value.u.s);
		return value.u.s->marks == VALUE_MARKS_SOME &&
		       (value.flags & VALUE_SAFE) == 0;
	}
	if (value.type == VALUE_OBJECT)
		return value.u.o->ops->open != NULL;
	if ((value.type != VALUE_LIST && value.type != VALUE_MAP) ||
	    depth > VALUE_DEPTH_MAX)
		return false;
	marks = value.type == VALUE_LIST ? &value.u.l->dead.marks
					 : &value.u.m->dead.marks;
	if (*marks == VALUE_MARKS_UNKNOWN) {
		for (size_t i = 0; i < value_len(value) && !some; i++)
			some = has_template(value.type == VALUE_LIST
						? value.u.l->items[i]
						: value.u.m->items[i].item,
			    depth + 1);
		*marks = some ? VALUE_MARKS_SOME : VALUE_MARKS_NONE;
	}
	return *marks == VALUE_MARKS_SOME;
}

bool
value_has_template(struct value value)
{
	return has_template(value, 0);
}
