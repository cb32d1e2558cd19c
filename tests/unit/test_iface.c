#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "net/iface.h"

static struct in_addr
addr(const char *text)
{
	struct in_addr out;

	assert_int_equal(inet_pton(AF_INET, text, &out), 1);
	return out;
}

static size_t
fill(struct iface_addr list[5])
{
	static const struct {
		int ifindex;
		const char *name, *addr, *mask;
		bool served;
	} rows[] = {
	    {1, "lo", "127.0.0.1", "255.0.0.0", false},
	    {2, "eth0", "10.77.0.2", "255.255.255.0", true},
	    {2, "eth0", "192.168.5.1", "255.255.255.0", true},
	    {3, "eth1", "10.88.0.2", "255.255.0.0", true},
	    {4, "p2p", "172.16.0.0", "255.255.255.254", true},
	};

	memset(list, 0, 5 * sizeof *list);
	for (size_t i = 0; i < 5; i++) {
		list[i].ifindex = rows[i].ifindex;
		(void)strcpy(list[i].name, rows[i].name);
		list[i].addr = addr(rows[i].addr);
		list[i].mask = addr(rows[i].mask);
		list[i].served = rows[i].served;
	}
	return 5;
}

static void
test_find(void **state)
{
	struct iface_addr list[5], got;
	struct clock clock;
	struct iface *iface;

	(void)state;
	clock_init_sim(&clock, 1000);
	iface = iface_new(&clock, NULL, 0);
	iface_set(iface, list, fill(list));
	assert_true(iface_find(iface, 2, addr("0.0.0.0"), &got));
	assert_int_equal(got.addr.s_addr, addr("10.77.0.2").s_addr);
	assert_true(iface_find(iface, 2, addr("192.168.5.77"), &got));
	assert_int_equal(got.addr.s_addr, addr("192.168.5.1").s_addr);
	assert_string_equal(got.name, "eth0");
	/* The first, for who is elsewhere. */
	assert_true(iface_find(iface, 3, addr("10.77.0.9"), &got));
	assert_int_equal(got.addr.s_addr, addr("10.88.0.2").s_addr);
	assert_false(iface_find(iface, 1, addr("127.0.0.9"), &got));
	assert_false(iface_find(iface, 9, addr("10.77.0.9"), &got));
	assert_true(iface_is_ours(iface, addr("127.0.0.1")));
	assert_true(iface_is_ours(iface, addr("192.168.5.1")));
	assert_false(iface_is_ours(iface, addr("192.168.5.2")));
	iface_free(iface);
}

static void
test_on_link(void **state)
{
	struct iface_addr list[5];
	struct clock clock;
	struct iface *iface;

	(void)state;
	clock_init_sim(&clock, 1000);
	iface = iface_new(&clock, NULL, 0);
	iface_set(iface, list, fill(list));
	assert_true(iface_on_link(iface, 2, addr("10.77.0.200")));
	assert_true(iface_on_link(iface, 2, addr("192.168.5.200")));
	assert_false(iface_on_link(iface, 2, addr("10.77.1.200")));
	assert_false(iface_on_link(iface, 3, addr("10.77.0.200")));
	assert_false(iface_on_link(iface, 2, addr("10.77.0.255")));
	assert_false(iface_on_link(iface, 2, addr("10.77.0.0")));
	assert_false(iface_on_link(iface, 2, addr("0.0.0.0")));
	assert_false(iface_on_link(iface, 2, addr("255.255.255.255")));
	assert_false(iface_on_link(iface, 2, addr("224.0.0.1")));
	assert_true(iface_on_link(iface, 4, addr("172.16.0.1")));
	assert_false(iface_on_link(iface, 4, addr("172.16.0.2")));
	iface_free(iface);
}

static void
test_named(void **state)
{
	static const char *const names[] = {"eth1", "lo"};
	struct iface_addr list[5], got;
	struct clock clock;
	struct iface *iface;

	(void)state;
	clock_init_sim(&clock, 1000);
	iface = iface_new(&clock, names, 2);
	iface_set(iface, list, fill(list));
	assert_true(iface_find(iface, 3, addr("0.0.0.0"), &got));
	assert_true(iface_find(iface, 1, addr("0.0.0.0"), &got));
	assert_false(iface_find(iface, 2, addr("0.0.0.0"), &got));
	iface_free(iface);
}

/* The machine's own list: there is a loopback, and it is not served. */
static void
test_refresh(void **state)
{
	struct iface_addr list[5];
	const struct iface_addr *all;
	struct clock clock;
	struct iface *iface;
	bool found = false;
	size_t count;

	(void)state;
	clock_init_sim(&clock, 1000);
	iface = iface_new(&clock, NULL, 0);
	iface_set(iface, list, fill(list));
	clock.sim_ms += IFACE_REFRESH_MS - 1;
	assert_true(iface_is_ours(iface, addr("10.88.0.2")));
	clock.sim_ms += 1;
	assert_int_equal(iface_refresh(iface), 0);
	all = iface_list(iface, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].name, "lo") != 0)
			continue;
		found = true;
		assert_false(all[i].served);
		assert_true(all[i].ifindex > 0);
	}
	if (!found)
		skip(); /* a namespace whose loopback is down */
	assert_true(iface_is_ours(iface, addr("127.0.0.1")));
	iface_free(iface);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_on_link),
	    cmocka_unit_test(test_named),
	    cmocka_unit_test(test_refresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
