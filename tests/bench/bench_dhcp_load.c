/*
 * Load for a DHCP server that answers network boot, from the other end of a
 * cable: how many offers a second it makes, how long machines wait at a given
 * load, and floods of the kinds that hostile networks have.
 * Usage:
 *	bench_dhcp_load INTERFACE offers SECONDS MACHINES
 *	bench_dhcp_load INTERFACE latency SECONDS MACHINES RATE [again]
 *	bench_dhcp_load INTERFACE flood SECONDS KIND RATE
 * Machines are 52:54:00:bd:XX:YY, counted from 0. Kinds are in `floods`; a
 * flood ends early by SIGTERM. With `again`, who has no answer asks once more
 * after four seconds, as PXE firmware does.
 * Datagrams go out and come in by the batch; tests/bench/dhcp-dnsmasq and
 * tests/bench/dhcp-flood make the namespaces. An answer's time is the kernel's
 * of its arrival: how long this program waits for a processor is not counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/wr.h"
#include "wire/dhcp.h"

enum {
	BATCH = 32,
	PACKET_MAX = 512,
	WINDOW = 512, /* questions under way in `offers` */
	LOST_US = 200000,
	AGAIN_US = 4000000, /* PXE 2.1, section 2.2.2: 4, 8, 16, 32 s */
	QUEUE_BYTES = 8 << 20,
	MACHINES_MAX = 65536,
	XID_AT = 4,
	CHADDR_AT = 28,
	SLOTS = 1 << 20, /* of questions whose time is known */
};

/* As CMSG_FIRSTHDR() wants it: aligned for a length. */
struct stamp {
	alignas(size_t) char bytes[64];
};

struct load {
	int fd;
	struct mmsghdr out[BATCH];
	struct iovec out_iov[BATCH];
	uint8_t out_data[BATCH][PACKET_MAX];
	struct mmsghdr in[BATCH];
	struct iovec in_iov[BATCH];
	struct stamp in_stamp[BATCH];
	uint8_t in_data[BATCH][PACKET_MAX];
	struct sockaddr_in to;
	uint8_t discover[PACKET_MAX];
	size_t discover_len;
	uint32_t machines;
	uint32_t sent;
	uint32_t answered;
	bool again;	   /* the lost ones have their second chance */
	uint32_t late;	   /* answered then */
	int64_t *asked_us; /* by xid, wall clock; 0 when it was answered */
	uint32_t *waits;   /* microseconds of the answered ones */
};

static volatile sig_atomic_t stopped;

static int64_t
to_us(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * 1000000 + ts->tv_nsec / 1000;
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return to_us(&ts);
}

/* The clock that the kernel stamps packets with. */
static int64_t
wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return to_us(&ts);
}

static void
option(struct wr *wr, uint8_t code, const void *data, uint8_t len)
{
	wr_u8(wr, code);
	wr_u8(wr, len);
	wr_bytes(wr, data, len);
}

/* What a BIOS's PXE ROM sends. */
static size_t
encode_discover(uint8_t out[PACKET_MAX])
{
	static const char class[] = "PXEClient:Arch:00000:UNDI:002001";
	static const uint8_t head[] = {DHCP_OP_REQUEST, 1, 6, 0};
	static const uint8_t magic[] = {0x63, 0x82, 0x53, 0x63};
	static const uint8_t discover = DHCP_TYPE_DISCOVER;
	static const uint8_t undi[] = {1, 2, 1};
	static const uint8_t arch[] = {0, 0};
	static const uint8_t mac[] = {0x52, 0x54, 0, 0xbd, 0, 0};
	uint8_t uuid[17] = {0};
	struct wr wr;

	wr_init(&wr, out, PACKET_MAX);
	wr_bytes(&wr, head, sizeof head);
	wr_zeros(&wr, 4);
	wr_u16be(&wr, 0);
	wr_u16be(&wr, DHCP_FLAG_BROADCAST);
	wr_zeros(&wr, 16);
	wr_bytes(&wr, mac, sizeof mac);
	wr_zeros(&wr, 10 + 64 + 128);
	wr_bytes(&wr, magic, sizeof magic);
	option(&wr, 53, &discover, 1);
	option(&wr, 93, arch, sizeof arch);
	option(&wr, 94, undi, sizeof undi);
	option(&wr, 60, class, sizeof class - 1);
	option(&wr, 97, uuid, sizeof uuid);
	wr_u8(&wr, 255);
	return wr.len;
}

