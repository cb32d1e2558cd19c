#include "net/fdsync.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"

/* glibc has no functions for these; what it calls aio are threads. */
struct fdsync {
	aio_context_t context;
	bool ready; /* the context is there */
	int eventfd;
	struct loop_watch *watch;
	unsigned running;
};

struct op {
	struct iocb iocb;
	fdsync_cb *cb;
	void *arg;
};

/* Takes what has ended; `wait`: for one at the least. */
static void
take(struct fdsync *sync, bool wait)
{
	struct io_event events[16];
	long n;

	do {
		n = syscall(SYS_io_getevents, sync->context, wait ? 1L : 0L,
		    sizeof events / sizeof events[0], events, NULL);
		for (long i = 0; i < n; i++) {
			struct op *op = (struct op *)(uintptr_t)events[i].data;

			sync->running--;
			op->cb(op->arg, (int)events[i].res);
			free(op);
		}
		wait = false;
	} while (n > 0);
}

static void
on_ended_cb(void *arg, int fd, unsigned events)
{
	struct fdsync *sync = arg;
	uint64_t count;

	(void)events;
	(void)!read(fd, &count, sizeof count);
	take(sync, false);
}

struct fdsync *
fdsync_new(struct loop *loop)
{
	struct fdsync *sync = mem_alloc(sizeof *sync);

	sync->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sync->eventfd < 0)
		return sync;
	sync->ready =
	    syscall(SYS_io_setup, (unsigned)FDSYNC_MAX, &sync->context) == 0;
	sync->watch =
	    loop_watch_new(loop, sync->eventfd, LOOP_READ, on_ended_cb, sync);
	return sync;
}

void
fdsync_free(struct fdsync *sync)
{
	if (sync == NULL)
		return;
	while (sync->running > 0)
		take(sync, true);
	if (sync->ready)
		(void)syscall(SYS_io_destroy, sync->context);
	loop_watch_free(sync->watch);
	if (sync->eventfd >= 0)
		close(sync->eventfd);
	free(sync);
}

static bool
submit(struct fdsync *sync, int fd, struct op *op)
{
	struct iocb *list[] = {&op->iocb};

	if (!sync->ready || sync->running == FDSYNC_MAX)
		return false;
	op->iocb.aio_data = (uintptr_t)op;
	op->iocb.aio_lio_opcode = IOCB_CMD_FSYNC;
	op->iocb.aio_fildes = (uint32_t)fd;
	op->iocb.aio_flags = IOCB_FLAG_RESFD;
	op->iocb.aio_resfd = (uint32_t)sync->eventfd;
	return syscall(SYS_io_submit, sync->context, 1L, list) == 1;
}

void
fdsync_start(struct fdsync *sync, int fd, fdsync_cb *cb, void *arg)
{
	struct op *op = mem_alloc(sizeof *op);

	op->cb = cb;
	op->arg = arg;
	if (submit(sync, fd, op)) {
		sync->running++;
		return;
	}
	free(op);
	cb(arg, fsync(fd) < 0 ? -errno : 0);
}
