/* What a machine fetches: percent, rate, time left, and never backwards. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/transfer.h"

#define MB UINT64_C(1000000)

static const struct image image = {
    .name = "demo",
    .kernel = {.file = "vmlinuz", .size = 10 * MB},
    .initrd = {.file = "initrd", .size = 90 * MB},
    .iso = {.file = "demo.iso", .size = 900 * MB},
};

static struct transfer_news
running(uint64_t id, enum transfer_file file, uint64_t mb, int64_t ms)
{
	const uint64_t sizes[] = {10 * MB, 90 * MB, 900 * MB};

	return (struct transfer_news){.id = id,
	    .file = file,
	    .length = sizes[file],
	    .bytes = mb * MB,
	    .ms = ms,
	    .running = true};
}

static void
apply(struct transfer *transfer, struct transfer_news news)
{
	transfer_apply(transfer, &image, &news, 5000);
}

static void
end(struct transfer *transfer, struct transfer_news news, bool complete)
{
	news.running = false;
	news.complete = complete;
	apply(transfer, news);
}

static void
test_find(void **state)
{
	struct image none = {.name = "none"};
	enum transfer_file file;

	(void)state;
	assert_int_equal(transfer_find(&image, "initrd", &file), 0);
	assert_int_equal(file, TRANSFER_INITRD);
	assert_int_equal(transfer_find(&image, "image.yaml", &file), -ENOENT);
	assert_int_equal(transfer_find(&none, "", &file), -ENOENT);
	assert_string_equal(transfer_file_name(TRANSFER_ISO), "iso");
	assert_string_equal(transfer_state_name(TRANSFER_BROKEN), "broken");
}

/* A whole boot: small files are told of at their end only. */
static void
test_boot(void **state)
{
	struct transfer transfer;

	(void)state;
	transfer_init(&transfer);
	assert_int_equal(transfer_eta(&transfer, 5000), -1);
	end(&transfer, running(1, TRANSFER_KERNEL, 10, 100), true);
	assert_int_equal(transfer.percent, 1);
	assert_int_equal(transfer_eta(&transfer, 5000), -1);
	apply(&transfer, running(2, TRANSFER_INITRD, 45, 1000));
	assert_int_equal(transfer.percent, 5);
	assert_int_equal(transfer.rate, 45 * MB);
	/* 45 of the initrd and all of the ISO are left. */
	assert_int_equal(transfer_eta(&transfer, 5000), 21);
	end(&transfer, running(2, TRANSFER_INITRD, 90, 2000), true);
	assert_int_equal(transfer.percent, 10);
	apply(&transfer, running(3, TRANSFER_ISO, 100, 1000));
	assert_int_equal(transfer.percent, 20);
	assert_int_equal(transfer.rate, 100 * MB);
	assert_int_equal(transfer_eta(&transfer, 5000), 8);
	/* Slower now; the rate follows, and does not jump. */
	apply(&transfer, running(3, TRANSFER_ISO, 140, 2000));
	assert_int_equal(transfer.rate, 80 * MB);
	assert_int_equal(transfer_eta(&transfer, 5000), 10);
	/* Nothing was heard for a while. */
	assert_int_equal(transfer_eta(&transfer, 5000 + 15001), -1);
	end(&transfer, running(3, TRANSFER_ISO, 900, 9000), true);
	assert_int_equal(transfer.percent, 100);
	assert_int_equal(transfer.state, TRANSFER_DONE);
}

/* The kernel came by TFTP, of which nobody tells. */
static void
test_other_ways(void **state)
{
	struct transfer transfer;
	struct transfer_news part = running(1, TRANSFER_ISO, 0, 1000);

	(void)state;
	transfer_init(&transfer);
	apply(&transfer, running(1, TRANSFER_ISO, 450, 1000));
	assert_int_equal(transfer.percent, 55);
	/* The rest of one that was begun before. */
	transfer_init(&transfer);
	part.offset = 450 * MB;
	part.length = 450 * MB;
	part.bytes = 45 * MB;
	apply(&transfer, part);
	assert_int_equal(transfer.percent, 59);
	assert_int_equal(transfer_eta(&transfer, 5000), 9);
}

static void
test_never_backwards(void **state)
{
	struct transfer transfer;

	(void)state;
	transfer_init(&transfer);
	apply(&transfer, running(7, TRANSFER_ISO, 400, 4000));
	assert_int_equal(transfer.percent, 50);
	apply(&transfer, running(7, TRANSFER_ISO, 300, 3000));
	assert_int_equal(transfer.bytes, 400 * MB);
	end(&transfer, running(7, TRANSFER_ISO, 450, 5000), false);
	assert_int_equal(transfer.state, TRANSFER_BROKEN);
	assert_int_equal(transfer.bytes, 450 * MB);
	assert_int_equal(transfer.breaks, 1);
	assert_int_equal(transfer_eta(&transfer, 5000), -1);
	/* Late news of what is over. */
	apply(&transfer, running(7, TRANSFER_ISO, 440, 4900));
	assert_int_equal(transfer.state, TRANSFER_BROKEN);
	/* Once more, from the beginning: the bytes say so. */
	apply(&transfer, running(8, TRANSFER_ISO, 10, 1000));
	assert_int_equal(transfer.percent, 55);
	assert_int_equal(transfer.bytes, 10 * MB);
	assert_int_equal(transfer_eta(&transfer, 5000), 89);
	/* The end of the first, told late, is not the second's. */
	end(&transfer, running(9, TRANSFER_ISO, 450, 5000), false);
	assert_int_equal(transfer.state, TRANSFER_RUNNING);
	assert_int_equal(transfer.breaks, 1);
	apply(&transfer, running(8, TRANSFER_ISO, 500, 5000));
	assert_int_equal(transfer.percent, 60);
	transfer_init(&transfer);
	assert_int_equal(transfer.percent, 0);
}

/* Whatever is told: no division by nothing, no more than all. */
static void
test_odd_news(void **state)
{
	const uint64_t numbers[] = {0, 1, 1000, 900 * MB, UINT64_MAX / 2000};
	struct transfer transfer;
	unsigned percent = 0;

	(void)state;
	transfer_init(&transfer);
	for (uint64_t i = 0; i < 5000; i++) {
		struct transfer_news news = {.id = i % 3,
		    .file = (enum transfer_file)(i % TRANSFER_FILES),
		    .offset = numbers[i % 5],
		    .length = numbers[i / 5 % 5],
		    .bytes = numbers[i / 25 % 5],
		    .ms = (int64_t)(i % 4) - 1,
		    .running = i % 7 != 0,
		    .complete = i % 14 == 0};

		transfer_apply(&transfer, &image, &news, (int64_t)i);
		assert_true(transfer.percent >= percent);
		assert_true(transfer.percent <= 100);
		assert_true(transfer_eta(&transfer, (int64_t)i) >= -1);
		percent = transfer.percent;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_boot),
	    cmocka_unit_test(test_other_ways),
	    cmocka_unit_test(test_never_backwards),
	    cmocka_unit_test(test_odd_news),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
