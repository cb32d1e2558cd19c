/*
 * Tokens of a node that are not good (any more): who showed one is kept as an
 * event of the node, so that its history has it. Only some of them: whoever has
 * an old token can show it for ever (app/nodes.h). A token that no node has is
 * in the log alone.
 */
#ifndef CONVECT_APP_REFUSED_H
#define CONVECT_APP_REFUSED_H

#include <stdint.h>

#include "core/node.h"
#include "net/httpd.h"

struct app;

/* `name` is what was asked for, `code` a symbol and `reason` a sentence. */
struct refused {
	const char *name;
	const char *code;
	const char *reason;
	uint64_t generation; /* of the token */
};

void refused_record(struct app *app, const struct http_req *req,
    const struct node *node, const struct refused *refused);

#endif
