/* Ansible's tests: patterns, versions, lists, truth. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "template/regex.h"

static int
test_pattern(struct vm *vm, const struct call *call, unsigned how,
    struct value *ret_value)
{
	struct regex *regex = NULL;
	struct regex_match match;
	struct value text = {0};
	bool ignore;
	bool many;
	int ret = call_bool(vm, call, 1, false, &ignore);

	if (ret == 0)
		ret = call_bool(vm, call, 2, false, &many);
	if (ret == 0)
		ret = regex_get(vm, call->args[0],
		    how | (ignore ? REGEX_IGNORECASE : 0U) |
			(many ? REGEX_MULTILINE : 0U),
		    &regex);
	if (ret != 0)
		return ret;
	ret = text_of(vm, call->self, &text);
	if (ret == 0) {
		ret = regex_match(vm, regex, str_span(text), 0, &match);
		value_unref(text);
	}
	regex_put(regex);
	if (ret < 0)
		return ret;
	*ret_value = value_bool(ret > 0);
	return 0;
}

static int
test_match(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_pattern(vm, call, REGEX_ANCHORED, ret_value);
}

static int
test_search(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_pattern(vm, call, 0, ret_value);
}

static int
test_regex(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *how;
	int ret = call_str(vm, call, 3, "search", &how);

	if (ret != 0)
		return ret;
	return test_pattern(vm, call,
	    strcmp(how, "match") == 0	    ? REGEX_ANCHORED
	    : strcmp(how, "fullmatch") == 0 ? REGEX_FULL
					    : 0U,
	    ret_value);
}

/* ---- versions ---- */

/* A run of digits, of letters, or of anything else but dots. */
static size_t
part_len(const char *at, char *ret_kind)
{
	static const char digits[] = "0123456789";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t len = strspn(at, digits);

	*ret_kind = 'd';
	if (len > 0)
		return len;
	*ret_kind = 's';
	len = strspn(at, letters);
	if (len > 0)
		return len;
	while (at[len] != '\0' && at[len] != '.' &&
	       strchr(digits, at[len]) == NULL &&
	       strchr(letters, at[len]) == NULL)
		len++;
	return len;
}

/* "1.10rc2" is 1, 10, "rc", 2, as Python's LooseVersion has it. */
static struct value
version_parts(const char *at)
{
	struct value list = value_list_new();

	while (*at != '\0') {
		char kind;
		size_t len;

		if (*at == '.') {
			at++;
			continue;
		}
		len = part_len(at, &kind);
		if (kind == 'd' && len < 18)
			value_list_add(list, value_int(strtoll(at, NULL, 10)));
		else
			value_list_add(list, value_string_len(at, len));
		at += len;
	}
	return list;
}

static int
compare_versions(struct vm *vm, const struct call *call, int *ret_order)
{
	struct value a = {0};
	struct value b = {0};
	struct value x;
	struct value y;
	int ret = text_of(vm, call->self, &a);

	if (ret == 0)
		ret = text_of(vm, call->args[0], &b);
	if (ret == 0 && (value_str_len(a) == 0 || value_str_len(b) == 0))
		ret = vm_fail(vm, "a version is empty");
	if (ret == 0)
		ret = vm_charge(vm, 64 * (value_str_len(a) + value_str_len(b)));
	if (ret == 0) {
		x = version_parts(value_str(a));
		y = version_parts(value_str(b));
		ret = ops_order(vm, x, y, ret_order);
		value_unref(x);
		value_unref(y);
	}
	value_unref(a);
	value_unref(b);
	return ret;
}

static int
test_version(struct vm *vm, const struct call *call, struct value *ret_value)
{
	static const struct {
		const char *names[4];
		bool less, equal, more;
	} rows[] = {
	    {{"eq", "==", "="}, false, true, false},
	    {{"ne", "!=", "<>"}, true, false, true},
	    {{"lt", "<"}, true, false, false},
	    {{"le", "<="}, true, true, false},
	    {{"gt", ">"}, false, false, true},
	    {{"ge", ">="}, false, true, true},
	};
	const char *how;
	int order = 0;
	int ret = call_str(vm, call, 1, "eq", &how);

	if (ret == 0)
		ret = compare_versions(vm, call, &order);
	if (ret != 0)
		return ret;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t n = 0; n < 4 && rows[i].names[n] != NULL; n++) {
			if (strcmp(rows[i].names[n], how) != 0)
				continue;
			*ret_value = value_bool(order < 0    ? rows[i].less
						: order == 0 ? rows[i].equal
							     : rows[i].more);
			return 0;
		}
	}
	return vm_fail(vm, "version: there is no operator '%s'", how);
}

