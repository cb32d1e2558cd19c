#include "app/refused.h"

#include <string.h>

#include "app/app.h"
#include "base/log.h"
#include "base/str.h"

void
refused_record(struct app *app, const struct http_req *req,
    const struct node *node, const struct refused *refused)
{
	const char *agent = http_req_header(req, "User-Agent");
	struct event event;

	log_warn(node->name, "%s refused to %s: %s", refused->name,
	    http_req_peer(req), refused->reason);
	event_init(&event, EVENT_REFUSED, node->name);
	str_copy(event.name, sizeof event.name, refused->name);
	str_copy(event.addr, sizeof event.addr, http_req_peer(req));
	str_copy(event.code, sizeof event.code, refused->code);
	event_text(event.reason, sizeof event.reason, refused->reason,
	    strlen(refused->reason));
	event.generation = refused->generation;
	if (agent != NULL)
		event_text(
		    event.client, sizeof event.client, agent, strlen(agent));
	/* What can not be kept now was in the log. */
	(void)nodes_append(app->nodes, &event, 1, STORE_ANY_SEQ, NULL, NULL);
}
