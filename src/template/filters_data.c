/* Defaults, conversions between values and text, choices. */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/str.h"
#include "template/str.h"
#include "template/vm.h"

static int
filter_default(struct vm *vm, const struct call *call, struct value *ret_value)
{
	bool falsy;
	bool use = call->self.type == VALUE_UNDEFINED;
	int ret = call_bool(vm, call, 1, false, &falsy);

	if (ret != 0)
		return ret;
	if (use || (falsy && !value_truth(call->self))) {
		if ((call->given & 1) == 0)
			return vm_string(vm, "", 0, ret_value);
		*ret_value = value_ref(call->args[0]);
		return 0;
	}
	*ret_value = value_ref(call->self);
	return 0;
}

static int
filter_mandatory(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *text;
	int ret = call_str(vm, call, 0, NULL, &text);

	if (ret != 0)
		return ret;
	if (call->self.type == VALUE_UNDEFINED)
		return text != NULL ? vm_fail(vm, "%s", text)
				    : vm_undefined(vm, call->self);
	*ret_value = value_ref(call->self);
	return 0;
}

/* Ansible's: whatever it does not know is false. */
static int
filter_bool(struct vm *vm, const struct call *call, struct value *ret_value)
{
	static const char *const yes[] = {"yes", "on", "1", "true"};
	struct value self = call->self;
	bool truth = false;

	(void)vm;
	if (self.type == VALUE_NULL || self.type == VALUE_BOOL) {
		*ret_value = self;
		return 0;
	}
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		truth = truth || str_eq_nocase(value_str(self), yes[i]);
	if (self.type == VALUE_INT || self.type == VALUE_FLOAT)
		truth = value_equal(self, value_int(1));
	*ret_value = value_bool(truth);
	return 0;
}

static int
filter_ternary(struct vm *vm, const struct call *call, struct value *ret_value)
{
	bool truth = false;
	int ret = ops_truth(vm, call->self, &truth);

	if (ret != 0)
		return ret;
	if (call->self.type == VALUE_NULL && call_has(call, 2))
		*ret_value = value_ref(call->args[2]);
	else
		*ret_value = value_ref(call->args[truth ? 0 : 1]);
	return 0;
}

static int
filter_type_debug(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *type = text_type(call->self);

	return vm_string(vm, type, strlen(type), ret_value);
}

/* ---- JSON ---- */

/* Objects become the maps that they stand for. */
static int
plain_data(struct vm *vm, struct value value, struct value *ret_value)
{
	if (value.type == VALUE_OBJECT)
		return seq_map(vm, value, ret_value);
	*ret_value = value_ref(value);
	return 0;
}

/* JSON has no word for what is undefined. */
static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
refuse_undefined(struct vm *vm, struct value value, int depth)
{
	int ret = 0;

	if (value.type == VALUE_UNDEFINED)
		return vm_undefined(vm, value);
	if (depth > VALUE_DEPTH_MAX || value_len(value) == 0)
		return 0; /* whoever writes refuses the depth */
	ret = vm_work(vm, value_len(value) / 8);
	for (size_t i = 0; i < value_len(value) && ret == 0; i++)
		ret = refuse_undefined(vm,
		    value.type == VALUE_LIST ? value_list_at(value, i)
					     : value_map_at(value, i),
		    depth + 1);
	return ret;
}

static int
write_json(struct vm *vm, const struct call *call,
    struct value_json_style *style, struct value *ret_value)
{
	struct value data = {0};
	struct buf out;
	int ret = plain_data(vm, call->self, &data);

	if (ret == 0)
		ret = refuse_undefined(vm, data, 0);
	if (ret != 0) {
		value_unref(data);
		return ret;
	}
	style->mask = vm->input->mask_secrets;
	vm_buf_init(&out);
	value_write_json_as(data, style, &out);
	value_unref(data);
	return vm_buf_take(vm, &out, ret_value);
}

static int
json_style(struct vm *vm, const struct call *call, int64_t indent, bool sorted,
    struct value_json_style *ret_style)
{
	bool ascii;
	int ret = call_int(vm, call, 0, indent, &indent);

	if (ret == 0)
		ret = call_bool(vm, call, 1, sorted, &sorted);
	if (ret == 0)
		ret = call_bool(vm, call, 2, true, &ascii);
	if (ret != 0)
		return ret;
	if (indent > 64)
		return vm_fail(vm, "an indent of more than 64");
	*ret_style = (struct value_json_style){
	    .indent = (int)indent, .sort = sorted, .utf8 = !ascii};
	if (call_has(call, 3) && value_len(call->args[3]) == 2) {
		ret_style->item_sep =
		    value_str(value_list_at(call->args[3], 0));
		ret_style->key_sep = value_str(value_list_at(call->args[3], 1));
	}
	return 0;
}

static int
filter_to_json(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value_json_style style;
	int ret = json_style(vm, call, -1, false, &style);

	return ret == 0 ? write_json(vm, call, &style, ret_value) : ret;
}

