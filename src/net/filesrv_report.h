/*
 * What a `files` worker tells the engine of each finished request, and now and
 * then of one that goes on, as one small datagram on a socket pair. Lost ones
 * are only lost news.
 */
#ifndef CONVECT_NET_FILESRV_REPORT_H
#define CONVECT_NET_FILESRV_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILESRV_REPORT_PATH_MAX 512
#define FILESRV_REPORT_MAX 640 /* bytes of a datagram */

struct filesrv_report {
	char peer[46];			    /* numeric address */
	char path[FILESRV_REPORT_PATH_MAX]; /* normalised; cut when longer */
	uint64_t id;  /* tells a worker's requests apart */
	bool running; /* it goes on */
	bool head;    /* HEAD instead of GET */
	int status;
	uint64_t offset; /* of the range sent; 0 without one */
	uint64_t length; /* of the body asked for, HEAD's too */
	uint64_t bytes;	 /* of body sent */
	uint32_t ms;
	bool complete; /* what was asked for left completely */
};

/* Returns the datagram's length. */
size_t filesrv_report_encode(
    const struct filesrv_report *report, uint8_t out[FILESRV_REPORT_MAX]);
/* 0 or -EBADMSG. */
int filesrv_report_decode(
    const void *data, size_t len, struct filesrv_report *ret_report);

#endif
