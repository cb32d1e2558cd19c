#include "template/regex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"

#define REGEX_CACHE_MAX 256u
#define REGEX_LEN_MAX 4096u
#define REGEX_STEPS 100000u /* PCRE2's own; about a millisecond */
#define REGEX_HEAP_KIB 4096u
#define REGEX_COST 500u /* of one match, in steps of the template */

struct regex {
	struct value_obj obj; /* first: the cache holds it as a value */
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
};

static void
regex_free(struct value_obj *obj)
{
	struct regex *regex = (struct regex *)obj;

	pcre2_match_context_free(regex->context);
	pcre2_match_data_free(regex->match);
	pcre2_code_free(regex->code);
	free(regex);
}

static const struct value_obj_ops regex_ops = {
    .name = "regular expression", .free = regex_free};

/* Escapes that PCRE2 reads otherwise than Python, or that Python refuses. */
static int
translate_escape(struct vm *vm, struct span *rest, struct buf *out)
{
	static const char known[] = "AbBdDsSwWafnrtx0123456789";
	char c = rest->len > 1 ? rest->at[1] : '\0';
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	size_t len = 2;

	if (c == '\0')
		return vm_fail(vm, "a backslash ends the expression");
	if (c == 'Z') {
		buf_adds(out, "\\z");
	} else if (c == 'v') {
		buf_adds(out, "\\x0b");
	} else if (c == 'u' && rest->len >= 6) {
		buf_adds(out, "\\x{");
		buf_add(out, rest->at + 2, 4);
		buf_addc(out, '}');
		len = 6;
	} else if (letter && strchr(known, c) == NULL) {
		return vm_fail(vm, "'\\%c' means nothing in an expression", c);
	} else {
		buf_add(out, rest->at, 2);
	}
	rest->at += len;
	rest->len -= len;
	return 0;
}

static int
translate(struct vm *vm, struct span pattern, struct buf *out)
{
	int ret = 0;

	while (ret == 0 && pattern.len > 0) {
		if (pattern.at[0] == '\\') {
			ret = translate_escape(vm, &pattern, out);
			continue;
		}
		buf_addc(out, pattern.at[0]);
		pattern.at++;
		pattern.len--;
	}
	return ret;
}

static uint32_t
options_of(unsigned flags)
{
	uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;

	if ((flags & REGEX_ASCII) == 0)
		options |= PCRE2_UCP;
	if ((flags & REGEX_IGNORECASE) != 0)
		options |= PCRE2_CASELESS;
	if ((flags & REGEX_MULTILINE) != 0)
		options |= PCRE2_MULTILINE;
	if ((flags & REGEX_ANCHORED) != 0)
		options |= PCRE2_ANCHORED;
	if ((flags & REGEX_FULL) != 0)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	return options;
}

static int
compile(struct vm *vm, const struct buf *pattern, unsigned flags,
    struct regex **ret_regex)
{
	struct regex *regex;
	pcre2_code *code;
	PCRE2_SIZE at;
	char text[200];
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern->data, pattern->len,
	    options_of(flags), &error, &at, NULL);
	if (code == NULL) {
		pcre2_get_error_message(
		    error, (PCRE2_UCHAR *)text, sizeof text);
		return vm_fail(vm, "'%s' is no regular expression: %s",
		    pattern->data, text);
	}
	regex = mem_alloc(sizeof *regex);
	value_obj_init(&regex->obj, &regex_ops);
	regex->code = code;
	regex->match = pcre2_match_data_create_from_pattern(code, NULL);
	regex->context = pcre2_match_context_create(NULL);
	if (regex->match == NULL || regex->context == NULL) {
		regex_free(&regex->obj);
		return vm_limit(vm, "out of memory");
	}
	pcre2_set_match_limit(regex->context, REGEX_STEPS);
	pcre2_set_heap_limit(regex->context, REGEX_HEAP_KIB);
	*ret_regex = regex;
	return 0;
}

