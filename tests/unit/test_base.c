#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/datadir.h"
#include "base/err.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/hwaddr.h"
#include "base/rd.h"
#include "base/salt.h"
#include "base/str.h"
#include "base/wr.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void
test_hwaddr_spellings(void **state)
{
	static const char *const same[] = {"52:54:00:aa:0B:01",
	    "52-54-00-AA-0b-01", "5254.00aa.0b01", "525400AA0B01"};
	char out[HWADDR_STRLEN];
	struct hwaddr addr;

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_int_equal(hwaddr_parse(same[i], &addr), 0);
		assert_string_equal(
		    hwaddr_format(&addr, out), "52:54:00:aa:0b:01");
	}
	assert_string_equal(
	    hwaddr_format_sep(&addr, '-', out), "52-54-00-aa-0b-01");
	assert_string_equal(
	    hwaddr_format_sep(&addr, '\0', out), "525400aa0b01");
}

static void
test_hwaddr_refuses(void **state)
{
	static const char *const bad[] = {"", "52:54:00:aa:0b",
	    "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
	    "52:54-00:aa:0b:01", "52:54:00:aa:0b:0g", "525400aa0b011",
	    "5254.00aa:0b01", "52:54:00:aa:0b:01:"};
	struct hwaddr addr;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(hwaddr_parse(bad[i], &addr), -EINVAL);
}

static void
test_buf_ceiling(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	buf_adds(&buf, "12345");
	buf_addf(&buf, "%s", "67890");
	assert_false(buf_bad(&buf));
	buf_addc(&buf, 'x');
	assert_true(buf_bad(&buf));
	assert_string_equal(buf.data, "1234567890");
	buf_reset(&buf);
	assert_false(buf_bad(&buf));
	assert_int_equal(buf.len, 0);
	buf_done(&buf);
}

static void
test_rd_never_passes_the_end(void **state)
{
	const uint8_t data[] = {1, 2, 3};
	struct rd rd;

	(void)state;
	rd_init(&rd, data, sizeof data);
	assert_int_equal(rd_u16be(&rd), 0x0102);
	assert_int_equal(rd_u16be(&rd), 0);
	assert_true(rd_bad(&rd));
	assert_int_equal(rd_u8(&rd), 0);
	assert_null(rd_bytes(&rd, SIZE_MAX));
}

static void
test_wr_never_passes_the_end(void **state)
{
	uint8_t out[5] = {9, 9, 9, 9, 9};
	struct wr wr;

	(void)state;
	wr_init(&wr, out, 4);
	wr_u16be(&wr, 0x0102);
	wr_u8(&wr, 3);
	wr_u16be(&wr, 0xffff);
	assert_true(wr_bad(&wr));
	assert_int_equal(wr.len, 3);
	assert_int_equal(out[3], 9);
}

