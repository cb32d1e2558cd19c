/* Firmware that does not start what it was given, as with Secure Boot on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proxydhcp_world.h"

static const char http[] = "client/ovmf-x64-http-discover";
static const char pxe[] = "client/ovmf-x64-pxe-discover";
static const char ipxe[] = "client/ipxe-efi-x64-discover";
static const struct hwaddr mac = {{0x52, 0x54, 0, 0xaa, 0, 0x77}};

/* Boot number `boot` of the machine, a minute later; what it is offered. */
static const char *
boots(struct world *world, const char *name, uint8_t boot)
{
	struct packet packet = *packets_get(name);

	world->clock.sim_ms += 60000;
	memcpy(packet.data + MAC_AT, &mac, sizeof mac);
	packet.data[XID_AT] = boot;
	return feed(world, 67, &packet) ? world->stage : "";
}

static void
fetches(struct world *world, bool kernel)
{
	proxydhcp_saw_fetch(world->proxydhcp, &mac, kernel);
}

static void
install_signed(struct world *world)
{
	bool present[PXE_LOADER_COUNT] = {[PXE_LOADER_SNPONLY_X64] = true,
	    [PXE_LOADER_SHIM_X64] = true,
	    [PXE_LOADER_GRUB_X64] = true};

	proxydhcp_set_loaders(world->proxydhcp, present);
}

static void
test_found_out(void **state)
{
	struct world *world = *state;

	install_signed(world);
	assert_string_equal(boots(world, http, 1), "http");
	assert_string_equal(world->problem, "");
	fetches(world, false);
	/* Asking once more is no boot. */
	assert_string_equal(boots(world, http, 1), "http");
	assert_string_equal(boots(world, http, 2), "secure-boot");
	assert_string_equal(world->got.file,
	    "http://10.77.0.2:8080/boot/52-54-00-aa-00-77.img");
	assert_non_null(strstr(world->problem, "did not start it"));
	/* It works: from now on without a detour. */
	fetches(world, false);
	fetches(world, true);
	assert_string_equal(boots(world, http, 3), "secure-boot");
	assert_string_equal(world->problem, "");
	/* Somebody has switched it off, and iPXE runs. */
	assert_string_equal(boots(world, ipxe, 4), "script");
	assert_string_equal(boots(world, http, 5), "http");
}

/* Firmware that starts neither gets one and the other. */
static void
test_neither(void **state)
{
	static const char *const stages[] = {
	    "http", "secure-boot", "http", "secure-boot"};
	struct world *world = *state;

	install_signed(world);
	for (uint8_t i = 0; i < 4; i++) {
		assert_string_equal(boots(world, http, i), stages[i]);
		fetches(world, false);
	}
	world->clock.sim_ms += 1800000;
	assert_string_equal(boots(world, http, 9), "http");
}

/* A power switch, or a network that is not there, is no Secure Boot. */
static void
test_not_fetched(void **state)
{
	struct world *world = *state;

	install_signed(world);
	for (uint8_t i = 0; i < 5; i++)
		assert_string_equal(boots(world, http, i), "http");
	assert_string_equal(world->problem, "");
}

static void
test_by_pxe(void **state)
{
	struct world *world = *state;

	install_signed(world);
	world->answer.style = PROXYDHCP_STYLE_DIRECT;
	for (uint8_t i = 0; i < 3; i++) {
		assert_string_equal(world->problem, "");
		assert_string_equal(boots(world, pxe, i), "loader");
		fetches(world, false);
	}
	assert_non_null(strstr(world->problem, "UEFI HTTP"));
	assert_string_equal(boots(world, ipxe, 4), "script");
	assert_string_equal(boots(world, pxe, 5), "loader");
	assert_string_equal(world->problem, "");
}

static void
test_not_installed(void **state)
{
	struct world *world = *state;

	for (uint8_t i = 0; i < 3; i++) {
		assert_string_equal(boots(world, http, i), "http");
		fetches(world, false);
	}
	assert_non_null(strstr(world->problem, "install shim-signed"));
	world->answer.loader = PROXYDHCP_LOADER_SHIM;
	assert_string_equal(boots(world, http, 4), "");
	assert_int_equal(world->drop, PROXYDHCP_DROP_LOADER);
	assert_non_null(strstr(world->problem, "shim-signed"));
}

static void
test_told(void **state)
{
	struct world *world = *state;

	install_signed(world);
	world->answer.loader = PROXYDHCP_LOADER_SHIM;
	assert_string_equal(boots(world, http, 1), "secure-boot");
	assert_string_equal(world->problem, "");
	assert_string_equal(boots(world, pxe, 2), "");
	assert_int_equal(world->drop, PROXYDHCP_DROP_SECURE);
	assert_non_null(strstr(world->problem, "UEFI HTTP boot"));
	/* What runs iPXE needs nothing signed any more. */
	assert_string_equal(boots(world, ipxe, 3), "script");
	assert_string_equal(
	    boots(world, "client/aavmf-arm64-http-discover", 4), "");
	assert_int_equal(world->drop, PROXYDHCP_DROP_SECURE);
	world->answer.loader = PROXYDHCP_LOADER_IPXE;
	for (uint8_t i = 5; i < 8; i++) {
		assert_string_equal(boots(world, http, i), "http");
		fetches(world, false);
	}
	assert_non_null(strstr(world->problem, "loader=shim"));
}

static void
test_names(void **state)
{
	enum proxydhcp_loader loader = PROXYDHCP_LOADER_AUTO;

	(void)state;
	assert_int_equal(proxydhcp_loader_parse("shim", &loader), 0);
	assert_int_equal(loader, PROXYDHCP_LOADER_SHIM);
	assert_int_equal(proxydhcp_loader_parse("ipxe", &loader), 0);
	assert_int_equal(loader, PROXYDHCP_LOADER_IPXE);
	assert_int_equal(proxydhcp_loader_parse("auto", &loader), 0);
	assert_int_equal(loader, PROXYDHCP_LOADER_AUTO);
	assert_true(proxydhcp_loader_parse("grub", &loader) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_found_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_neither, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_fetched, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_by_pxe, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_not_installed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_told, setup, teardown),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
