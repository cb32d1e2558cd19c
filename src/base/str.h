/*
 * Small text helpers that libc lacks. No locale: letters are ASCII.
 */
#ifndef CONVECT_BASE_STR_H
#define CONVECT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool str_starts(const char *str, const char *prefix);
bool str_ends(const char *str, const char *suffix);
/* A relative path without "..": not empty, and beneath where it starts. */
bool str_is_inner_path(const char *path);
bool str_eq_nocase(const char *a, const char *b);
/*
 * A whole decimal number in [min, max], no sign but '-', no spaces.
 * Returns 0, -EINVAL (not a number) or -ERANGE.
 */
int str_to_i64(const char *str, int64_t min, int64_t max, int64_t *ret_value);
/* Copies with truncation; always terminates when size > 0. */
void str_copy(char *dst, size_t size, const char *src);
/* Lower-case hexadecimal; `out` holds 2 * len + 1 bytes. */
void str_hex(const uint8_t *data, size_t len, char *out);
/* Reads 2 * len hex digits and nothing else; -EINVAL otherwise. */
int str_unhex(const char *hex, uint8_t *ret_data, size_t len);
/*
 * Length of the first invalid UTF-8 position, or `len` when all is valid
 * (RFC 3629: no surrogates, no overlong forms).
 */
size_t str_utf8_valid_len(const char *str, size_t len);
/* Levenshtein distance, for "did you mean"; both under 64 bytes, else 64. */
size_t str_distance(const char *a, const char *b);
/* "512 B", "1.5 KiB", "2.6 GiB" */
#define STR_SIZE_LEN 24
const char *str_size(uint64_t bytes, char out[STR_SIZE_LEN]);
/* Shell-style pattern match with * ? [..]; case-sensitive. */
bool str_glob(const char *pattern, const char *str);

#endif
