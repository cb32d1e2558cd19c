/* Over the loopback, on ports that the kernel gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/udp.h"

struct peer {
	struct loop *loop;
	struct udp *udp;
	int fd;			 /* the other end */
	struct sockaddr_in addr; /* of the one under test */
	unsigned seen;
	unsigned echo; /* replies to each */
	unsigned stop_at;
	struct udp_datagram last;
};

static int
bound(struct sockaddr_in *ret_addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof *ret_addr;
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_addr, &len), 0);
	return fd;
}

static void
on_datagram_cb(void *arg, struct udp *udp, const struct udp_datagram *datagram)
{
	struct peer *peer = arg;
	struct udp_path path = {
	    .to = datagram->from,
	    .from = datagram->to,
	    .ifindex = datagram->ifindex,
	};

	peer->last = *datagram;
	peer->seen++;
	for (unsigned i = 0; i < peer->echo; i++)
		udp_send(udp, datagram->data, datagram->len, &path);
	if (peer->seen == peer->stop_at)
		loop_stop(peer->loop);
}

static int
setup(void **state)
{
	static struct peer peer;
	struct sockaddr_in other;
	int fd;

	peer = (struct peer){.loop = loop_new()};
	fd = bound(&peer.addr);
	peer.fd = bound(&other);
	peer.udp = udp_new(peer.loop, fd, on_datagram_cb, &peer, NULL);
	assert_non_null(peer.udp);
	assert_int_equal(connect(peer.fd, (const struct sockaddr *)&peer.addr,
			     sizeof peer.addr),
	    0);
	*state = &peer;
	return 0;
}

static int
teardown(void **state)
{
	struct peer *peer = *state;

	udp_free(peer->udp);
	loop_free(peer->loop);
	(void)close(peer->fd);
	return 0;
}

