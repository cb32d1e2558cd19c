/*
 * Fetches an URL of our own servers back, by tftp or http, to compare it with
 * what they should serve. For command line tools: it waits until it is done.
 */
#ifndef CONVECT_NET_READBACK_H
#define CONVECT_NET_READBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct readback_spec {
	const char *url;   /* "tftp://10.0.0.2/ipxe.efi" */
	bool head;	   /* http: only the header */
	const char *range; /* http: "0-65535", or NULL */
	long timeout_ms;
};

struct readback {
	long status;	/* of http; 0: there was no answer */
	int64_t length; /* as announced; -1: not */
	bool no_answer; /* nobody, or not in time */
	int64_t ms;	/* it took */
};

/*
 * The body is appended to `out`, whose ceiling is the largest that is taken.
 * TFTP as EDK2 asks: blksize 1468 and tsize. 0 also for HTTP errors; -EIO with
 * libcurl's reason, in which case *ret is written too.
 */
int readback_get(const struct readback_spec *spec, struct buf *out,
    struct readback *ret, struct err *err);

#endif