/* The pattern with its flags before it: what the cache is asked for. */
static struct value
cache_key(struct value pattern, unsigned flags)
{
	struct value key;
	struct buf text;

	buf_init(&text, REGEX_LEN_MAX + 8);
	buf_addf(&text, "%u:", flags);
	buf_add(&text, value_str(pattern), value_str_len(pattern));
	key = value_string_len(text.data, text.len);
	buf_done(&text);
	return key;
}

static int
regex_add(struct vm *vm, struct value key, struct value pattern, unsigned flags,
    struct regex **ret_regex)
{
	struct tmpl_env *env = vm->env;
	struct buf text;
	int ret;

	buf_init(&text, 4 * REGEX_LEN_MAX);
	ret = vm_work(vm, REGEX_COST);
	if (ret == 0)
		ret = translate(vm, str_span(pattern), &text);
	if (ret == 0)
		ret = compile(vm, &text, flags, ret_regex);
	buf_done(&text);
	if (ret != 0)
		return ret;
	if (value_len(env->regexes) >= REGEX_CACHE_MAX) {
		value_unref(env->regexes);
		env->regexes = value_map_new();
	}
	value_map_put(env->regexes, value_ref(key),
	    value_object_take(&(*ret_regex)->obj));
	return 0;
}

int
regex_get(struct vm *vm, struct value pattern, unsigned flags,
    struct regex **ret_regex)
{
	struct regex *regex = NULL;
	struct value found;
	struct value key;
	int ret = 0;

	if (pattern.type == VALUE_UNDEFINED)
		return vm_undefined(vm, pattern);
	if (pattern.type != VALUE_STRING ||
	    value_str_len(pattern) > REGEX_LEN_MAX)
		return vm_fail(vm,
		    "a regular expression is a string of up to %u bytes",
		    REGEX_LEN_MAX);
	key = cache_key(pattern, flags);
	found = value_map_find(vm->env->regexes, key);
	if (found.type != VALUE_UNDEFINED)
		regex = (struct regex *)found.u.o;
	else
		ret = regex_add(vm, key, pattern, flags, &regex);
	value_unref(key);
	if (ret == 0) {
		value_ref(value_object_take(&regex->obj));
		*ret_regex = regex;
	}
	return ret;
}

void
regex_put(struct regex *regex)
{
	if (regex != NULL)
		value_unref(value_object_take(&regex->obj));
}

int
regex_match(struct vm *vm, const struct regex *regex, struct span text,
    size_t start, struct regex_match *ret_match)
{
	const PCRE2_SIZE *ends;
	int count;
	int ret = vm_work(vm, REGEX_COST + (text.len - start) / 8);

	if (ret != 0)
		return ret;
	count = pcre2_match(regex->code, (PCRE2_SPTR)text.at, text.len, start,
	    0, regex->match, regex->context);
	if (count == PCRE2_ERROR_NOMATCH)
		return 0;
	if (count < 0)
		return vm_limit(
		    vm, "the regular expression works too long on this text");
	ends = pcre2_get_ovector_pointer(regex->match);
	ret_match->count = pcre2_get_ovector_count(regex->match);
	if (ret_match->count > REGEX_GROUPS_MAX)
		ret_match->count = REGEX_GROUPS_MAX;
	for (unsigned i = 0; i < ret_match->count; i++) {
		struct span *group = &ret_match->groups[i];

		*group = (struct span){NULL, 0};
		if (i >= (unsigned)count || ends[2 * i] == PCRE2_UNSET ||
		    ends[2 * i] > ends[2 * i + 1])
			continue;
		group->at = text.at + ends[2 * i];
		group->len = ends[2 * i + 1] - ends[2 * i];
	}
	return 1;
}

int
regex_group(const struct regex *regex, const char *name)
{
	size_t digits = strspn(name, "0123456789");
	int number;

	if (name[0] != '\0' && name[digits] == '\0')
		return digits > 3 ? -1 : (int)strtol(name, NULL, 10);
	number =
	    pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)name);
	return number < 0 ? -1 : number;
}
