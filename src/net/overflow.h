/*
 * What a socket's queue had no room for: the kernel drops it and tells the
 * number with each datagram that comes after (SO_RXQ_OVFL).
 */
#ifndef CONVECT_NET_OVERFLOW_H
#define CONVECT_NET_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room in the control data of a message. */
#define OVERFLOW_CONTROL CMSG_SPACE(sizeof(uint32_t))

/* Starts as all zeros. */
struct overflow {
	bool begun;
	uint32_t last; /* the kernel's number: of the socket's whole life */
	uint64_t lost; /* since the first datagram that was read here */
};

/* 0 or a negative errno. */
int overflow_enable(int fd);
/* For each datagram, in their order. */
void overflow_read(struct overflow *overflow, struct msghdr *hdr);

#endif
