/* Offers that wait (reply_delay): when they leave, and how many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/proxydhcp_delay.h"

struct sent {
	unsigned count;
	uint8_t last; /* of the machine */
	uint32_t xid;
};

static void
on_send(void *arg, const struct proxydhcp_reply *reply)
{
	struct sent *sent = arg;

	sent->count++;
	sent->last = reply->packet[33];
	memcpy(&sent->xid, reply->packet + 4, sizeof sent->xid);
}

static struct proxydhcp_reply
reply_to(uint32_t machine, uint32_t xid, unsigned delay_ms)
{
	struct proxydhcp_reply reply = {.delay_ms = delay_ms, .len = 300};

	memcpy(reply.packet + 4, &xid, sizeof xid);
	reply.packet[32] = (uint8_t)(machine >> 8);
	reply.packet[33] = (uint8_t)machine;
	return reply;
}

static bool
add(struct proxydhcp_delay *delay, const struct proxydhcp_reply *reply,
    int64_t now_ms, struct sent *sent)
{
	return proxydhcp_delay_add(delay, reply, now_ms, on_send, sent);
}

static void
test_order(void **state)
{
	struct proxydhcp_delay *delay = proxydhcp_delay_new();
	struct proxydhcp_reply slow = reply_to(1, 1, 2000);
	struct proxydhcp_reply fast = reply_to(2, 1, 250);
	struct sent sent = {0};

	(void)state;
	assert_int_equal(proxydhcp_delay_next(delay, 1000), -1);
	assert_true(add(delay, &slow, 1000, &sent));
	assert_true(add(delay, &fast, 1100, &sent));
	assert_int_equal(proxydhcp_delay_next(delay, 1100), 250);
	proxydhcp_delay_run(delay, 1349);
	assert_int_equal(sent.count, 0);
	proxydhcp_delay_run(delay, 1350);
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.last, 2);
	assert_int_equal(proxydhcp_delay_next(delay, 1350), 1650);
	assert_int_equal(proxydhcp_delay_next(delay, 9000), 0);
	proxydhcp_delay_run(delay, 9000);
	assert_int_equal(sent.last, 1);
	assert_int_equal(proxydhcp_delay_count(delay), 0);
	proxydhcp_delay_free(delay);
}

/* Firmware asks again while its offer waits: that must not put it off. */
static void
test_retransmission(void **state)
{
	struct proxydhcp_delay *delay = proxydhcp_delay_new();
	struct proxydhcp_reply first = reply_to(1, 1, 1000);
	struct proxydhcp_reply other = reply_to(1, 2, 1000);
	struct sent sent = {0};

	(void)state;
	assert_true(add(delay, &first, 0, &sent));
	assert_true(add(delay, &first, 900, &sent));
	assert_int_equal(proxydhcp_delay_next(delay, 900), 100);
	/* A new exchange has no use for the old one's offer. */
	assert_true(add(delay, &other, 950, &sent));
	assert_int_equal(proxydhcp_delay_count(delay), 1);
	proxydhcp_delay_run(delay, 1500);
	assert_int_equal(sent.count, 0);
	proxydhcp_delay_run(delay, 1950);
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.xid, 2);
	proxydhcp_delay_free(delay);
}

static void
test_ceiling(void **state)
{
	struct proxydhcp_delay *delay = proxydhcp_delay_new();
	struct proxydhcp_reply reply;
	struct sent sent = {0};

	(void)state;
	for (uint32_t i = 0; i < PROXYDHCP_DELAY_MAX; i++) {
		reply = reply_to(i, 1, 1000);
		assert_true(add(delay, &reply, 0, &sent));
	}
	reply = reply_to(PROXYDHCP_DELAY_MAX, 1, 1000);
	assert_false(add(delay, &reply, 0, &sent));
	reply = reply_to(7, 2, 1000);
	assert_true(add(delay, &reply, 0, &sent));
	assert_int_equal(proxydhcp_delay_count(delay), PROXYDHCP_DELAY_MAX);
	proxydhcp_delay_run(delay, 1000);
	assert_int_equal(sent.count, PROXYDHCP_DELAY_MAX);
	reply = reply_to(9, 3, 1000);
	assert_true(add(delay, &reply, 0, &sent));
	proxydhcp_delay_free(delay); /* with one that waits */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_retransmission),
	    cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