static int
filter_to_nice_json(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value_json_style style;
	int ret = json_style(vm, call, 4, true, &style);

	return ret == 0 ? write_json(vm, call, &style, ret_value) : ret;
}

/* Jinja2's own escapes what could end a <script>. */
static int
filter_tojson(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value_json_style style = {.sort = true};
	struct value json = {0};
	struct buf out;
	int64_t indent;
	int ret = call_int(vm, call, 0, -1, &indent);

	if (ret == 0 && indent > 64)
		ret = vm_fail(vm, "an indent of more than 64");
	if (ret != 0)
		return ret;
	style.indent = (int)indent;
	ret = write_json(vm, call, &style, &json);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	for (size_t i = 0; i < value_str_len(json); i++) {
		char c = value_str(json)[i];

		if (c == '<' || c == '>' || c == '&' || c == '\'')
			buf_addf(&out, "\\u%04x", (unsigned char)c);
		else
			buf_addc(&out, c);
	}
	value_unref(json);
	return vm_buf_take(vm, &out, ret_value);
}

static int
filter_from_json(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct err err = {0};
	int ret = call_need_str(vm, call, call->self, "its text");

	if (ret == 0)
		ret = vm_charge(vm, 16 * value_str_len(call->self));
	if (ret != 0)
		return ret;
	if (value_parse_json(value_str(call->self), value_str_len(call->self),
		ret_value, &err) != 0)
		return vm_fail(vm, "from_json, line %d, column %d: %s",
		    err.line, err.col, err.text);
	return 0;
}

/* ---- base64 ---- */

static int
filter_b64encode(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	char *coded;
	size_t len;
	int ret = text_of(vm, call->self, &text);

	if (ret != 0)
		return ret;
	len = (value_str_len(text) + 2) / 3 * 4;
	ret = vm_charge(vm, len + 32);
	if (ret == 0) {
		*ret_value = value_string_room(len, &coded);
		EVP_EncodeBlock((unsigned char *)coded,
		    (const unsigned char *)value_str(text),
		    (int)value_str_len(text));
	}
	value_unref(text);
	return ret;
}

/* Python's b64decode() skips what is no base64. */
static void
keep_base64(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=')
			buf_addc(out, c);
	}
}

static int
decode_base64(struct vm *vm, const struct buf *coded, struct value *ret_value)
{
	size_t pad = 0;
	unsigned char *plain;
	int len;
	int ret;

	while (pad < 2 && pad < coded->len &&
	       coded->data[coded->len - 1 - pad] == '=')
		pad++;
	if (coded->len % 4 != 0)
		return vm_fail(vm, "this is no base64: its length is wrong");
	plain = OPENSSL_malloc(coded->len + 1);
	if (plain == NULL)
		return vm_limit(vm, "out of memory");
	len = EVP_DecodeBlock(
	    plain, (const unsigned char *)coded->data, (int)coded->len);
	if (len < 0 || (size_t)len < pad)
		ret = vm_fail(vm, "this is no base64");
	else if (str_utf8_valid_len((char *)plain, (size_t)len - pad) !=
		 (size_t)len - pad)
		ret = vm_fail(vm, "what is encoded here is not UTF-8");
	else
		ret =
		    vm_string(vm, (char *)plain, (size_t)len - pad, ret_value);
	OPENSSL_free(plain);
	return ret;
}

static int
filter_b64decode(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct buf coded;
	int ret = call_need_str(vm, call, call->self, "its text");

	if (ret != 0)
		return ret;
	vm_buf_init(&coded);
	keep_base64(str_span(call->self), &coded);
	ret = decode_base64(vm, &coded, ret_value);
	buf_done(&coded);
	return ret;
}

#define JSON_PARAMS "indent sort_keys ensure_ascii separators"

const struct builtin filters_data[] = {
    {"default", filter_default, "default_value boolean", 0, 2,
	BUILTIN_UNDEFINED},
    {"d", filter_default, "default_value boolean", 0, 2, BUILTIN_UNDEFINED},
    {"mandatory", filter_mandatory, "msg", 0, 1, BUILTIN_UNDEFINED},
    {"bool", filter_bool, "", 0, 0, 0},
    {"ternary", filter_ternary, "true_val false_val none_val", 2, 3, 0},
    {"type_debug", filter_type_debug, "", 0, 0, BUILTIN_UNDEFINED},
    {"to_json", filter_to_json, JSON_PARAMS, 0, 4, 0},
    {"to_nice_json", filter_to_nice_json, JSON_PARAMS, 0, 4, 0},
    {"tojson", filter_tojson, "indent", 0, 1, 0},
    {"from_json", filter_from_json, "", 0, 0, 0},
    {"b64encode", filter_b64encode, "encoding", 0, 1, 0},
    {"b64decode", filter_b64decode, "encoding", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
