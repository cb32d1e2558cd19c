/*
 * One entry of a time line as JSON; the shape is written down in ctl/client.h.
 */
#ifndef CONVECT_APP_TIMELINE_JSON_H
#define CONVECT_APP_TIMELINE_JSON_H

#include <stdbool.h>

#include "core/event.h"
#include "core/flight.h"
#include "inventory/value.h"

struct value timeline_json_flight(
    const struct flight_entry *entry, bool with_packet);
/* `echo`: what is recorded says the same, and more of it. */
struct value timeline_json_event(const struct event *event, bool echo);
/* The engine's start: of what was before only events are left. */
struct value timeline_json_start(int64_t ms);

#endif