/* ---- lists ---- */

static int
count_true(
    struct vm *vm, const struct call *call, size_t *ret_true, size_t *ret_all)
{
	struct value items = {0};
	int ret = seq_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	*ret_true = 0;
	*ret_all = value_len(items);
	for (size_t i = 0; i < *ret_all && ret == 0; i++) {
		bool truth = false;

		ret = ops_truth(vm, value_list_at(items, i), &truth);
		*ret_true += truth;
	}
	value_unref(items);
	return ret == 0 ? vm_work(vm, *ret_all) : ret;
}

static int
test_any(struct vm *vm, const struct call *call, struct value *ret_value)
{
	size_t some;
	size_t all;
	int ret = count_true(vm, call, &some, &all);

	if (ret == 0)
		*ret_value = value_bool(some > 0);
	return ret;
}

static int
test_all(struct vm *vm, const struct call *call, struct value *ret_value)
{
	size_t some;
	size_t all;
	int ret = count_true(vm, call, &some, &all);

	if (ret == 0)
		*ret_value = value_bool(some == all);
	return ret;
}

static int
test_contains(struct vm *vm, const struct call *call, struct value *ret_value)
{
	bool found = false;
	int ret = ops_contains(vm, call->args[0], call->self, &found);

	*ret_value = value_bool(found);
	return ret;
}

static int
is_subset(struct vm *vm, struct value part, struct value whole,
    struct value *ret_value)
{
	struct value a = {0};
	struct value b = {0};
	bool all = true;
	int ret = seq_of(vm, part, &a);

	if (ret != 0)
		return ret;
	ret = seq_of(vm, whole, &b);
	if (ret == 0) {
		for (size_t i = 0; i < value_len(a) && ret == 0 && all; i++)
			ret = ops_contains(vm, value_list_at(a, i), b, &all);
		value_unref(b);
	}
	value_unref(a);
	if (ret == 0)
		*ret_value = value_bool(all);
	return ret;
}

static int
test_subset(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return is_subset(vm, call->self, call->args[0], ret_value);
}

static int
test_superset(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return is_subset(vm, call->args[0], call->self, ret_value);
}

static int
truth_of(struct vm *vm, const struct call *call, bool *ret_truth)
{
	bool convert;
	int ret = call_bool(vm, call, 0, false, &convert);

	if (ret != 0)
		return ret;
	if (convert && value_as_bool(call->self, ret_truth) == 0)
		return 0;
	return ops_truth(vm, call->self, ret_truth);
}

static int
test_truthy(struct vm *vm, const struct call *call, struct value *ret_value)
{
	bool truth = false;
	int ret = truth_of(vm, call, &truth);

	*ret_value = value_bool(truth);
	return ret;
}

static int
test_falsy(struct vm *vm, const struct call *call, struct value *ret_value)
{
	bool truth = false;
	int ret = truth_of(vm, call, &truth);

	*ret_value = value_bool(!truth);
	return ret;
}

static int
test_nan(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value =
	    value_bool(call->self.type == VALUE_FLOAT && isnan(call->self.u.f));
	return 0;
}

static int
test_abs(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(str_starts(value_str(call->self), "/"));
	return 0;
}

#define PATTERN "pattern ignorecase multiline"
#define VERSIONS "version operator"

const struct builtin tests_ansible[] = {
    {"match", test_match, PATTERN, 1, 3, 0},
    {"search", test_search, PATTERN, 1, 3, 0},
    {"regex", test_regex, PATTERN " match_type", 1, 4, 0},
    {"version", test_version, VERSIONS, 1, 2, 0},
    {"version_compare", test_version, VERSIONS, 1, 2, 0},
    {"any", test_any, "", 0, 0, 0},
    {"all", test_all, "", 0, 0, 0},
    {"contains", test_contains, "value", 1, 1, 0},
    {"subset", test_subset, "b", 1, 1, 0},
    {"issubset", test_subset, "b", 1, 1, 0},
    {"superset", test_superset, "b", 1, 1, 0},
    {"issuperset", test_superset, "b", 1, 1, 0},
    {"truthy", test_truthy, "convert_bool", 0, 1, 0},
    {"falsy", test_falsy, "convert_bool", 0, 1, 0},
    {"nan", test_nan, "", 0, 0, 0},
    {"isnan", test_nan, "", 0, 0, 0},
    {"abs", test_abs, "", 0, 0, 0},
    {"is_abs", test_abs, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
