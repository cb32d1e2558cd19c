/*
 * SHA256SUMS files as sha256sum(1) writes them and Ubuntu publishes them:
 * 64 hex digits, a space, a space or '*', the file's name. Reads no files.
 */
#ifndef CONVECT_CORE_SHA256SUMS_H
#define CONVECT_CORE_SHA256SUMS_H

#include <stdbool.h>
#include <stddef.h>

#define SHA256SUMS_MAX (1u << 20) /* bytes of such a file */
#define SHA256_HEXLEN 65	  /* with the terminator */

/*
 * The sum of `name`, in lower case. -ENOENT when no line names it, -EBADMSG
 * when the line that does holds no sum.
 */
int sha256sums_find(const char *text, size_t len, const char *name,
    char ret_hex[SHA256_HEXLEN]);

/* 64 hex digits, in any case, into lower case; -EINVAL. */
int sha256_parse(const char *hex, char ret_hex[SHA256_HEXLEN]);

#endif
