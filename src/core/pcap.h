/*
 * Recordings of UDP datagrams for tcpdump and Wireshark: the classic format
 * with raw IPv4 packets, whose headers are made up from where the datagram
 * came from and went to.
 */
#ifndef CONVECT_CORE_PCAP_H
#define CONVECT_CORE_PCAP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct pcap_datagram {
	int64_t ms; /* Unix time */
	struct sockaddr_in from;
	struct sockaddr_in to;
	const uint8_t *data;
	size_t len;
	size_t full_len; /* what it had on the wire, if that was more */
};

void pcap_write_header(struct buf *out);
/* 0, or -EMSGSIZE for what no packet can hold. */
int pcap_write(const struct pcap_datagram *datagram, struct buf *out);

#endif
