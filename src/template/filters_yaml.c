/*
 * YAML in and out. Output is libyaml's emitter fed as PyYAML feeds it, which
 * is what Ansible prints.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "inventory/yaml.h"
#include "inventory/yaml_scalar.h"
#include "template/str.h"
#include "template/vm.h"

enum flow {
	FLOW_NEVER,
	FLOW_LEAVES,
	FLOW_ALWAYS
};

struct dumper {
	struct vm *vm;
	yaml_emitter_t emitter;
	enum flow flow;
	bool sort;
};

static int
write_chunk(void *arg, unsigned char *bytes, size_t len)
{
	struct buf *out = arg;

	buf_add(out, bytes, len);
	return !buf_bad(out);
}

static int
emit(struct dumper *d, yaml_event_t *event, int made)
{
	if (made == 0 || yaml_emitter_emit(&d->emitter, event) == 0)
		return vm_fail(d->vm, "this can not be written as YAML");
	return vm_work(d->vm, 1);
}

/* Without a tag, which is never written where the others say how to read. */
static int
emit_scalar(struct dumper *d, struct span text, bool plain, bool quoted)
{
	yaml_event_t event;

	return emit(d, &event,
	    yaml_scalar_event_initialize(&event, NULL, NULL,
		(const yaml_char_t *)text.at, (int)text.len, plain, quoted,
		YAML_ANY_SCALAR_STYLE));
}

static int
emit_string(struct dumper *d, struct value str)
{
	struct span text = str_span(str);

	return emit_scalar(
	    d, text, !yaml_scalar_is_typed(text.at, text.len), true);
}

static int
emit_float(struct dumper *d, double real)
{
	char text[VALUE_FLOAT_STRLEN + 4];
	char *exponent;

	value_format_float(real, text);
	exponent = strchr(text, 'e');
	if (strcmp(text, "nan") == 0)
		memcpy(text, ".nan", 5);
	else if (strcmp(text, "inf") == 0)
		memcpy(text, ".inf", 5);
	else if (strcmp(text, "-inf") == 0)
		memcpy(text, "-.inf", 6);
	else if (exponent != NULL && strchr(text, '.') == NULL) {
		memmove(exponent + 2, exponent, strlen(exponent) + 1);
		memcpy(exponent, ".0", 2);
	}
	return emit_scalar(d, (struct span){text, strlen(text)}, true, false);
}

static int
emit_int(struct dumper *d, int64_t number)
{
	struct buf text;
	int ret;

	buf_init(&text, 32);
	buf_addf(&text, "%lld", (long long)number);
	ret = emit_scalar(d, (struct span){text.data, text.len}, true, false);
	buf_done(&text);
	return ret;
}

static bool
is_container(struct value value)
{
	return value.type == VALUE_LIST || value.type == VALUE_MAP ||
	       value.type == VALUE_OBJECT;
}

static bool
is_flow(const struct dumper *d, struct value value)
{
	if (d->flow != FLOW_LEAVES)
		return d->flow == FLOW_ALWAYS;
	for (size_t i = 0; i < value_len(value); i++)
		if (is_container(value.type == VALUE_LIST
				     ? value_list_at(value, i)
				     : value_map_at(value, i)))
			return false;
	return true;
}

static int emit_value(struct dumper *d, struct value value, int depth);

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
emit_list(struct dumper *d, struct value list, int depth)
{
	yaml_event_t event;
	int ret = emit(d, &event,
	    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
		is_flow(d, list) ? YAML_FLOW_SEQUENCE_STYLE
				 : YAML_BLOCK_SEQUENCE_STYLE));

	for (size_t i = 0; i < value_len(list) && ret == 0; i++)
		ret = emit_value(d, value_list_at(list, i), depth + 1);
	if (ret != 0)
		return ret;
	return emit(d, &event, yaml_sequence_end_event_initialize(&event));
}

struct key_order {
	struct value map;
	size_t index;
};

static int
compare_keys(const void *a, const void *b)
{
	const struct key_order *x = a;
	const struct key_order *y = b;

	return strcmp(value_map_key_at(x->map, x->index),
	    value_map_key_at(y->map, y->index));
}

