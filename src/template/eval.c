/* Expressions, but for calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/lex.h"
#include "template/utf8.h"
#include "template/vm.h"

/*
 * Evaluation recurses as deep as expressions nest: PARSE_EXPR_DEPTH_MAX, for
 * each of limits.depth calls.
 */

static int
eval_const(struct vm *vm, const struct node *node, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_ref(node->value);
	return 0;
}

static int
eval_name(struct vm *vm, const struct node *node, struct value *ret_value)
{
	return vm_load(vm, node->value, ret_value);
}

static int
refuse_scoped(struct vm *vm, struct value item)
{
	if (!object_is_ours(item))
		return 0;
	return vm_fail(vm, "a %s can not be put into a list or a map",
	    value_type_name(item));
}

static int
eval_list(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value list = vm_list();
	int ret = vm_charge(vm, 64 + (uint64_t)node->count * 16);

	if (node->kind == NODE_TUPLE)
		list.flags = VALUE_TUPLE;
	for (uint32_t i = 0; i < node->count && ret == 0; i++) {
		struct value item = {0};

		ret = vm_eval(vm, node->kids[i], &item);
		if (ret != 0)
			break;
		value_list_add(list, item);
		ret = refuse_scoped(vm, item);
	}
	if (ret == 0)
		*ret_value = list;
	else
		value_unref(list);
	return ret;
}

static int
dict_key(struct vm *vm, const struct node *node, struct value *ret_key)
{
	struct value key = {0};
	int ret = vm_eval(vm, node, &key);

	if (ret != 0)
		return ret;
	if (value_can_key(key)) {
		*ret_key = key;
		return 0;
	}
	vm->at = node;
	if (key.type == VALUE_UNDEFINED)
		ret = vm_undefined(vm, key);
	else
		ret =
		    vm_fail(vm, "a %s can not be a key", value_type_name(key));
	value_unref(key);
	return ret;
}

static int
eval_dict(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value map = vm_map();
	int ret = vm_charge(vm, 64 + (uint64_t)node->count * 32);

	for (uint32_t i = 0; i < node->count && ret == 0; i += 2) {
		struct value key = {0};
		struct value item = {0};

		ret = dict_key(vm, node->kids[i], &key);
		if (ret != 0)
			break;
		ret = vm_eval(vm, node->kids[i + 1], &item);
		if (ret != 0) {
			value_unref(key);
			break;
		}
		value_map_put(map, key, item);
		ret = refuse_scoped(vm, item);
	}
	if (ret == 0)
		*ret_value = map;
	else
		value_unref(map);
	return ret;
}

static int
eval_concat(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct buf out;
	uint8_t secret = 0;
	int ret = 0;

	vm_buf_init(&out);
	for (uint32_t i = 0; i < node->count && ret == 0; i++) {
		struct value part = {0};

		ret = vm_eval(vm, node->kids[i], &part);
		vm->at = node->kids[i];
		if (ret == 0)
			ret = text_write(vm, part, &out);
		secret |= part.flags & VALUE_SECRET;
		value_unref(part);
	}
	vm->at = node;
	if (ret == 0)
		ret = vm_buf_take(vm, &out, ret_value);
	else
		buf_done(&out);
	if (ret == 0)
		ret_value->flags |= secret;
	return ret;
}

/* Both operands of a node, evaluated and defined; owned on success. */
static int
eval_pair(struct vm *vm, const struct node *node, struct value pair[2])
{
	int ret = vm_eval(vm, node->kids[0], &pair[0]);

	if (ret != 0)
		return ret;
	ret = vm_eval(vm, node->kids[1], &pair[1]);
	vm->at = node;
	if (ret == 0) {
		if (pair[0].type != VALUE_UNDEFINED &&
		    pair[1].type != VALUE_UNDEFINED)
			return 0;
		vm->at = node->kids[pair[0].type == VALUE_UNDEFINED ? 0 : 1];
		ret = vm_undefined(
		    vm, pair[0].type == VALUE_UNDEFINED ? pair[0] : pair[1]);
		value_unref(pair[1]);
	}
	value_unref(pair[0]);
	return ret;
}

static int
eval_binary(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value pair[2] = {{0}};
	int ret = eval_pair(vm, node, pair);

	if (ret != 0)
		return ret;
	ret = ops_binary(vm, node->op, pair[0], pair[1], ret_value);
	if (ret == 0)
		ret_value->flags |=
		    (pair[0].flags | pair[1].flags) & VALUE_SECRET;
	value_unref(pair[0]);
	value_unref(pair[1]);
	return ret;
}

