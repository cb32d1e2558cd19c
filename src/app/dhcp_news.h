/*
 * What the DHCP server sees of nodes, told as events: what is new at once, the
 * same again once in a while, not of all nodes of a rack in the same moment.
 *
 * Answers come first: an event waits until the packets that came with its own
 * are answered, and some are written a turn of the loop.
 */
#ifndef CONVECT_APP_DHCP_NEWS_H
#define CONVECT_APP_DHCP_NEWS_H

#include "app/proxydhcp.h"

struct app;
struct dhcp_news;

struct dhcp_news *dhcp_news_new(struct app *app);
/* What still waits is not written any more. NULL is fine. */
void dhcp_news_free(struct dhcp_news *news);
/* Of a node, or of a stranger that has one. */
void dhcp_news_tell(
    struct dhcp_news *news, const struct proxydhcp_sighting *sighting);
/* Writes what waits. */
void dhcp_news_flush(struct dhcp_news *news);
/* See dhcp_problem(). */
const char *dhcp_news_problem(
    const struct dhcp_news *news, const char *node, const char **ret_rule);

#endif
