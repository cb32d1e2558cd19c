/*
 * Secrets out of running text, such as a log: our tokens where a URL of ours
 * has them, and what a host's variables say that is secret, wherever it
 * stands. Works on bytes: what secrets there are is known, not what they look
 * like.
 */
#ifndef CONVECT_CORE_MASKTEXT_H
#define CONVECT_CORE_MASKTEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "inventory/value.h"

/* A secret of fewer bytes is in every text by chance, and is not looked for. */
#define MASKTEXT_WORD_MIN 6
/* Of one line of a secret; what is longer is looked for as far as this. */
#define MASKTEXT_WORD_MAX 1024

struct masktext;

/* `vars` is a host's map, or undefined: tokens only. Opens vaults. */
struct masktext *masktext_new(struct value vars);
void masktext_free(struct masktext *mask);
/* Appends the text with MASK_SHOWN in the place of each secret. */
void masktext_write(
    const struct masktext *mask, const char *text, size_t len, struct buf *out);

#endif