static int
eval_unary(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value operand = {0};
	int ret = vm_eval(vm, node->kids[0], &operand);

	if (ret != 0)
		return ret;
	vm->at = node;
	if (operand.type == VALUE_UNDEFINED)
		ret = vm_undefined(vm, operand);
	else if (node->op == '-')
		ret = ops_binary(vm, '-', value_int(0), operand, ret_value);
	else
		ret = ops_binary(vm, '+', value_int(0), operand, ret_value);
	if (ret == 0 && node->op == '-' && operand.type == VALUE_FLOAT)
		ret_value->u.f = -operand.u.f; /* 0 - 0.0 loses the sign */
	value_unref(operand);
	return ret;
}

static int
eval_truth(struct vm *vm, const struct node *node, bool *ret_bool)
{
	struct value value = {0};
	int ret = vm_eval(vm, node, &value);

	if (ret != 0)
		return ret;
	vm->at = node;
	ret = ops_truth(vm, value, ret_bool);
	value_unref(value);
	return ret;
}

static int
eval_logic(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value left = {0};
	bool truth;
	int ret = vm_eval(vm, node->kids[0], &left);

	if (ret != 0)
		return ret;
	vm->at = node->kids[0];
	ret = ops_truth(vm, left, &truth);
	if (ret == 0 && truth == (node->kind == NODE_OR)) {
		*ret_value = left;
		return 0;
	}
	value_unref(left);
	return ret == 0 ? vm_eval(vm, node->kids[1], ret_value) : ret;
}

static int
eval_not(struct vm *vm, const struct node *node, struct value *ret_value)
{
	bool truth;
	int ret = eval_truth(vm, node->kids[0], &truth);

	if (ret == 0)
		*ret_value = value_bool(!truth);
	return ret;
}

static int
compare_once(struct vm *vm, const struct node *node, uint32_t index,
    const struct value sides[2], bool *ret_bool)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (sides[i].type != VALUE_UNDEFINED)
			continue;
		vm->at = node->kids[index + i];
		return vm_undefined(vm, sides[i]);
	}
	vm->at = node;
	return ops_compare(
	    vm, node->u.ops[index], sides[0], sides[1], ret_bool);
}

static int
eval_compare(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value sides[2] = {{0}};
	bool holds = true;
	int ret = vm_eval(vm, node->kids[0], &sides[0]);

	for (uint32_t i = 0; ret == 0 && holds && i + 1 < node->count; i++) {
		ret = vm_eval(vm, node->kids[i + 1], &sides[1]);
		if (ret != 0)
			break;
		ret = compare_once(vm, node, i, sides, &holds);
		value_unref(sides[0]);
		sides[0] = sides[1];
	}
	value_unref(sides[0]);
	if (ret == 0)
		*ret_value = value_bool(holds);
	return ret;
}

static int
eval_cond(struct vm *vm, const struct node *node, struct value *ret_value)
{
	bool truth;
	int ret = eval_truth(vm, node->kids[0], &truth);

	if (ret != 0)
		return ret;
	if (truth || node->kids[2] != NULL)
		return vm_eval(vm, node->kids[truth ? 1 : 2], ret_value);
	*ret_value = (struct value){.flags = VALUE_LENIENT};
	return 0;
}

/*
 * What is below an undefined value is undefined, and called by its name: so
 * "a.b.c | default(1)" and "a.b.c is defined" need no more, as in Ansible.
 */
static bool
is_below_undefined(struct value subject)
{
	return subject.type == VALUE_UNDEFINED &&
	       (subject.flags & VALUE_LENIENT) == 0;
}

static int
eval_attr(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value subject = {0};
	int ret = vm_eval(vm, node->kids[0], &subject);

	if (ret != 0)
		return ret;
	if (is_below_undefined(subject)) {
		*ret_value = subject;
		return 0;
	}
	vm->at = node;
	if (subject.type == VALUE_UNDEFINED) {
		vm->at = node->kids[0];
		ret = vm_undefined(vm, subject);
	} else {
		ret = vm_attr(vm, subject, node->value, ret_value);
	}
	if (ret == 0 && ret_value->type == VALUE_UNDEFINED) {
		value_unref(vm->miss_subject);
		vm->miss_subject = subject;
		vm->miss = node;
		return 0;
	}
	value_unref(subject);
	return ret;
}

static int
eval_item(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value subject = {0};
	struct value key = {0};
	int ret = vm_eval(vm, node->kids[0], &subject);

	if (ret != 0)
		return ret;
	ret = vm_eval(vm, node->kids[1], &key);
	vm->at = node;
	if (ret == 0 && key.type == VALUE_UNDEFINED) {
		vm->at = node->kids[1];
		ret = vm_undefined(vm, key);
	} else if (ret == 0 && is_below_undefined(subject)) {
		*ret_value = value_ref(subject);
	} else if (ret == 0 && subject.type == VALUE_UNDEFINED) {
		vm->at = node->kids[0];
		ret = vm_undefined(vm, subject);
	} else if (ret == 0) {
		ret = vm_item(vm, subject, key, ret_value);
	}
	value_unref(subject);
	value_unref(key);
	return ret;
}