static struct key_order *
order_keys(const struct dumper *d, struct value map)
{
	size_t count = value_len(map);
	struct key_order *order = mem_array(count, sizeof *order);

	for (size_t i = 0; i < count; i++)
		order[i] = (struct key_order){map, i};
	if (d->sort && count > 1)
		qsort(order, count, sizeof *order, compare_keys);
	return order;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
emit_map(struct dumper *d, struct value map, int depth)
{
	struct key_order *order = order_keys(d, map);
	yaml_event_t event;
	int ret = emit(d, &event,
	    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
		is_flow(d, map) ? YAML_FLOW_MAPPING_STYLE
				: YAML_BLOCK_MAPPING_STYLE));

	for (size_t i = 0; i < value_len(map) && ret == 0; i++) {
		size_t at = order[i].index;

		ret = emit_value(d, value_map_name_at(map, at), depth + 1);
		if (ret == 0)
			ret = emit_value(d, value_map_at(map, at), depth + 1);
	}
	free(order);
	if (ret != 0)
		return ret;
	return emit(d, &event, yaml_mapping_end_event_initialize(&event));
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
emit_object(struct dumper *d, struct value value, int depth)
{
	struct value map = {0};
	int ret = seq_map(d->vm, value, &map);

	if (ret != 0)
		return ret;
	ret = emit_map(d, map, depth);
	value_unref(map);
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
emit_value(struct dumper *d, struct value value, int depth)
{
	if (depth > VALUE_DEPTH_MAX)
		return vm_limit(
		    d->vm, "values are nested deeper than %d", VALUE_DEPTH_MAX);
	if (d->vm->input->mask_secrets && (value.flags & VALUE_SECRET) != 0)
		return emit_scalar(d, (struct span){"********", 8}, true, true);
	switch (value.type) {
	case VALUE_NULL:
		return emit_scalar(d, (struct span){"null", 4}, true, false);
	case VALUE_BOOL:
		return emit_scalar(d,
		    value.u.b ? (struct span){"true", 4}
			      : (struct span){"false", 5},
		    true, false);
	case VALUE_INT:
		return emit_int(d, value.u.i);
	case VALUE_FLOAT:
		return emit_float(d, value.u.f);
	case VALUE_STRING:
		return emit_string(d, value);
	case VALUE_LIST:
		return emit_list(d, value, depth);
	case VALUE_MAP:
		return emit_map(d, value, depth);
	case VALUE_OBJECT:
		return emit_object(d, value, depth);
	default:
		return vm_undefined(d->vm, value);
	}
}

static int
emit_document(struct dumper *d, struct value value)
{
	yaml_event_t event;
	int ret = emit(d, &event,
	    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));

	if (ret == 0)
		ret = emit(d, &event,
		    yaml_document_start_event_initialize(
			&event, NULL, NULL, NULL, 1));
	if (ret == 0)
		ret = emit_value(d, value, 0);
	if (ret == 0)
		ret = emit(
		    d, &event, yaml_document_end_event_initialize(&event, 1));
	if (ret == 0)
		ret = emit(d, &event, yaml_stream_end_event_initialize(&event));
	return ret;
}

static int
set_up(
    struct dumper *d, const struct call *call, int64_t indent, enum flow flow)
{
	int64_t width;
	bool always;
	int ret = call_int(d->vm, call, 0, indent, &indent);

	if (ret == 0)
		ret = call_int(d->vm, call, 1, 80, &width);
	if (ret == 0)
		ret = call_bool(d->vm, call, 2, true, &d->sort);
	if (ret == 0)
		ret = call_bool(d->vm, call, 3, false, &always);
	if (ret != 0)
		return ret;
	d->flow = flow;
	if (call_has(call, 3))
		d->flow = always ? FLOW_ALWAYS : FLOW_NEVER;
	yaml_emitter_set_indent(
	    &d->emitter, indent < 2 || indent > 9 ? 2 : (int)indent);
	yaml_emitter_set_width(
	    &d->emitter, width < 1 || width > 1000000 ? -1 : (int)width);
	yaml_emitter_set_unicode(&d->emitter, 1);
	return 0;
}

static int
dump(struct vm *vm, const struct call *call, int64_t indent, enum flow flow,
    struct value *ret_value)
{
	struct dumper d = {.vm = vm};
	struct buf out;
	int ret;

	if (yaml_emitter_initialize(&d.emitter) == 0)
		return vm_limit(vm, "out of memory");
	vm_buf_init(&out);
	yaml_emitter_set_output(&d.emitter, write_chunk, &out);
	ret = set_up(&d, call, indent, flow);
	if (ret == 0)
		ret = emit_document(&d, call->self);
	yaml_emitter_delete(&d.emitter);
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

static int
filter_to_yaml(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return dump(vm, call, 2, FLOW_LEAVES, ret_value);
}

static int
filter_to_nice_yaml(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return dump(vm, call, 4, FLOW_NEVER, ret_value);
}

static int
read_yaml(
    struct vm *vm, const struct call *call, bool many, struct value *ret_value)
{
	struct err err = {0};
	int ret = 0;

	if (call->self.type != VALUE_STRING) { /* as Ansible: it is read */
		*ret_value = value_ref(call->self);
		return 0;
	}
	ret = vm_charge(vm, 64 * value_str_len(call->self));
	if (ret != 0)
		return ret;
	if (yaml_parse_text(value_str(call->self), value_str_len(call->self),
		call->builtin->name, many, ret_value, &err) != 0)
		return vm_fail(vm, "%s, line %d, column %d: %s",
		    call->builtin->name, err.line, err.col, err.text);
	return 0;
}

static int
filter_from_yaml(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return read_yaml(vm, call, false, ret_value);
}

static int
filter_from_yaml_all(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return read_yaml(vm, call, true, ret_value);
}

#define YAML_PARAMS "indent width sort_keys default_flow_style"

const struct builtin filters_yaml[] = {
    {"to_yaml", filter_to_yaml, YAML_PARAMS, 0, 0, 0},
    {"to_nice_yaml", filter_to_nice_yaml, YAML_PARAMS, 0, 1, 0},
    {"from_yaml", filter_from_yaml, "", 0, 0, 0},
    {"from_yaml_all", filter_from_yaml_all, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
