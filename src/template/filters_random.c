/*
 * random and shuffle. With a seed they draw as Python does; without one from
 * the secret of the site and the host's name, since a render must give the
 * same bytes again.
 */
#include <errno.h>
#include <string.h>

#include "template/mersenne.h"
#include "template/str.h"

#define HOST_NAME_ROOM 1024

/* Which host this is for; no template text is expanded for that. */
static const char *
host_name(const struct vm *vm)
{
	return value_str(value_map_get(vm->input->vars, "inventory_hostname"));
}

static void
seed_by_site(struct vm *vm, struct mersenne *rng)
{
	const char *secret = vm->env->options.salt_seed;
	struct buf text;

	buf_init(&text, strlen(secret) + HOST_NAME_ROOM);
	buf_adds(&text, secret);
	buf_addc(&text, '\0');
	buf_adds(&text, host_name(vm));
	buf_addf(&text, "%c%llu", '\0', (unsigned long long)++vm->usage.draws);
	mersenne_seed_text(rng, text.data, text.len);
	buf_done(&text);
}

/* -EINVAL without a message: no seed of Python's that we know. */
static int
seed_by_value(struct mersenne *rng, struct value seed)
{
	if (seed.type == VALUE_INT)
		mersenne_seed_int(rng, seed.u.i);
	else if (seed.type == VALUE_BOOL)
		mersenne_seed_int(rng, seed.u.b);
	else if (seed.type == VALUE_STRING && (seed.flags & VALUE_NUMBER) == 0)
		mersenne_seed_text(rng, value_str(seed), value_str_len(seed));
	else
		return -EINVAL;
	return 0;
}

static int
set_seed(struct vm *vm, const struct call *call, unsigned index,
    struct mersenne *rng)
{
	if (!call_has(call, index))
		seed_by_site(vm, rng);
	else if (call->args[index].type == VALUE_UNDEFINED)
		return vm_undefined(vm, call->args[index]);
	else if (seed_by_value(rng, call->args[index]) != 0)
		return vm_fail(vm, "%s: a seed is a string or an integer",
		    call->builtin->name);
	return vm_work(
	    vm, MERSENNE_WORDS / 16 + value_str_len(call->args[index]) / 4);
}

/* How many numbers range(start, end, step) has. */
static uint64_t
range_count(int64_t start, int64_t end, int64_t step)
{
	if (step > 0 && end > start)
		return ((uint64_t)end - (uint64_t)start - 1) / (uint64_t)step +
		       1;
	if (step < 0 && end < start)
		return ((uint64_t)start - (uint64_t)end - 1) /
			   (0 - (uint64_t)step) +
		       1;
	return 0;
}

static int
random_number(struct vm *vm, const struct call *call, struct mersenne *rng,
    struct value *ret_value)
{
	int64_t end =
	    call->self.type == VALUE_BOOL ? call->self.u.b : call->self.u.i;
	int64_t start;
	int64_t step;
	uint64_t count;
	int ret = call_int(vm, call, 0, 0, &start);

	if (ret == 0)
		ret = call_int(vm, call, 1, 1, &step);
	if (ret != 0)
		return ret;
	if (step == 0) /* as Ansible: no step */
		step = 1;
	count = range_count(start, end, step);
	if (count == 0)
		return vm_fail(vm, "random: there is no number in the range");
	*ret_value =
	    value_int((int64_t)((uint64_t)start +
				mersenne_below(rng, count) * (uint64_t)step));
	return 0;
}

static int
random_item(struct vm *vm, const struct call *call, struct mersenne *rng,
    struct value *ret_value)
{
	struct value items = {0};
	size_t count;
	int ret;

	for (unsigned i = 0; i < 2; i++)
		if (call_has(call, i) && value_truth(call->args[i]))
			return vm_fail(
			    vm, "random: start and step are for integers only");
	if (call->self.type != VALUE_LIST && call->self.type != VALUE_STRING &&
	    call->self.type != VALUE_UNDEFINED)
		return vm_fail(vm,
		    "random needs a list, a string or an "
		    "integer, not a %s",
		    value_type_name(call->self));
	ret = seq_of(vm, call->self, &items);
	if (ret != 0)
		return ret;
	count = value_len(items);
	if (count == 0)
		ret = vm_fail(vm, "random: there is no item to choose");
	else
		*ret_value =
		    value_ref(value_list_at(items, mersenne_below(rng, count)));
	value_unref(items);
	return ret;
}

static int
filter_random(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct mersenne rng;
	int ret = set_seed(vm, call, 2, &rng);

	if (ret != 0)
		return ret;
	if (call->self.type == VALUE_INT || call->self.type == VALUE_BOOL)
		return random_number(vm, call, &rng, ret_value);
	return random_item(vm, call, &rng, ret_value);
}

static void
swap_items(struct value list, size_t a, size_t b)
{
	struct value item = value_ref(value_list_at(list, a));

	value_list_set(list, a, value_ref(value_list_at(list, b)));
	value_list_set(list, b, item);
}

static int
filter_shuffle(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	struct mersenne rng;
	struct value list;
	int ret = 0;

	if (call->self.type >= VALUE_NULL && call->self.type <= VALUE_FLOAT) {
		*ret_value = call->self; /* as Ansible, which does not mind */
		return 0;
	}
	if (call_has(call, 0) && value_truth(call->args[0]))
		ret = set_seed(vm, call, 0, &rng);
	else
		seed_by_site(vm, &rng);
	if (ret == 0)
		ret = seq_of(vm, call->self, &items);
	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 64 + 16 * value_len(items));
	if (ret == 0) {
		list = vm_list();
		for (size_t i = 0; i < value_len(items); i++)
			value_list_add(
			    list, value_ref(value_list_at(items, i)));
		for (size_t i = value_len(items); i-- > 1;)
			swap_items(list, i, mersenne_below(&rng, i + 1));
		*ret_value = list;
	}
	value_unref(items);
	return ret;
}

const struct builtin filters_random[] = {
    {"random", filter_random, "start step seed", 0, 3, 0},
    {"shuffle", filter_shuffle, "seed", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