static void
die(const char *what)
{
	fprintf(stderr, "bench_dhcp_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
open_socket(const char *interface, uint16_t port)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int one = 1, size = QUEUE_BYTES;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) <
		0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface)) < 0 ||
	    bind(fd, (const struct sockaddr *)&sin, sizeof sin) < 0)
		die("socket");
	return fd;
}

static void
prepare(struct load *load, const char *interface, uint16_t port)
{
	load->fd = open_socket(interface, port);
	load->discover_len = encode_discover(load->discover);
	load->to.sin_family = AF_INET;
	load->to.sin_port = htons(DHCP_PORT_SERVER);
	load->to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	for (size_t i = 0; i < BATCH; i++) {
		memcpy(load->out_data[i], load->discover, load->discover_len);
		load->out_iov[i] =
		    (struct iovec){load->out_data[i], load->discover_len};
		load->out[i].msg_hdr = (struct msghdr){.msg_name = &load->to,
		    .msg_namelen = sizeof load->to,
		    .msg_iov = &load->out_iov[i],
		    .msg_iovlen = 1};
		load->in_iov[i] = (struct iovec){load->in_data[i], PACKET_MAX};
		load->in[i].msg_hdr = (struct msghdr){
		    .msg_iov = &load->in_iov[i], .msg_iovlen = 1};
	}
}

static void
set_u32(uint8_t *at, uint32_t value)
{
	struct wr wr;

	wr_init(&wr, at, 4);
	wr_u32be(&wr, value);
}

static void
send_batch(struct load *load, unsigned count)
{
	unsigned done = 0;

	while (done < count) {
		int r = sendmmsg(load->fd, load->out + done, count - done, 0);

		if (r > 0)
			done += (unsigned)r;
		else if (errno != EINTR && errno != ENOBUFS)
			die("sendmmsg");
	}
}

/* A question's number is its xid, and says which machine asks. */
static void
write_question(struct load *load, unsigned i, uint32_t xid)
{
	uint32_t machine = xid % load->machines;

	set_u32(load->out_data[i] + XID_AT, xid);
	load->out_data[i][CHADDR_AT + 4] = (uint8_t)(machine >> 8);
	load->out_data[i][CHADDR_AT + 5] = (uint8_t)machine;
	load->asked_us[xid % SLOTS] = wall_us();
}

/* The next machines ask. */
static void
ask(struct load *load, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		write_question(load, i, load->sent++);
	send_batch(load, count);
}

static void
take(struct load *load, const uint8_t *packet, size_t len, int64_t came)
{
	uint32_t xid;
	int64_t *asked;

	if (len < 240 || packet[0] != DHCP_OP_REPLY ||
	    memcmp(packet + 16, "\0\0\0\0", 4) != 0)
		return; /* not a proxy's offer */
	memcpy(&xid, packet + XID_AT, sizeof xid);
	xid = ntohl(xid);
	asked = &load->asked_us[xid % SLOTS];
	if (xid >= load->sent || *asked == 0)
		return;
	if (load->again)
		load->late++;
	else
		load->waits[load->answered++ % SLOTS] =
		    (uint32_t)(came - *asked);
	*asked = 0;
}

static int64_t
arrival_us(struct msghdr *hdr)
{
	struct timespec ts = {0};
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(hdr); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(hdr, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&ts, CMSG_DATA(cmsg), sizeof ts);
	}
	return to_us(&ts);
}

