/*
 * Packet sockets and the DHCP probe, on the loopback of a network namespace of
 * their own. Skipped where none may be made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/dhcpprobe.h"
#include "net/packet.h"
#include "wire/ipudp.h"

enum {
	LO = 1,
	PORT = 6767,
	/* The answers come within the first of them, on a busy host too. */
	PROBE_MS = 3000,
};

struct world {
	struct loop *loop;
	unsigned seen;
	unsigned stop_at;
	unsigned answers; /* to each DISCOVER */
	struct packet_arrival last;
	struct ipudp ip;
	uint8_t copy[PACKET_RECEIVE_MAX];
	struct dhcp_msg discover;
	struct dhcpprobe_result result;
	struct dhcpprobe_offer first;
};

static bool have_namespace;

static int
setup_all(void **state)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	have_namespace = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	(void)close(fd);
	return 0;
}

static int
setup(void **state)
{
	static struct world world;

	world = (struct world){.loop = loop_new()};
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	loop_free(world->loop);
	return 0;
}

static int
open_port(uint16_t port)
{
	int fd = packet_open(port, NULL);

	assert_true(fd >= 0);
	return fd;
}

static size_t
make(uint8_t *packet, size_t size, uint16_t to_port, const void *data,
    size_t data_len)
{
	struct ipudp msg = {
	    .from.s_addr = htonl(0x0a000001),
	    .to.s_addr = htonl(INADDR_BROADCAST),
	    .from_port = 68,
	    .to_port = to_port,
	    .data = data,
	    .len = data_len,
	};
	size_t len;

	assert_int_equal(ipudp_encode(&msg, 0, packet, size, &len), 0);
	return len;
}

static void
on_packet_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival)
{
	struct world *world = arg;

	(void)packet;
	world->seen++;
	world->last = *arrival;
	memcpy(world->copy, arrival->data, arrival->len);
	if (world->seen == world->stop_at)
		loop_stop(world->loop);
}

/* What passes the filter: the port behind any header, whole, for us or all. */
static void
test_filter(void **state)
{
	static const struct hwaddr other = {{2, 0, 0, 0, 0, 9}};
	static const uint8_t alert[] = {148, 4, 0, 0};
	struct world *world = *state;
	struct packet *packet;
	uint8_t bytes[256];
	size_t len;

	if (!have_namespace)
		skip();
	packet = packet_new(world->loop, open_port(PORT), on_packet_cb, world);
	len = make(bytes, sizeof bytes, PORT + 1, "x", 1);
	assert_int_equal(
	    packet_send(packet, bytes, len, LO, &packet_broadcast), 0);
	len = make(bytes, sizeof bytes, PORT, "hello", 5);
	assert_int_equal(packet_send(packet, bytes, len, LO, &other), 0);
	bytes[6] = 0x20; /* more fragments */
	assert_int_equal(
	    packet_send(packet, bytes, len, LO, &packet_broadcast), 0);
	bytes[6] = 0;
	bytes[9] = IPPROTO_TCP;
	assert_int_equal(
	    packet_send(packet, bytes, len, LO, &packet_broadcast), 0);
	bytes[9] = IPPROTO_UDP;
	assert_int_equal(
	    packet_send(packet, bytes, len, LO, &packet_broadcast), 0);
	memmove(bytes + 24, bytes + 20, len - 20);
	memcpy(bytes + 20, alert, sizeof alert);
	bytes[0] = 0x46;
	assert_int_equal(
	    packet_send(packet, bytes, len + 4, LO, &packet_broadcast), 0);
	world->stop_at = 2;
	assert_int_equal(loop_run(world->loop), 0);
	assert_int_equal(world->last.len, len + 4);
	assert_int_equal(world->last.ifindex, LO);
	assert_false(world->last.truncated);
	assert_int_equal(packet_stats(packet)->received, 2);
	assert_int_equal(packet_stats(packet)->sent, 6);
	packet_free(packet);
}