static unsigned
drain(int fd)
{
	uint8_t byte[UDP_RECEIVE_MAX];
	unsigned count = 0;

	while (recv(fd, byte, sizeof byte, MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

static void
test_arrival(void **state)
{
	struct peer *peer = *state;

	peer->stop_at = 1;
	peer->echo = 1;
	assert_int_equal(send(peer->fd, "hello", 5, 0), 5);
	assert_int_equal(loop_run(peer->loop), 0);
	assert_int_equal(peer->last.len, 5);
	assert_false(peer->last.truncated);
	assert_int_equal(peer->last.to.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(peer->last.ifindex, (int)if_nametoindex("lo"));
	assert_int_equal(drain(peer->fd), 1);
	assert_int_equal(udp_stats(peer->udp)->sent, 1);
}

static void
test_truncated(void **state)
{
	struct peer *peer = *state;
	uint8_t big[UDP_RECEIVE_MAX + 1] = {0};

	peer->stop_at = 2;
	assert_true(send(peer->fd, big, sizeof big - 1, 0) > 0);
	assert_true(send(peer->fd, big, sizeof big, 0) > 0);
	assert_int_equal(loop_run(peer->loop), 0);
	assert_true(peer->last.truncated);
	assert_int_equal(peer->last.len, UDP_RECEIVE_MAX);
	assert_int_equal(udp_stats(peer->udp)->truncated, 1);
}

/* More than a batch in, several times as many out. */
static void
test_batches(void **state)
{
	struct peer *peer = *state;
	const unsigned count = UDP_BATCH + 5;

	peer->stop_at = count;
	peer->echo = 3;
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(send(peer->fd, &i, sizeof i, 0), sizeof i);
	assert_int_equal(loop_run(peer->loop), 0);
	assert_int_equal(peer->seen, count);
	assert_int_equal(udp_stats(peer->udp)->received, count);
	assert_int_equal(udp_stats(peer->udp)->sent, 3 * count);
	assert_int_equal(drain(peer->fd), 3 * count);
}

/* More than the socket holds: the next that is read tells. */
static void
test_overflow(void **state)
{
	struct peer *peer = *state;
	const struct udp_stats *stats = udp_stats(peer->udp);
	const unsigned many = 4096; /* of 1 KiB, in a queue of some 200 */
	uint8_t data[1024] = {0};

	peer->stop_at = 1;
	for (unsigned i = 0; i < many; i++)
		assert_true(send(peer->fd, data, sizeof data, 0) > 0);
	assert_int_equal(loop_run(peer->loop), 0);
	assert_int_equal(stats->overflowed, 0);
	assert_true(send(peer->fd, data, 7, 0) == 7);
	while (peer->last.len != 7)
		assert_int_equal(loop_turn(peer->loop), 0);
	assert_true(stats->overflowed > 0);
	assert_int_equal(stats->overflowed + stats->received, many + 1);
}

/* What the kernel refuses is counted and the rest goes out. */
static void
test_send_errors(void **state)
{
	struct peer *peer = *state;
	uint8_t big[UDP_SEND_MAX + 1] = {0};
	struct udp_path path = {.ifindex = INT32_MAX};
	socklen_t len = sizeof path.to;

	path.to.sin_family = AF_INET;
	path.to.sin_port = htons(9);
	path.to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	udp_send(peer->udp, "x", 1, &path);
	assert_int_equal(udp_stats(peer->udp)->send_errors, 1);
	assert_int_not_equal(udp_stats(peer->udp)->last_errno, 0);
	path.ifindex = 0;
	assert_int_equal(
	    getsockname(peer->fd, (struct sockaddr *)&path.to, &len), 0);
	udp_send(peer->udp, big, sizeof big, &path);
	assert_int_equal(udp_stats(peer->udp)->send_errors, 2);
	assert_int_equal(udp_stats(peer->udp)->last_errno, EMSGSIZE);
	udp_send(peer->udp, "x", 1, &path);
	assert_int_equal(udp_stats(peer->udp)->sent, 1);
	assert_int_equal(drain(peer->fd), 1);
}

/* Forty replies of two lengths, each with its number, to everybody. */
static void
on_broadcast_cb(void *arg, struct udp *udp, const struct udp_datagram *datagram)
{
	struct peer *peer = arg;
	struct udp_path path = {
	    .to = peer->last.from,
	    .from = datagram->to,
	    .ifindex = datagram->ifindex,
	};
	uint8_t data[300] = {0};

	for (uint8_t i = 0; i < 40; i++) {
		data[0] = i;
		udp_send(udp, data, i < 20 ? 300 : 290, &path);
	}
	loop_stop(peer->loop);
}

/* What went to the kernel as one comes out as many, whole and in order. */
static void
test_broadcasts(void **state)
{
	struct peer *peer = *state;
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof addr;
	uint8_t data[UDP_RECEIVE_MAX];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	udp_free(peer->udp);
	peer->udp = udp_new(
	    peer->loop, bound(&peer->addr), on_broadcast_cb, peer, NULL);
	peer->last.from = addr;
	peer->last.from.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	assert_int_equal(
	    sendto(peer->fd, "x", 1, 0, (const struct sockaddr *)&peer->addr,
		sizeof peer->addr),
	    1);
	assert_int_equal(loop_run(peer->loop), 0);
	assert_int_equal(udp_stats(peer->udp)->sent, 40);
	assert_int_equal(udp_stats(peer->udp)->send_errors, 0);
	for (uint8_t i = 0; i < 40; i++) {
		assert_int_equal(recv(fd, data, sizeof data, MSG_DONTWAIT),
		    i < 20 ? 300 : 290);
		assert_int_equal(data[0], i);
	}
	assert_true(recv(fd, data, sizeof data, MSG_DONTWAIT) < 0);
	(void)close(fd);
}

static void
test_bad_socket(void **state)
{
	struct peer *peer = *state;
	struct err err = {0};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_null(udp_new(peer->loop, fd, on_datagram_cb, peer, &err));
	assert_true(err_is_set(&err));
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_arrival, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_batches, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_broadcasts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_overflow, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_send_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_socket, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