static bool
receive(struct load *load)
{
	int r;

	for (size_t i = 0; i < BATCH; i++) {
		load->in[i].msg_hdr.msg_control = load->in_stamp[i].bytes;
		load->in[i].msg_hdr.msg_controllen =
		    sizeof load->in_stamp[i].bytes;
	}
	r = recvmmsg(load->fd, load->in, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < r; i++)
		take(load, load->in_data[i], load->in[i].msg_len,
		    arrival_us(&load->in[i].msg_hdr));
	return r > 0;
}

/* As many as it can: a window of questions is always under way. */
static void
run_offers(struct load *load, int64_t seconds)
{
	int64_t begun = now_us(), end = begun + seconds * 1000000;
	int64_t last = begun, now;
	uint32_t given_up = 0;

	while ((now = now_us()) < end) {
		uint32_t under_way = load->sent - load->answered - given_up;

		if (under_way + BATCH <= WINDOW)
			ask(load, BATCH);
		if (receive(load)) {
			last = now;
		} else if (now - last > LOST_US) {
			given_up = load->sent - load->answered;
			last = now;
		}
	}
	printf("%.0f offers a second, %u questions lost\n",
	    (double)load->answered * 1e6 / (double)(now - begun), given_up);
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* One that got no answer in time has waited longer than all others. */
static double
wait_ms(const struct load *load, uint32_t percent)
{
	size_t at = (size_t)load->sent * percent / 100;

	return (at < load->answered ? load->waits[at] : LOST_US) / 1e3;
}

static void
report_waits(struct load *load, bool again)
{
	uint32_t lost = load->sent - load->answered;

	if (load->answered == 0) {
		printf("no answer to %u questions\n", load->sent);
		exit(1);
	}
	qsort(load->waits, load->answered, sizeof *load->waits, by_number);
	printf("p50 %.3f ms, p99 %.3f ms, max %.3f ms, lost %u of %u",
	    wait_ms(load, 50), wait_ms(load, 99),
	    load->waits[load->answered - 1] / 1e3, lost, load->sent);
	if (again)
		printf(", never answered %u", lost - load->late);
	putchar('\n');
}

static void
ask_again(struct load *load)
{
	unsigned count = 0;

	load->again = true;
	for (uint32_t xid = 0; xid < load->sent; xid++) {
		if (load->asked_us[xid] == 0)
			continue;
		write_question(load, count++, xid);
		if (count == BATCH) {
			send_batch(load, count);
			count = 0;
		}
	}
	send_batch(load, count);
}

/* The last question's four seconds, and as long again for the answers. */
static void
give_second_chance(struct load *load)
{
	int64_t begun = now_us(), passed;

	while (load->answered + load->late < load->sent &&
	       (passed = now_us() - begun) < AGAIN_US + LOST_US) {
		if (passed >= AGAIN_US && !load->again)
			ask_again(load);
		if (!receive(load))
			usleep(20);
	}
}

/* Questions at an even pace, whatever becomes of the answers. */
static void
run_latency(struct load *load, int64_t seconds, uint32_t rate, bool again)
{
	int64_t begun = now_us(), length = seconds * 1000000, passed;

	while ((passed = now_us() - begun) < length + LOST_US) {
		int64_t due = passed < length ? passed : length;
		int64_t want = due * rate / 1000000 - load->sent;

		if (want > 0)
			ask(load, want > BATCH ? BATCH : (unsigned)want);
		if (!receive(load) && want <= 0)
			usleep(20);
	}
	if (again)
		give_second_chance(load);
	report_waits(load, again);
}

/* ---- floods ---- */

static uint32_t
next_random(void)
{
	static uint32_t state = 2463534242U;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Options that end in the middle, bad lengths, noise. */
static void
spoil(uint8_t *packet, size_t *len)
{
	uint32_t random = next_random();

	*len = 20 + random % 300;
	for (size_t i = random % 200; i < *len; i += 1 + random % 7)
		packet[i] = (uint8_t)next_random();
}

static void
one_machine(uint8_t *packet, size_t *len)
{
	(void)len;
	packet[CHADDR_AT + 3] = 0xbe; /* 52:54:00:be:00:00: known, too */
}

static void
stranger(uint8_t *packet, size_t *len)
{
	(void)len;
	packet[CHADDR_AT] = 0x02;
	set_u32(packet + CHADDR_AT + 2, next_random());
}

/* From port 67, as a relay; addresses of documentation. */
static void
spoofed_relay(uint8_t *packet, size_t *len)
{
	(void)len;
	packet[3] = 1;
	set_u32(packet + 24, 0xc6336400 | (next_random() & 0xff));
}

static const struct flood {
	const char *name;
	uint16_t port;
	void (*change)(uint8_t *packet, size_t *len);
} floods[] = {
    {"malformed", DHCP_PORT_CLIENT, spoil},
    {"one-machine", DHCP_PORT_CLIENT, one_machine},
    {"strangers", DHCP_PORT_CLIENT, stranger},
    {"relayed", DHCP_PORT_SERVER, spoofed_relay},
};

static const struct flood *
find_flood(const char *name)
{
	for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++) {
		if (strcmp(floods[i].name, name) == 0)
			return &floods[i];
	}
	return NULL;
}

static void
run_flood(struct load *load, const struct flood *flood, int64_t seconds,
    uint32_t rate)
{
	int64_t begun = now_us(), length = seconds * 1000000, passed;

	while ((passed = now_us() - begun) < length && !stopped) {
		if (passed * rate / 1000000 - load->sent < BATCH) {
			usleep(50);
			continue;
		}
		for (unsigned i = 0; i < BATCH; i++) {
			size_t len = load->discover_len;

			memcpy(load->out_data[i], load->discover, len);
			set_u32(load->out_data[i] + XID_AT, next_random());
			flood->change(load->out_data[i], &len);
			load->out_iov[i].iov_len = len;
		}
		send_batch(load, BATCH);
		load->sent += BATCH;
		(void)recvmmsg(load->fd, load->in, BATCH, MSG_DONTWAIT, NULL);
	}
	printf("flood of %s: %.0f packets a second\n", flood->name,
	    (double)load->sent * 1e6 / (double)passed);
}

static void
on_term(int number)
{
	(void)number;
	stopped = 1;
}

static int
usage(void)
{
	fputs("usage: bench_dhcp_load INTERFACE offers SECONDS MACHINES\n"
	      "       bench_dhcp_load INTERFACE latency SECONDS MACHINES RATE "
	      "[again]\n"
	      "       bench_dhcp_load INTERFACE flood SECONDS KIND RATE\n",
	    stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	struct load *load = mem_alloc(sizeof *load);
	bool offers = argc == 5 && strcmp(argv[2], "offers") == 0;
	bool latency = argc >= 6 && strcmp(argv[2], "latency") == 0;
	bool again = latency && argc == 7 && strcmp(argv[6], "again") == 0;
	bool flood = argc == 6 && strcmp(argv[2], "flood") == 0;
	const struct flood *kind = flood ? find_flood(argv[4]) : NULL;
	int64_t seconds;

	if ((!offers && !latency && kind == NULL) || argc > 6 + again)
		return usage();
	(void)signal(SIGTERM, on_term);
	seconds = strtol(argv[3], NULL, 10);
	load->machines = (uint32_t)strtoul(argv[4], NULL, 10);
	if (kind == NULL &&
	    (load->machines == 0 || load->machines > MACHINES_MAX))
		return usage();
	prepare(load, argv[1], kind != NULL ? kind->port : DHCP_PORT_CLIENT);
	load->asked_us = mem_array(SLOTS, sizeof *load->asked_us);
	load->waits = mem_array(SLOTS, sizeof *load->waits);
	if (offers)
		run_offers(load, seconds);
	else if (latency)
		run_latency(
		    load, seconds, (uint32_t)strtoul(argv[5], NULL, 10), again);
	else
		run_flood(
		    load, kind, seconds, (uint32_t)strtoul(argv[5], NULL, 10));
	close(load->fd);
	free(load->asked_us);
	free(load->waits);
	free(load);
	return 0;
}
