/* The flight recorder's rings: order, ceilings, repeats, other machines. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/flight.h"
#include "core/mask.h"

#define START_MS 1000000

static const struct flight_limits roomy[FLIGHT_POOLS] = {
    [FLIGHT_KNOWN] = {100, 16 << 20, 0},
    [FLIGHT_UNKNOWN] = {100, 1 << 20, 0},
};

static struct flight_entry
entry_of(enum flight_kind kind, const char *name, int64_t ms)
{
	struct flight_entry entry = {.kind = kind,
	    .ms = ms,
	    .verb = "",
	    .name = name,
	    .peer = "",
	    .note = ""};

	return entry;
}

static const struct flight_entry *
put(struct flight *flight, const char *name, const struct flight_entry *entry)
{
	struct flight_track *track =
	    flight_track(flight, FLIGHT_KNOWN, name, entry->ms);

	assert_non_null(track);
	return flight_add(flight, track, entry);
}

static const struct flight_entry *
add(struct flight *flight, const char *track, const char *name, int64_t ms)
{
	struct flight_entry entry = entry_of(FLIGHT_FILE, name, ms);

	return put(flight, track, &entry);
}

static void
add_unknown(struct flight *flight, unsigned number, int64_t ms)
{
	struct flight_entry entry = entry_of(FLIGHT_DHCP, "", ms);
	struct flight_track *track;
	char mac[32];

	snprintf(mac, sizeof mac, "52:54:00:00:%02x:%02x", number >> 8 & 0xff,
	    number & 0xff);
	entry.alike = number;
	track = flight_track(flight, FLIGHT_UNKNOWN, mac, ms);
	if (track != NULL)
		(void)flight_add(flight, track, &entry);
}

static struct flight_list
list_of(const struct flight *flight, const char *track)
{
	struct flight_list list = {0};

	flight_list_add(&list, flight, track);
	flight_list_sort(&list);
	return list;
}

static bool
has_name(const struct flight_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i]->name, name) == 0)
			return true;
	return false;
}

static void
test_order(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_entry decision =
	    entry_of(FLIGHT_DECISION, "rule", START_MS + 1);
	struct flight_list list;

	(void)state;
	add(flight, "gpu1", "first", START_MS);
	put(flight, "gpu1", &decision);
	add(flight, "gpu2", "other", START_MS + 1);
	add(flight, "gpu1", "last", START_MS + 1);
	list = list_of(flight, "gpu1");
	assert_int_equal(list.count, 3);
	assert_string_equal(list.at[0]->name, "first");
	assert_string_equal(list.at[1]->name, "rule");
	assert_string_equal(list.at[2]->name, "last");
	flight_list_done(&list);
	assert_true(flight_has(flight, "gpu2"));
	assert_false(flight_has(flight, "gpu3"));
	list = list_of(flight, "gpu3");
	assert_int_equal(list.count, 0);
	flight_list_done(&list);
	flight_free(flight);
}

static void
test_wrap(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_list list;
	char name[32];

	(void)state;
	for (int i = 0; i < 3 * FLIGHT_REQUESTS; i++) {
		snprintf(name, sizeof name, "file%d", i);
		add(flight, "gpu1", name, START_MS + i);
	}
	list = list_of(flight, "gpu1");
	assert_int_equal(list.count, FLIGHT_REQUESTS);
	snprintf(name, sizeof name, "file%d", 2 * FLIGHT_REQUESTS);
	assert_string_equal(list.at[0]->name, name);
	for (size_t i = 1; i < list.count; i++)
		assert_true(list.at[i]->seq > list.at[i - 1]->seq);
	flight_list_done(&list);
	flight_free(flight);
}

static void
test_repeats(void **state)
{
	struct flight *flight = flight_new(roomy);
	const struct flight_entry *kept;
	struct flight_entry again = entry_of(FLIGHT_FILE, "x", START_MS);
	struct flight_list list;

	(void)state;
	again.bytes = 10;
	for (int i = 0; i < 5; i++) {
		again.ms = START_MS + i * FLIGHT_REPEAT_MS;
		kept = put(flight, "gpu1", &again);
	}
	assert_int_equal(kept->count, 5);
	assert_int_equal(kept->bytes, 50);
	assert_int_equal(kept->ms, START_MS);
	assert_int_equal(kept->last_ms, START_MS + 4 * FLIGHT_REPEAT_MS);
	/* One in between does not end it, a longer pause does. */
	add(flight, "gpu1", "y", again.ms);
	add(flight, "gpu1", "x", again.ms + 1);
	again.ms += FLIGHT_REPEAT_MS + 2;
	kept = put(flight, "gpu1", &again);
	assert_int_equal(kept->count, 1);
	/* Nor is it the same with another outcome. */
	again.status = 404;
	kept = put(flight, "gpu1", &again);
	assert_int_equal(kept->count, 1);
	list = list_of(flight, "gpu1");
	assert_int_equal(list.count, 4);
	assert_int_equal(list.at[0]->count, 6);
	flight_list_done(&list);
	flight_free(flight);
}

