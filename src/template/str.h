/*
 * Work on strings that filters and methods share. Lengths are bytes unless a
 * name says otherwise; results are built in a struct buf.
 */
#ifndef CONVECT_TEMPLATE_STR_H
#define CONVECT_TEMPLATE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "template/vm.h"

enum strip_side {
	STRIP_LEFT = 1,
	STRIP_RIGHT = 2,
	STRIP_BOTH = 3
};

struct span {
	const char *at;
	size_t len;
};

struct span str_span(struct value str);
/* Without blanks, or the characters of `chars` when that is not NULL. */
struct span str_strip(struct span text, const char *chars, int sides);
bool str_in_chars(const char *chars, const char *at, size_t len);

enum str_case {
	CASE_UPPER,
	CASE_LOWER,
	CASE_CAPITALIZE,
	CASE_SWAP,
	CASE_TITLE
};
void str_write_case(
    struct vm *vm, struct span text, enum str_case how, struct buf *out);
/* A new string in another case. */
int str_to_case(struct vm *vm, struct span text, enum str_case how,
    struct value *ret_value);

/* The next line by Python's splitlines(); false at the end. */
bool str_next_line(struct span *rest, bool keep_end, struct span *ret_line);
int str_splitlines(
    struct vm *vm, struct span text, bool keep_ends, struct value *ret_list);
/* max < 0: no limit. An empty `from` matches between all characters. */
int str_replace(struct vm *vm, struct span text, struct span from,
    struct span to, int64_t max, struct value *ret_value);
/* sep.len == 0: at runs of blanks. max < 0: no limit. */
int str_split(struct vm *vm, struct span text, struct span sep, int64_t max,
    struct value *ret_list);
int str_rsplit(struct vm *vm, struct span text, struct span sep, int64_t max,
    struct value *ret_list);
/* Fills up to `width` characters: 'l', 'r' or 'c' for where the text is. */
int str_pad(struct vm *vm, struct span text, int64_t width, const char *with,
    char where, struct value *ret_value);
const char *str_find(struct span text, struct span what);

/* ---- str_test.c: methods that are tests, too ---- */
int str_test_isdigit(
    struct vm *vm, const struct call *call, struct value *ret_value);
int str_test_isalpha(
    struct vm *vm, const struct call *call, struct value *ret_value);
int str_test_isalnum(
    struct vm *vm, const struct call *call, struct value *ret_value);
int str_test_isspace(
    struct vm *vm, const struct call *call, struct value *ret_value);
int str_test_isupper(
    struct vm *vm, const struct call *call, struct value *ret_value);
int str_test_islower(
    struct vm *vm, const struct call *call, struct value *ret_value);
int str_test_istitle(
    struct vm *vm, const struct call *call, struct value *ret_value);

#endif
