/*
 * fsync(2) without waiting for it: the kernel does it (its own asynchronous
 * I/O, io_submit(2)) and the loop hears of its end. For files and directories.
 *
 * Where the kernel has no such thing, or none left to give, it is done at once
 * and the loop waits.
 */
#ifndef CONVECT_NET_FDSYNC_H
#define CONVECT_NET_FDSYNC_H

struct loop;
struct fdsync;

#define FDSYNC_MAX 128 /* under way; beyond that the loop waits */

/* 0 or a negative errno. */
typedef void fdsync_cb(void *arg, int error);

struct fdsync *fdsync_new(struct loop *loop);
/* Waits for what is under way, whose callbacks may start more. NULL is fine. */
void fdsync_free(struct fdsync *sync);

/*
 * Calls cb when all that was written to the descriptor, or changed in the
 * directory, is on the disk; perhaps before it returns. The descriptor may be
 * closed meanwhile.
 */
void fdsync_start(struct fdsync *sync, int fd, fdsync_cb *cb, void *arg);

#endif