/* One machine sends whatever it likes: its requests and decisions stay. */
static void
test_flood(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_entry packet = entry_of(FLIGHT_DHCP, "", START_MS);
	struct flight_list list;
	uint8_t data[600];

	(void)state;
	memset(data, 0xff, sizeof data);
	packet.data = data;
	packet.data_len = sizeof data;
	add(flight, "gpu1", "useful", START_MS);
	add(flight, "gpu2", "useful", START_MS);
	for (uint32_t i = 0; i < 100000; i++) {
		packet.ms = START_MS + i / 50;
		packet.alike = i % 1000;
		put(flight, "gpu1", &packet);
	}
	list = list_of(flight, "gpu1");
	assert_true(has_name(&list, "useful"));
	assert_true(list.count <= FLIGHT_PACKETS + 1);
	flight_list_done(&list);
	list = list_of(flight, "gpu2");
	assert_true(has_name(&list, "useful"));
	flight_list_done(&list);
	flight_free(flight);
}

/* The same again and again for hours, with too much time between to count. */
static void
test_slow_repeats(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_list list;
	size_t earlier = 0;

	(void)state;
	add(flight, "gpu1", "once", START_MS);
	for (int i = 0; i < 1000; i++)
		add(flight, "gpu1", "again", START_MS + i * 60000);
	list = list_of(flight, "gpu1");
	assert_int_equal(list.count, FLIGHT_REQUESTS);
	assert_true(has_name(&list, "once"));
	for (size_t i = 0; i < list.count; i++)
		earlier += list.at[i]->earlier;
	assert_int_equal(earlier + list.count, 1001);
	flight_list_done(&list);
	flight_free(flight);
}

static void
test_bytes_of_track(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_entry packet = entry_of(FLIGHT_DHCP, "", START_MS);
	struct flight_usage usage;
	uint8_t data[FLIGHT_DATA_MAX];

	(void)state;
	memset(data, 1, sizeof data);
	packet.data = data;
	packet.data_len = sizeof data;
	for (uint32_t i = 0; i < 1000; i++) {
		packet.alike = i;
		put(flight, "gpu1", &packet);
		flight_usage(flight, FLIGHT_KNOWN, &usage);
		assert_true(usage.bytes <= FLIGHT_TRACK_BYTES);
	}
	assert_true(usage.entries > 10);
	flight_free(flight);
}

static void
test_bytes_of_all(void **state)
{
	static const struct flight_limits limits[FLIGHT_POOLS] = {
	    [FLIGHT_KNOWN] = {20000, 1 << 20, 0},
	    [FLIGHT_UNKNOWN] = {10, 1 << 20, 0},
	};
	struct flight *flight = flight_new(limits);
	struct flight_usage usage;
	char node[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(node, sizeof node, "gpu%d", i % 10000);
		add(flight, node, i % 2 ? "/odd" : "/even", START_MS + i);
		flight_usage(flight, FLIGHT_KNOWN, &usage);
		assert_true(usage.bytes <= 1 << 20);
	}
	assert_true(usage.tracks > 1000);
	assert_true(flight_has(flight, "gpu9999"));
	assert_false(flight_has(flight, "gpu0"));
	flight_free(flight);
}

/* Machines that nobody knows cost those in the inventory nothing. */
static void
test_strangers(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_usage usage;
	struct flight_list list;

	(void)state;
	add(flight, "gpu1", "useful", START_MS);
	/* One of them tries to boot for real. */
	for (int i = 0; i < FLIGHT_STRANGER_USES; i++)
		add_unknown(flight, 0xbeef, START_MS + i * 4000);
	for (unsigned i = 0; i < 5000; i++)
		add_unknown(flight, i, START_MS + i);
	flight_usage(flight, FLIGHT_UNKNOWN, &usage);
	assert_int_equal(usage.tracks, 100);
	assert_true(flight_has(flight, "52:54:00:00:be:ef"));
	assert_true(flight_has(flight, "52:54:00:00:13:87"));
	list = list_of(flight, "gpu1");
	assert_int_equal(list.count, 1);
	flight_list_done(&list);
	flight_free(flight);
}

