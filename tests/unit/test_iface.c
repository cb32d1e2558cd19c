#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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
	struct iface *iface;

	(void)state;
	iface = iface_new(NULL, 0);
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
	struct iface *iface;

	(void)state;
	iface = iface_new(NULL, 0);
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
	struct iface *iface;

	(void)state;
	iface = iface_new(names, 2);
	iface_set(iface, list, fill(list));
	assert_true(iface_find(iface, 3, addr("0.0.0.0"), &got));
	assert_true(iface_find(iface, 1, addr("0.0.0.0"), &got));
	assert_false(iface_find(iface, 2, addr("0.0.0.0"), &got));
	iface_free(iface);
}

static void
test_takes(void **state)
{
	struct iface_addr list[5];
	struct iface *iface;

	(void)state;
	iface = iface_new(NULL, 0);
	iface_set(iface, list, fill(list));
	assert_true(iface_takes(iface, 3, addr("255.255.255.255")));
	assert_true(iface_takes(iface, 3, addr("10.88.0.2")));
	assert_true(iface_takes(iface, 3, addr("10.88.255.255")));
	assert_false(iface_takes(iface, 3, addr("10.88.255.254")));
	assert_false(iface_takes(iface, 2, addr("10.88.255.255")));
	assert_false(iface_takes(iface, 4, addr("172.16.0.1")));
	iface_free(iface);
}

/* ---- a network namespace of our own, whose loopback comes and goes ---- */

struct news {
	struct loop *loop;
	unsigned come;
	unsigned gone;
};

static void
on_change_cb(void *arg, const struct iface_addr *changed, bool come)
{
	struct news *news = arg;

	assert_string_equal(changed->name, "lo");
	assert_int_equal(changed->addr.s_addr, addr("127.0.0.1").s_addr);
	news->come += come;
	news->gone += !come;
	loop_stop(news->loop);
}

static void
set_lo(int up)
{
	struct ifreq lo = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	lo.ifr_flags = up ? IFF_UP : 0;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	assert_int_equal(close(fd), 0);
}

static void
test_watch(void **state)
{
	static const char *const names[] = {"lo"};
	struct news news = {.loop = loop_new()};
	struct iface *iface = iface_new(names, 1);
	struct iface_addr got;
	size_t count;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		skip();
	assert_int_equal(
	    iface_watch(iface, news.loop, on_change_cb, &news, NULL), 0);
	(void)iface_list(iface, &count);
	assert_int_equal(count, 0);
	set_lo(1);
	assert_int_equal(loop_run(news.loop), 0);
	assert_int_equal(news.come, 1);
	assert_true(iface_is_ours(iface, addr("127.0.0.1")));
	set_lo(0);
	assert_int_equal(loop_run(news.loop), 0);
	assert_int_equal(news.gone, 1);
	assert_false(iface_is_ours(iface, addr("127.0.0.1")));
	/* Asked for before the loop has had its turn. */
	set_lo(1);
	assert_true(iface_find(iface, 1, addr("127.0.0.1"), &got));
	assert_int_equal(news.come, 2);
	iface_free(iface);
	loop_free(news.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_on_link),
	    cmocka_unit_test(test_named),
	    cmocka_unit_test(test_takes),
	    cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
