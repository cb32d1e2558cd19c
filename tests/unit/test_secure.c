#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "doctor/secure.h"

#define SHIM "/usr/lib/shim/shimx64.efi.signed"
#define GRUB "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"

enum {
	SIZE = 8192,
	PE_AT = 0x80,
};

struct world {
	char dir[64];
	bool served;
	struct err err;
};

static void
put(const struct world *world, const char *name, uint16_t machine)
{
	char *path = mem_printf("%s%s", world->dir, name);
	uint8_t data[SIZE] = {'M', 'Z', [0x3c] = PE_AT, [PE_AT] = 'P', 'E', 0,
	    0, (uint8_t)machine, (uint8_t)(machine >> 8)};
	int fd;

	for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, sizeof data), sizeof data);
	close(fd);
	free(path);
}

static int
setup(void **state)
{
	static struct world world;

	world = (struct world){.dir = "/tmp/convect-secure.XXXXXX"};
	assert_non_null(mkdtemp(world.dir));
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;
	char *command = mem_printf("rm -r '%s'", world->dir);

	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	free(command);
	return 0;
}

static int
look(struct world *world)
{
	err_clear(&world->err);
	return secure_check_loaders(
	    world->dir, world->dir, &world->served, &world->err);
}

static void
test_packages(void **state)
{
	struct world *world = *state;

	assert_int_equal(look(world), -ENOENT);
	assert_false(world->served);
	assert_non_null(strstr(world->err.text, "shimx64.efi.signed"));
	assert_non_null(strstr(world->err.hint, "shim-signed"));
	put(world, SHIM, 0x8664);
	assert_int_equal(look(world), -ENOENT);
	assert_non_null(strstr(world->err.hint, "grub-efi-amd64-signed"));
	put(world, GRUB, 0x8664);
	assert_int_equal(look(world), 0);
}

/* What is served counts, and not that the packages are there. */
static void
test_served(void **state)
{
	struct world *world = *state;

	put(world, SHIM, 0x8664);
	put(world, GRUB, 0x8664);
	put(world, "/files/loaders/shimx64.efi", 0x8664);
	assert_int_equal(look(world), -ENOENT);
	assert_true(world->served);
	assert_non_null(strstr(world->err.text, "grubnetx64.efi"));
	put(world, "/files/loaders/grubnetx64.efi", 0xaa64);
	assert_int_equal(look(world), -EBADMSG);
	assert_non_null(strstr(world->err.text, "another processor"));
	put(world, "/files/loaders/grubnetx64.efi", 0x8664);
	assert_int_equal(look(world), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_packages, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_served, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
