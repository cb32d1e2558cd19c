/* Recordings for tcpdump: the header, and packets that decode to what went in.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "core/pcap.h"
#include "wire/ipudp.h"

static void
test_recording(void **state)
{
	static const uint8_t data[] = "a datagram";
	struct pcap_datagram datagram = {.ms = 1700000000123,
	    .from = {.sin_port = htons(68)},
	    .to = {.sin_port = htons(67)},
	    .data = data,
	    .len = sizeof data,
	    .full_len = sizeof data + 90};
	struct ipudp msg;
	struct rd rd;
	struct buf out;
	size_t len;

	(void)state;
	datagram.from.sin_addr.s_addr = inet_addr("10.0.0.7");
	datagram.to.sin_addr.s_addr = inet_addr("255.255.255.255");
	buf_init(&out, 1 << 20);
	pcap_write_header(&out);
	assert_int_equal(out.len, 24);
	assert_int_equal(pcap_write(&datagram, &out), 0);
	rd_init(&rd, out.data, out.len);
	assert_int_equal(rd_u32be(&rd), 0xa1b2c3d4);
	(void)rd_bytes(&rd, 12);
	assert_true(rd_u32be(&rd) >= 1500 + 28);
	assert_int_equal(rd_u32be(&rd), 101);
	assert_int_equal(rd_u32be(&rd), 1700000000);
	assert_int_equal(rd_u32be(&rd), 123000);
	len = rd_u32be(&rd);
	assert_int_equal(len, 28 + sizeof data);
	assert_int_equal(rd_u32be(&rd), len + 90);
	assert_int_equal(rd_left(&rd), len);
	assert_int_equal(
	    ipudp_decode(rd_bytes(&rd, len), len, 0, &msg), IPUDP_OK);
	assert_int_equal(msg.from.s_addr, datagram.from.sin_addr.s_addr);
	assert_int_equal(msg.to_port, 67);
	assert_int_equal(msg.len, sizeof data);
	assert_memory_equal(msg.data, data, sizeof data);
	buf_done(&out);
}

static void
test_too_long(void **state)
{
	static uint8_t data[4096];
	struct pcap_datagram datagram = {.data = data, .len = sizeof data};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_true(pcap_write(&datagram, &out) < 0);
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recording),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
