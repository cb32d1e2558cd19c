#include "net/dgram.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

/* A turn's share, so that others have theirs. */
enum {
	DGRAM_A_TURN = 64
};

struct dgram {
	struct loop_watch *watch;
	dgram_cb *cb;
	void *arg;
};

static void
on_readable_cb(void *arg, int fd, unsigned events)
{
	struct dgram *dgram = arg;
	char data[DGRAM_MAX + 1];

	(void)events;
	for (int i = 0; i < DGRAM_A_TURN; i++) {
		ssize_t n = recv(fd, data, sizeof data - 1, MSG_DONTWAIT);

		if (n < 0)
			return;
		data[n] = '\0';
		dgram->cb(dgram->arg, data, (size_t)n);
	}
}

struct dgram *
dgram_new(struct loop *loop, int fd, dgram_cb *cb, void *arg)
{
	struct dgram *dgram = mem_alloc(sizeof *dgram);

	dgram->cb = cb;
	dgram->arg = arg;
	dgram->watch =
	    loop_watch_new(loop, fd, LOOP_READ, on_readable_cb, dgram);
	return dgram;
}

void
dgram_free(struct dgram *dgram)
{
	if (dgram == NULL)
		return;
	loop_watch_free(dgram->watch);
	free(dgram);
}
