/*
 * How long a machine waits for our answer to its DHCPDISCOVER: the median, the
 * 99th percentile and the longest, in milliseconds, and how many got none.
 * Usage: bench_dhcp INTERFACE COUNT MAC...; the addresses take turns. Needs
 * port 68 of a network namespace; tests/bench/dhcp-latency makes one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hwaddr.h"
#include "base/mem.h"
#include "base/wr.h"
#include "bench_support.h"
#include "wire/dhcp.h"

#define PAUSE_US 10000 /* between two questions */
#define WAIT_MS 2000   /* longer than that is no answer */

static void
option(struct wr *wr, uint8_t code, const void *data, uint8_t len)
{
	wr_u8(wr, code);
	wr_u8(wr, len);
	wr_bytes(wr, data, len);
}

/* What a BIOS's PXE ROM sends. */
static size_t
encode_discover(uint32_t xid, const struct hwaddr *mac, uint8_t out[512])
{
	static const char class[] = "PXEClient:Arch:00000:UNDI:002001";
	static const uint8_t magic[] = {0x63, 0x82, 0x53, 0x63};
	static const uint8_t head[] = {DHCP_OP_REQUEST, 1, 6, 0};
	static const uint8_t discover = DHCP_TYPE_DISCOVER;
	static const uint8_t undi[] = {1, 2, 1};
	static const uint8_t arch[] = {0, 0};
	uint8_t uuid[17] = {0};
	struct wr wr;

	wr_init(&wr, out, 512);
	wr_bytes(&wr, head, sizeof head);
	wr_u32be(&wr, xid);
	wr_u16be(&wr, 0);
	wr_u16be(&wr, 0x8000);
	wr_zeros(&wr, 16);
	wr_bytes(&wr, mac->b, 6);
	wr_zeros(&wr, 10 + 64 + 128);
	wr_bytes(&wr, magic, sizeof magic);
	option(&wr, 53, &discover, 1);
	option(&wr, 93, arch, sizeof arch);
	option(&wr, 94, undi, sizeof undi);
	option(&wr, 60, class, sizeof class - 1);
	memcpy(uuid + 11, mac->b, 6);
	option(&wr, 97, uuid, sizeof uuid);
	wr_u8(&wr, 255);
	return wr.len;
}

static int
open_socket(const char *interface)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_port = htons(DHCP_PORT_CLIENT)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface)) < 0 ||
	    bind(fd, (const struct sockaddr *)&sin, sizeof sin) < 0) {
		perror("bench_dhcp: port 68");
		exit(1);
	}
	return fd;
}

/* Our answer, and not one of a DHCP server, which gives an address. */
static bool
is_answer(const uint8_t *packet, size_t len, uint32_t xid)
{
	struct wr wr;
	uint8_t want[4];

	wr_init(&wr, want, sizeof want);
	wr_u32be(&wr, xid);
	return len >= 240 && packet[0] == DHCP_OP_REPLY &&
	       memcmp(packet + 4, want, sizeof want) == 0 &&
	       memcmp(packet + 16, "\0\0\0\0", 4) == 0;
}

/* Microseconds, or -1 without an answer. */
static int64_t
ask(int fd, uint32_t xid, const struct hwaddr *mac)
{
	struct sockaddr_in all = {.sin_family = AF_INET,
	    .sin_port = htons(DHCP_PORT_SERVER),
	    .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	uint8_t packet[DHCP_PACKET_MAX];
	size_t len = encode_discover(xid, mac, packet);
	int64_t start = now_us();
	ssize_t got;

	if (sendto(fd, packet, len, 0, (const struct sockaddr *)&all,
		sizeof all) < 0) {
		perror("bench_dhcp: sendto");
		exit(1);
	}
	while (now_us() - start < (int64_t)WAIT_MS * 1000) {
		if (poll(&pfd, 1, WAIT_MS) <= 0)
			return -1;
		got = recv(fd, packet, sizeof packet, 0);
		if (got > 0 && is_answer(packet, (size_t)got, xid))
			return now_us() - start;
	}
	return -1;
}

static void
report(int64_t *times, size_t count, size_t lost)
{
	if (count == 0) {
		printf("no answer to %zu questions\n", lost);
		return;
	}
	sort_times(times, count);
	printf("p50 %7.3f ms  p99 %7.3f ms  max %7.3f ms  lost %zu of %zu\n",
	    percentile_ms(times, count, 50), percentile_ms(times, count, 99),
	    percentile_ms(times, count, 100), lost, count + lost);
}

int
main(int argc, char **argv)
{
	size_t total = argc > 3 ? (size_t)strtoul(argv[2], NULL, 10) : 0;
	struct hwaddr mac;
	size_t count = 0;
	int64_t *times;
	int64_t taken;
	int fd;

	if (total == 0) {
		fputs("usage: bench_dhcp INTERFACE COUNT MAC...\n", stderr);
		return 2;
	}
	times = mem_array(total, sizeof *times);
	fd = open_socket(argv[1]);
	for (size_t i = 0; i < total; i++) {
		if (hwaddr_parse(argv[3 + (int)i % (argc - 3)], &mac) < 0) {
			fputs("bench_dhcp: a MAC is not one\n", stderr);
			return 2;
		}
		taken = ask(fd, (uint32_t)(getpid() << 12) + (uint32_t)i, &mac);
		if (taken >= 0)
			times[count++] = taken;
		usleep(PAUSE_US);
	}
	report(times, count, total - count);
	close(fd);
	free(times);
	return count == total ? 0 : 1;
}