static void
test_fresh(void **state)
{
	static const struct flight_limits limits[FLIGHT_POOLS] = {
	    [FLIGHT_KNOWN] = {100, 1 << 20, 0},
	    [FLIGHT_UNKNOWN] = {100, 1 << 20, 5},
	};
	struct flight *flight = flight_new(limits);
	struct flight_usage usage;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		add_unknown(flight, i, START_MS);
	flight_usage(flight, FLIGHT_UNKNOWN, &usage);
	assert_int_equal(usage.tracks, 5);
	assert_int_equal(usage.refused, 45);
	/* One that has a track goes on, and later there is room for more. */
	add_unknown(flight, 0, START_MS);
	add_unknown(flight, 60, START_MS + FLIGHT_WINDOW_MS);
	flight_usage(flight, FLIGHT_UNKNOWN, &usage);
	assert_int_equal(usage.tracks, 6);
	assert_int_equal(usage.refused, 45);
	flight_free(flight);
}

static void
test_packet(void **state)
{
	struct flight *flight = flight_new(roomy);
	struct flight_entry packet = entry_of(FLIGHT_DHCP, "", START_MS);
	const struct flight_entry *kept;
	uint8_t data[2000] = {1, 2, 3};
	uint8_t back[FLIGHT_DATA_MAX];

	(void)state;
	data[299] = 0;
	packet.data = data;
	packet.data_len = 300;
	kept = put(flight, "gpu1", &packet);
	assert_int_equal(kept->data_len, 3);
	assert_int_equal(kept->len, 300);
	memset(back, 0xff, sizeof back);
	assert_int_equal(flight_packet(kept, back), 300);
	assert_memory_equal(back, data, 300);
	/* Too long, and nothing but zeros. */
	packet.alike = 1;
	data[1999] = 1;
	packet.data_len = sizeof data;
	kept = put(flight, "gpu1", &packet);
	assert_int_equal(kept->len, 2000);
	assert_int_equal(flight_packet(kept, back), FLIGHT_DATA_MAX);
	packet.alike = 2;
	packet.data = data + 10;
	packet.data_len = 20;
	kept = put(flight, "gpu1", &packet);
	assert_int_equal(flight_packet(kept, back), 20);
	assert_int_equal(back[19], 0);
	flight_free(flight);
}

static void
test_long_text(void **state)
{
	struct flight *flight = flight_new(roomy);
	const struct flight_entry *kept;
	char name[FLIGHT_TEXT_MAX + 100];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	kept = add(flight, "gpu1", name, START_MS);
	assert_int_equal(strlen(kept->name), FLIGHT_TEXT_MAX);
	kept = add(flight, "gpu1", name, START_MS);
	assert_int_equal(kept->count, 2);
	flight_free(flight);
}

static void
test_mask_path(void **state)
{
	static const struct {
		const char *path;
		const char *masked;
	} rows[] = {
	    {"/seed/0123456789abcdef0123456789abcdef/user-data",
		"/seed/0123…/user-data"},
	    {"/seed/0123456789abcdef0123456789abcdefuser-data",
		"/seed/0123…user-data"},
	    {"/seed/0123456789ABCDEF0123456789ABCDEF", "/seed/0123…"},
	    {"/report/not-a-token-but-secret", "/report/not-…"},
	    {"/report/abc", "/report/abc"},
	    {"/report/", "/report/"},
	    {"/x/0123456789abcdef0123456789abcdef", "/x/0123…"},
	    {"/xseed/0123456789abcdef/y", "/xseed/0123…/y"},
	    {"/boot/52-54-00-aa-0b-01", "/boot/52-54-00-aa-0b-01"},
	    {"/boot/525400aa0b01.ipxe", "/boot/525400aa0b01.ipxe"},
	    {"/images/ubuntu-24.04/vmlinuz", "/images/ubuntu-24.04/vmlinuz"},
	    {"", ""},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		mask_path(rows[i].path, out, sizeof out);
		assert_string_equal(out, rows[i].masked);
	}
	/* Cut, and never in the middle of what stands for a token. */
	for (size_t size = 1; size < 30; size++) {
		mask_path(
		    "/seed/0123456789abcdef0123456789abcdef/x", out, size);
		assert_true(strlen(out) < size);
		assert_null(strstr(out, "01234"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_repeats),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_slow_repeats),
	    cmocka_unit_test(test_bytes_of_track),
	    cmocka_unit_test(test_bytes_of_all),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_fresh),
	    cmocka_unit_test(test_packet),
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_mask_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
