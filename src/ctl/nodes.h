/*
 * How nodes and events look to people. Their JSON is that of ctl/client.h;
 * a member that is missing or of another type is shown as "-".
 */
#ifndef CONVECT_CTL_NODES_H
#define CONVECT_CTL_NODES_H

#include <stdint.h>

#include "base/buf.h"
#include "ctl/term.h"
#include "inventory/value.h"

/* A member as text; "" when it has none. Numbers are in `out`. */
#define NODES_TEXTLEN 32
const char *nodes_text(
    struct value map, const char *key, char out[NODES_TEXTLEN]);

enum style nodes_phase_style(const char *phase);

/* "members" of `status`, for a NODE that is a list: what a table shows. */
struct value nodes_members(void);
/* A table of NODEs, each a map or that list. */
void nodes_write_table(struct value nodes, const struct term *term,
    int64_t now_ms, struct buf *out);
/* One line: how many are in each phase. */
void nodes_write_summary(
    struct value nodes, const struct term *term, struct buf *out);
/* Everything about one NODE but its events. */
void nodes_write_detail(struct value node, const struct term *term,
    int64_t now_ms, struct buf *out);
/* Rows of `why`. */
void nodes_write_why(
    struct value rows, const struct term *term, struct buf *out);
/* One line for an EVENT; `with_node`: its name too. */
void nodes_write_event(struct value event, const struct term *term,
    bool with_node, struct buf *out);

#endif
