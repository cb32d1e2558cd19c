#include "core/loaderfile.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum {
	SIZE_MIN = 8192, /* no network boot program is smaller */
	/* A PXE ROM loads it below 640 KiB, beside itself. */
	BIOS_SIZE_MAX = 512 * 1024,
	PE_OFFSET_AT = 0x3c, /* of the 32-bit little-endian offset */
};

/* Machine numbers of the PE format, by what file names have in them. */
static const struct {
	const char *part;
	uint16_t machine;
	const char *name;
} machines[] = {
    {"ia32", 0x014c, "32-bit x86"}, {"arm32", 0x01c2, "32-bit ARM"},
    {"arm64", 0xaa64, "64-bit ARM"}, {"aa64", 0xaa64, "64-bit ARM"},
    {"riscv32", 0x5032, "32-bit RISC-V"}, {"riscv64", 0x5064, "64-bit RISC-V"},
    {"loong64", 0x6264, "LoongArch"},
    {"", 0x8664, "64-bit x86"}, /* without a mark */
};

static uint32_t
little(const uint8_t *data, size_t bytes)
{
	uint32_t number = 0;

	for (size_t i = bytes; i > 0; i--)
		number = number << 8 | data[i - 1];
	return number;
}

static int
check_machine(const char *name, unsigned machine, struct err *err)
{
	size_t i = 0;

	while (strstr(name, machines[i].part) == NULL)
		i++;
	if (machine == machines[i].machine)
		return 0;
	err_set(err, "it is for another processor (PE machine %#x) than %s",
	    machine, machines[i].name);
	return -EBADMSG;
}

static int
check_efi(const char *name, const uint8_t *data, size_t len, struct err *err)
{
	uint32_t at;

	if (memcmp(data, "MZ", 2) != 0) {
		err_set(err, "it is no EFI program: it does not begin with MZ");
		return -EBADMSG;
	}
	at = little(data + PE_OFFSET_AT, 4);
	if (at > len - 6 || memcmp(data + at, "PE\0\0", 4) != 0) {
		err_set(err, "it is no EFI program: it has no PE header");
		return -EBADMSG;
	}
	return check_machine(name, little(data + at + 4, 2), err);
}

int
loaderfile_check(
    const char *name, const void *data, size_t len, struct err *err)
{
	if (len < SIZE_MIN) {
		err_set(err, "it has only %zu bytes: it was cut off", len);
		return -EBADMSG;
	}
	if (str_ends(name, ".efi"))
		return check_efi(name, data, len, err);
	if (len > BIOS_SIZE_MAX) {
		err_set(err,
		    "it has %zu bytes, more than fit into a BIOS machine's "
		    "base memory",
		    len);
		return -EBADMSG;
	}
	return 0;
}
