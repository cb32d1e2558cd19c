/* permutations and combinations, in the order of Python's itertools. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "template/vm.h"

struct chooser {
	struct value items;
	size_t *chosen; /* indices into items; `count` of them in use */
	size_t count;
	size_t size;  /* of a whole choice */
	bool ordered; /* only rising indices */
};

static bool
is_chosen(const struct chooser *c, size_t index)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->chosen[i] == index)
			return true;
	return false;
}

/* Adds the first index from `from` on that may follow; false: there is none. */
static bool
choose_from(struct chooser *c, size_t from)
{
	if (c->ordered && c->count > 0 && from <= c->chosen[c->count - 1])
		from = c->chosen[c->count - 1] + 1;
	while (from < value_len(c->items) && is_chosen(c, from))
		from++;
	if (from >= value_len(c->items))
		return false;
	c->chosen[c->count++] = from;
	return true;
}

static int
add_choice(struct vm *vm, const struct chooser *c, struct value out)
{
	struct value tuple = value_list_new();

	tuple.flags = VALUE_TUPLE;
	for (size_t i = 0; i < c->size; i++)
		value_list_add(
		    tuple, value_ref(value_list_at(c->items, c->chosen[i])));
	value_list_add(out, tuple);
	return vm_charge(vm, 96 + 16 * c->size);
}

/* Walks all choices by going back from a whole or a hopeless one. */
static int
add_choices(struct vm *vm, struct chooser *c, struct value out)
{
	size_t from = 0;
	int ret = 0;

	while (ret == 0) {
		ret = vm_work(vm, 1 + c->count / 8);
		if (c->count < c->size && choose_from(c, from)) {
			from = 0;
			continue;
		}
		if (ret == 0 && c->count == c->size)
			ret = add_choice(vm, c, out);
		if (c->count == 0)
			break;
		from = c->chosen[--c->count] + 1;
	}
	return ret;
}

static int
choose(struct vm *vm, const struct call *call, bool ordered,
    struct value *ret_value)
{
	struct chooser c = {.ordered = ordered};
	struct value out;
	int64_t size;
	int ret = seq_of(vm, call->self, &c.items);

	if (ret != 0)
		return ret;
	ret = call_int(vm, call, 0, (int64_t)value_len(c.items), &size);
	if (ret == 0 && size < 0)
		ret = vm_fail(vm, "%s: the length can not be negative",
		    call->builtin->name);
	out = vm_list();
	if (ret == 0 && (uint64_t)size <= value_len(c.items)) {
		c.size = (size_t)size;
		c.chosen = mem_array(c.size + 1, sizeof *c.chosen);
		ret = add_choices(vm, &c, out);
	}
	free(c.chosen);
	value_unref(c.items);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
filter_permutations(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return choose(vm, call, false, ret_value);
}

static int
filter_combinations(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	if (!call_has(call, 0))
		return vm_fail(vm, "combinations needs the length of each");
	return choose(vm, call, true, ret_value);
}

const struct builtin filters_choose[] = {
    {"permutations", filter_permutations, "r", 0, 1, 0},
    {"combinations", filter_combinations, "r", 1, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
