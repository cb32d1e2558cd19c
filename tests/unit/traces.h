/* The packet traces of tests/data/clients, for tests. */
#ifndef CONVECT_TESTS_TRACES_H
#define CONVECT_TESTS_TRACES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/rd.h"

#define TRACE_MAX (1 << 20)

struct trace {
	const char *name;
	struct buf file;
	struct rd rd;
};

struct trace_packet {
	int64_t ms;
	struct sockaddr_in from, to;
	bool tcp;
	const uint8_t *data; /* behind the UDP or TCP header */
	size_t len;
};

/* Fails the test when NAME.pcap is not there, or not of Ethernet. */
void trace_open(struct trace *trace, const char *name);
/* The next one; false at the end. All of them are IPv4, and UDP or TCP. */
bool trace_next(struct trace *trace, struct trace_packet *ret_packet);
void trace_close(struct trace *trace);

#endif