static void
test_truncated(void **state)
{
	static uint8_t big[PACKET_RECEIVE_MAX + 100];
	static const uint8_t data[PACKET_RECEIVE_MAX];
	struct world *world = *state;
	struct packet *packet;
	size_t len = make(big, sizeof big, PORT, data, sizeof data);

	if (!have_namespace)
		skip();
	packet = packet_new(world->loop, open_port(PORT), on_packet_cb, world);
	assert_int_equal(
	    packet_send(packet, big, len, LO, &packet_broadcast), 0);
	world->stop_at = 1;
	assert_int_equal(loop_run(world->loop), 0);
	assert_true(world->last.truncated);
	assert_int_equal(world->last.len, PACKET_RECEIVE_MAX);
	packet_free(packet);
}

/* The kernel leaves the checksum of what stays here open, and says so. */
static void
test_open_checksum(void **state)
{
	struct world *world = *state;
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(PORT),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct packet *packet;
	struct ipudp ip;
	int fd;

	if (!have_namespace)
		skip();
	packet = packet_new(world->loop, open_port(PORT), on_packet_cb, world);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(
	    sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
	world->stop_at = 1;
	assert_int_equal(loop_run(world->loop), 0);
	assert_true(world->last.checksum_open);
	assert_int_equal(ipudp_decode(world->copy, world->last.len, 0, &ip),
	    IPUDP_DROP_UDP_CHECKSUM);
	assert_int_equal(ipudp_decode(world->copy, world->last.len,
			     IPUDP_CHECKSUM_OPEN, &ip),
	    IPUDP_OK);
	assert_memory_equal(ip.data, "hello", 5);
	assert_int_equal(close(fd), 0);
	packet_free(packet);
}

static void
test_send_errors(void **state)
{
	struct world *world = *state;
	struct packet *packet;

	if (!have_namespace)
		skip();
	packet = packet_new(world->loop, open_port(PORT), on_packet_cb, world);
	assert_int_equal(
	    packet_send(packet, "x", 1, 4711, &packet_broadcast), -ENXIO);
	assert_int_equal(packet_stats(packet)->send_errors, 1);
	assert_int_equal(packet_stats(packet)->last_errno, ENXIO);
	packet_free(packet);
}

/* ---- the probe ---- */

/* The other side: offers, and what is none of the probe's. */
static void
on_discover_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival)
{
	struct world *world = arg;
	struct dhcp_reply reply = {.request = &world->discover,
	    .type = DHCP_TYPE_OFFER,
	    .server.s_addr = htonl(0x0a000001),
	    .file = "loader",
	    .class = "PXEClient"};
	uint8_t payload[DHCP_REPLY_MAX];
	uint8_t bytes[IPUDP_SIZE(DHCP_REPLY_MAX)];
	size_t len;

	assert_int_equal(
	    ipudp_decode(arrival->data, arrival->len, 0, &world->ip), IPUDP_OK);
	assert_int_equal(dhcp_decode(world->ip.data, world->ip.len,
			     DHCP_OP_REQUEST, &world->discover),
	    DHCP_OK);
	world->seen++;
	for (unsigned i = 0; i < world->answers + 3; i++) {
		struct dhcp_msg request = world->discover;

		/* Another's number, another's address, no offer. */
		request.xid += i == 0;
		request.chaddr[5] ^= i == 1;
		reply.type = i == 2 ? DHCP_TYPE_ACK : DHCP_TYPE_OFFER;
		reply.request = &request;
		assert_int_equal(dhcp_encode_reply(&reply, payload, &len), 0);
		len = make(bytes, sizeof bytes, DHCP_PORT_CLIENT, payload, len);
		assert_int_equal(packet_send(packet, bytes, len,
				     arrival->ifindex, &packet_broadcast),
		    0);
	}
}

static void
on_result_cb(void *arg, const struct dhcpprobe_result *result)
{
	struct world *world = arg;

	world->result = *result;
	if (result->count > 0)
		world->first = result->offers[0];
	loop_stop(world->loop);
}

