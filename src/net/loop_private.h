/* What src/net's own files see of the loop. */
#ifndef CONVECT_NET_LOOP_PRIVATE_H
#define CONVECT_NET_LOOP_PRIVATE_H

struct event_base;
struct loop;

struct event_base *loop_base(struct loop *loop);
/* `ptr`, or the end of the process when libevent had no memory for it. */
void *loop_need(void *ptr);

#endif