static int
eval_slice(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value parts[4] = {{0}};
	int ret = 0;

	for (uint32_t i = 0; i < 4 && ret == 0; i++) {
		if (node->kids[i] == NULL) {
			parts[i] = value_null();
			continue;
		}
		ret = vm_eval(vm, node->kids[i], &parts[i]);
		vm->at = node->kids[i];
		if (ret == 0 && parts[i].type == VALUE_UNDEFINED)
			ret = vm_undefined(vm, parts[i]);
	}
	vm->at = node;
	if (ret == 0)
		ret = vm_slice(vm, parts[0], parts + 1, ret_value);
	for (uint32_t i = 0; i < 4; i++)
		value_unref(parts[i]);
	return ret;
}

/* Filters and tests: the subject comes first, or from the filter block. */
static int
eval_builtin(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value subject = {0};
	struct actual actual;
	int ret;

	if (node->kids[0] == NULL)
		subject = value_ref(*vm->chain_subject);
	else if ((ret = vm_eval(vm, node->kids[0], &subject)) != 0)
		return ret;
	ret = vm_args_eval(vm, node, &actual);
	if (ret != 0) {
		value_unref(subject);
		return ret;
	}
	vm->at = node;
	if (subject.type == VALUE_UNDEFINED &&
	    (subject.flags & VALUE_LENIENT) != 0 &&
	    (node->builtin->flags & BUILTIN_UNDEFINED) == 0)
		subject = value_string("");
	if (subject.type == VALUE_UNDEFINED &&
	    (node->builtin->flags & BUILTIN_UNDEFINED) == 0) {
		vm->at = node->kids[0];
		ret = vm_undefined(vm, subject);
	} else {
		ret = vm_run(vm, node->builtin, subject, &actual, ret_value);
	}
	if (ret == 0 && (node->flags & NODE_NEGATED) != 0)
		ret_value->u.b = !ret_value->u.b;
	value_unref(subject);
	vm_args_done(&actual);
	return ret;
}

static int
eval_call(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value callee = {0};
	struct actual actual;
	int ret = vm_eval(vm, node->kids[0], &callee);

	if (ret != 0)
		return ret;
	vm->at = node->kids[0];
	if (callee.type == VALUE_UNDEFINED)
		ret = vm_undefined(vm, callee);
	if (ret == 0)
		ret = vm_args_eval(vm, node, &actual);
	if (ret != 0) {
		value_unref(callee);
		return ret;
	}
	vm->at = node;
	ret = vm_call_value(vm, callee, &actual, ret_value);
	value_unref(callee);
	vm_args_done(&actual);
	return ret;
}

static int
eval_method(struct vm *vm, const struct node *node, struct value *ret_value)
{
	struct value subject = {0};
	struct actual actual;
	int ret = vm_eval(vm, node->kids[0], &subject);

	if (ret != 0)
		return ret;
	vm->at = node->kids[0];
	if (subject.type == VALUE_UNDEFINED)
		ret = vm_undefined(vm, subject);
	if (ret == 0)
		ret = vm_args_eval(vm, node, &actual);
	if (ret != 0) {
		value_unref(subject);
		return ret;
	}
	vm->at = node;
	ret = vm_call_method(vm, subject, node->value, &actual, ret_value);
	value_unref(subject);
	vm_args_done(&actual);
	return ret;
}

static int (*const evals[NODE_KINDS])(
    struct vm *, const struct node *, struct value *) = {
    [NODE_CONST] = eval_const,
    [NODE_NAME] = eval_name,
    [NODE_LIST] = eval_list,
    [NODE_TUPLE] = eval_list,
    [NODE_DICT] = eval_dict,
    [NODE_CONCAT] = eval_concat,
    [NODE_BINARY] = eval_binary,
    [NODE_UNARY] = eval_unary,
    [NODE_AND] = eval_logic,
    [NODE_OR] = eval_logic,
    [NODE_NOT] = eval_not,
    [NODE_COMPARE] = eval_compare,
    [NODE_COND] = eval_cond,
    [NODE_ATTR] = eval_attr,
    [NODE_ITEM] = eval_item,
    [NODE_SLICE] = eval_slice,
    [NODE_FILTER] = eval_builtin,
    [NODE_TEST] = eval_builtin,
    [NODE_CALL] = eval_call,
    [NODE_METHOD] = eval_method,
};

int
vm_eval(struct vm *vm, const struct node *node, struct value *ret_value)
{
	vm->at = node;
	if (++vm->usage.steps > vm->env->options.limits.steps)
		return vm_work(vm, 0);
	return evals[node->kind](vm, node, ret_value);
}