static void
probe(struct world *world, const struct dhcpprobe_conf *conf)
{
	struct packet *server = packet_new(
	    world->loop, open_port(DHCP_PORT_SERVER), on_discover_cb, world);
	struct dhcpprobe *probe;

	assert_int_equal(dhcpprobe_new(world->loop, open_port(DHCP_PORT_CLIENT),
			     conf, on_result_cb, world, &probe),
	    0);
	assert_int_equal(loop_run(world->loop), 0);
	dhcpprobe_free(probe);
	packet_free(server);
}

static void
test_probe(void **state)
{
	struct world *world = *state;
	struct dhcpprobe_conf conf = {.ifindex = {LO},
	    .links = 1,
	    .class = "PXEClient:Arch:00007:UNDI:003016",
	    .arch = 7,
	    .mac = {{2, 3, 4, 5, 6, 7}},
	    .wait_ms = PROBE_MS,
	    .tries = 2};

	if (!have_namespace)
		skip();
	world->answers = 2;
	probe(world, &conf);
	assert_int_equal(world->seen, 2);
	assert_int_equal(world->result.error, 0);
	assert_int_equal(world->result.count, 4);
	assert_int_equal(world->result.dropped, 0);
	assert_string_equal(world->first.msg.file, "loader");
	assert_int_equal(world->first.from.s_addr, htonl(0x0a000001));
	assert_int_equal(world->first.ifindex, LO);
	assert_int_equal(world->first.from_port, 68);
	assert_true(world->first.after_ms <= PROBE_MS);
	assert_true(dhcp_option_starts(
	    &world->discover, DHCP_SLOT_CLASS, "PXEClient:Arch:00007"));
	assert_int_equal(dhcp_arch(&world->discover, 0), 7);
	assert_true(hwaddr_eq(&world->discover.mac, &conf.mac));
	assert_int_equal(world->discover.flags, DHCP_FLAG_BROADCAST);
}

static void
test_probe_flood(void **state)
{
	struct world *world = *state;
	struct dhcpprobe_conf conf = {.ifindex = {LO},
	    .links = 1,
	    .arch = DHCP_NO_ARCH,
	    .wait_ms = PROBE_MS,
	    .tries = 1};

	if (!have_namespace)
		skip();
	world->answers = DHCPPROBE_OFFERS_MAX + 5;
	probe(world, &conf);
	assert_int_equal(world->result.count, DHCPPROBE_OFFERS_MAX);
	assert_int_equal(world->result.dropped, 5);
	assert_int_equal(dhcp_arch_count(&world->discover), 0);
	assert_int_equal(world->discover.chaddr[0] & 3, 2);
	assert_false(dhcp_option_starts(&world->discover, DHCP_SLOT_CLASS, ""));
}

static void
test_probe_refused(void **state)
{
	struct world *world = *state;
	struct dhcpprobe_conf conf = {.ifindex = {LO},
	    .links = 1,
	    .arch = DHCP_NO_ARCH,
	    .wait_ms = 20,
	    .tries = 0};
	char class[257];
	struct dhcpprobe *probe = NULL;

	memset(class, 'x', sizeof class - 1);
	class[sizeof class - 1] = '\0';
	assert_int_equal(
	    dhcpprobe_new(world->loop, -1, &conf, on_result_cb, world, &probe),
	    -EINVAL);
	conf.tries = 1;
	conf.class = class;
	assert_int_equal(
	    dhcpprobe_new(world->loop, -1, &conf, on_result_cb, world, &probe),
	    -EMSGSIZE);
	assert_null(probe);
	if (!have_namespace)
		return;
	conf.class = NULL;
	conf.ifindex[0] = 4711;
	assert_int_equal(dhcpprobe_new(world->loop, open_port(DHCP_PORT_CLIENT),
			     &conf, on_result_cb, world, &probe),
	    0);
	assert_int_equal(loop_run(world->loop), 0);
	assert_int_equal(world->result.error, -ENXIO);
	dhcpprobe_free(probe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_open_checksum, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_send_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_probe_flood, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_probe_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, setup_all, NULL);
}