static void
test_str_to_i64(void **state)
{
	int64_t v;

	(void)state;
	assert_int_equal(str_to_i64("8080", 1, 65535, &v), 0);
	assert_int_equal(v, 8080);
	assert_int_equal(
	    str_to_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(
	    str_to_i64("9223372036854775808", INT64_MIN, INT64_MAX, &v),
	    -ERANGE);
	assert_int_equal(str_to_i64("65536", 1, 65535, &v), -ERANGE);
	assert_int_equal(str_to_i64("", 0, 9, &v), -EINVAL);
	assert_int_equal(str_to_i64("-", -9, 9, &v), -EINVAL);
	assert_int_equal(str_to_i64("+1", 0, 9, &v), -EINVAL);
	assert_int_equal(str_to_i64("1 ", 0, 9, &v), -EINVAL);
}

static void
test_str_utf8(void **state)
{
	static const char *const good[] = {"", "abc", "\xc3\xa9",
	    "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"};
	static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80",
	    "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "\xf8\x88\x80\x80\x80",
	    "\xe0\x80\x80"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(str_utf8_valid_len(good[i], strlen(good[i])),
		    strlen(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(str_utf8_valid_len(bad[i], strlen(bad[i])), 0);
}

static void
test_str_misc(void **state)
{
	uint8_t bytes[2];
	char hex[5];
	char small[4];

	(void)state;
	assert_true(str_is_inner_path("a/..b/c"));
	assert_false(str_is_inner_path(""));
	assert_false(str_is_inner_path("/a"));
	assert_false(str_is_inner_path("a/../b"));
	assert_false(str_is_inner_path("a//.."));
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_unhex("0aFf", bytes, 2), 0);
	str_hex(bytes, 2, hex);
	assert_string_equal(hex, "0aff");
	assert_int_equal(str_unhex("0aF", bytes, 2), -EINVAL);
	str_copy(small, sizeof small, "abcdef");
	assert_string_equal(small, "abc");
	assert_true(str_eq_nocase("Host", "hOST"));
	assert_false(str_eq_nocase("Host", "Hos"));
	assert_true(str_ends("a.iso", ".iso"));
	assert_false(str_ends("iso", ".iso"));
}

typedef void escaper(struct buf *, const char *, size_t);

static void
expect_escaped(escaper *escape, const char *in, const char *want)
{
	struct buf out;

	buf_init(&out, 1024);
	escape(&out, in, strlen(in));
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void
test_escapers(void **state)
{
	(void)state;
	expect_escaped(escape_json, "a\"\\\n\x01\xff\xc3\xa9",
	    "\"a\\\"\\\\\\n\\u0001\\ufffd\xc3\xa9\"");
	expect_escaped(escape_html, "<a href=\"x\">&'",
	    "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
	expect_escaped(escape_url, "a b/~\xff", "a%20b%2F~%FF");
	expect_escaped(escape_shell, "plain-1.0", "plain-1.0");
	expect_escaped(escape_shell, "", "''");
	expect_escaped(escape_shell, "it's $x", "'it'\"'\"'s $x'");
	expect_escaped(escape_log, "a\nb\x1b[31m\xff\xc2\x9b",
	    "a\\x0ab\\x1b[31m\\xff\\xc2\\x9b");
	expect_escaped(escape_log, "\xe2\x82\xac", "\xe2\x82\xac");
}

static int
decode(const char *in, bool plus, char *out, size_t size)
{
	struct buf buf;
	int ret;

	buf_init(&buf, 64);
	ret = escape_url_decode(&buf, in, strlen(in), plus);
	str_copy(out, size, buf.data);
	buf_done(&buf);
	return ret;
}

static void
test_url_decode(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(decode("a%20b+c", true, out, sizeof out), 0);
	assert_string_equal(out, "a b c");
	assert_int_equal(decode("a+%2e%2E", false, out, sizeof out), 0);
	assert_string_equal(out, "a+..");
	assert_int_equal(decode("%00", false, out, sizeof out), -EINVAL);
	assert_int_equal(decode("%4", false, out, sizeof out), -EINVAL);
	assert_int_equal(decode("%zz", false, out, sizeof out), -EINVAL);
}

static void
test_err_first_wins(void **state)
{
	struct err err = {0};
	char out[256];

	(void)state;
	err_at(&err, "macs.ini", 3, 7, "bad MAC '%s'", "xx");
	err_at(&err, "other", 1, 1, "later");
	err_hint(&err, "write aa:bb:cc:dd:ee:ff");
	assert_string_equal(err_format(&err, out, sizeof out),
	    "macs.ini:3:7: bad MAC 'xx' (write aa:bb:cc:dd:ee:ff)");
	err_set(NULL, "ignored");
	err_clear(&err);
	err_set(&err, "no place");
	assert_string_equal(err_format(&err, out, sizeof out), "no place");
}

static void
test_clock(void **state)
{
	char out[CLOCK_STRLEN];
	struct clock clock;

	(void)state;
	clock_init_sim(&clock, 1795427818042);
	assert_string_equal(clock_format(clock_wall_ms(&clock), out),
	    "2026-11-23T09:56:58.042Z");
	clock.sim_ms += 8;
	assert_true(clock_mono_ms(&clock) == 1795427818050);
	assert_string_equal(clock_format(-1, out), "1969-12-31T23:59:59.999Z");
}

static int
temp_dir(char path[64])
{
	strcpy(path, "/tmp/convect-base-XXXXXX");
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
test_file_atomic_and_read(void **state)
{
	struct err err = {0};
	char dir[64];
	char path[96];
	struct buf buf;
	struct stat st;
	int fd = temp_dir(dir);

	(void)state;
	assert_int_equal(file_write_atomic(fd, "a", "one", 3, 0600, &err), 0);
	assert_int_equal(
	    file_write_atomic(fd, "a", "second", 6, 0640, &err), 0);
	snprintf(path, sizeof path, "%s/a", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	buf_init(&buf, 6);
	assert_int_equal(file_read(path, &buf, &err), 0);
	assert_string_equal(buf.data, "second");
	buf_done(&buf);
	buf_init(&buf, 5);
	assert_int_equal(file_read(path, &buf, &err), -EFBIG);
	assert_non_null(strstr(err.text, "larger than 5 bytes"));
	buf_done(&buf);
	assert_int_equal(unlink(path), 0);
	close(fd);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_file_read_refuses_fifo_and_dir(void **state)
{
	struct err err = {0};
	char dir[64];
	char path[96];
	struct buf buf;
	int fd = temp_dir(dir);

	(void)state;
	buf_init(&buf, 100);
	assert_int_equal(file_read(dir, &buf, &err), -EISDIR);
	snprintf(path, sizeof path, "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	err_clear(&err);
	assert_int_equal(file_read(path, &buf, &err), -EINVAL);
	assert_string_equal(err.file, path);
	err_clear(&err);
	assert_int_equal(file_read("/nonexistent/x", &buf, &err), -ENOENT);
	buf_done(&buf);
	assert_int_equal(unlink(path), 0);
	close(fd);
	assert_int_equal(rmdir(dir), 0);
}

/* Made once, for nobody else's eyes; what is there is never replaced. */
static void
test_salt(void **state)
{
	struct err err = {0};
	char dir[64];
	char path[96];
	char first[SALT_SIZE];
	char again[SALT_SIZE] = "";
	struct stat st;
	int fd = temp_dir(dir);

	(void)state;
	assert_int_equal(salt_read(dir, first, &err), -ENOENT);
	err_clear(&err);
	assert_int_equal(salt_open(dir, first, &err), -ENOENT); /* no db */
	snprintf(path, sizeof path, "%s/db", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	err_clear(&err);
	assert_int_equal(salt_open(dir, first, &err), 0);
	assert_false(err_is_set(&err));
	assert_int_equal(strspn(first, "0123456789abcdef"), 64);
	assert_int_equal(salt_open(dir, again, &err), 0);
	assert_string_equal(first, again);
	snprintf(path, sizeof path, "%s/db/salt", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(truncate(path, 63), 0);
	assert_int_equal(salt_open(dir, again, &err), -EBADMSG);
	assert_string_equal(err.file, path);
	assert_string_equal(again, first);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(salt_open(dir, again, &err), 0);
	assert_string_not_equal(again, first);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/db", dir);
	assert_int_equal(rmdir(path), 0);
	close(fd);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_file_beneath(void **state)
{
	char dir[64];
	int fd = temp_dir(dir);
	int got;

	(void)state;
	assert_int_equal(symlinkat("/etc/passwd", fd, "out"), 0);
	assert_int_equal(file_write_atomic(fd, "in", "x", 1, 0600, NULL), 0);
	assert_int_equal(symlinkat("in", fd, "link"), 0);
	assert_int_equal(
	    file_open_beneath(fd, "../etc/passwd", O_RDONLY, 0), -EXDEV);
	assert_int_equal(
	    file_open_beneath(fd, "/etc/passwd", O_RDONLY, 0), -EXDEV);
	assert_int_equal(file_open_beneath(fd, "out", O_RDONLY, 0), -EXDEV);
	got = file_open_beneath(fd, "link", O_RDONLY, 0);
	assert_true(got >= 0);
	close(got);
	assert_int_equal(unlinkat(fd, "out", 0), 0);
	assert_int_equal(unlinkat(fd, "in", 0), 0);
	assert_int_equal(unlinkat(fd, "link", 0), 0);
	close(fd);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_datadir(void **state)
{
	char *dir;

	(void)state;
	assert_int_equal(setenv("CONVECT_PXED_DATADIR", "/given", 1), 0);
	dir = datadir_find();
	assert_string_equal(dir, "/given");
	free(dir);
	/* Unset, something is always named, if only for the message. */
	assert_int_equal(unsetenv("CONVECT_PXED_DATADIR"), 0);
	dir = datadir_find();
	assert_int_equal(dir[0], '/');
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hwaddr_spellings),
	    cmocka_unit_test(test_hwaddr_refuses),
	    cmocka_unit_test(test_buf_ceiling),
	    cmocka_unit_test(test_rd_never_passes_the_end),
	    cmocka_unit_test(test_wr_never_passes_the_end),
	    cmocka_unit_test(test_str_to_i64),
	    cmocka_unit_test(test_str_utf8),
	    cmocka_unit_test(test_str_misc),
	    cmocka_unit_test(test_escapers),
	    cmocka_unit_test(test_url_decode),
	    cmocka_unit_test(test_err_first_wins),
	    cmocka_unit_test(test_clock),
	    cmocka_unit_test(test_file_atomic_and_read),
	    cmocka_unit_test(test_file_read_refuses_fifo_and_dir),
	    cmocka_unit_test(test_salt),
	    cmocka_unit_test(test_file_beneath),
	    cmocka_unit_test(test_datadir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
