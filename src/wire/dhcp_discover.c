#include <errno.h>

#include "wire/dhcp_private.h"

enum {
	UNDI_TYPE = 1,
	UNDI_MAJOR = 2,
	UNDI_MINOR = 1,
	UUID_LEN = 17,
	SIZE_MAX_OFFERED = 1472,
	CLASS_MAX = 255,
};

/* What installers and firmware ask for, and so what shows what a server has. */
static const uint8_t parameters[] = {1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22,
    23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 119, 121, 128,
    129, 130, 131, 132, 133, 134, 135, 150, 175, 176};

static void
write_header(struct wr *wr, const struct dhcp_discover *discover)
{
	wr_u8(wr, DHCP_OP_REQUEST);
	wr_u8(wr, HTYPE_ETHERNET);
	wr_u8(wr, HWADDR_LEN);
	wr_u8(wr, 0); /* hops */
	wr_u32be(wr, discover->xid);
	wr_u16be(wr, discover->secs);
	wr_u16be(wr, discover->broadcast ? DHCP_FLAG_BROADCAST : 0);
	wr_zeros(wr, 16); /* ciaddr, yiaddr, siaddr, giaddr */
	wr_bytes(wr, discover->mac.b, HWADDR_LEN);
	wr_zeros(wr, 16 - HWADDR_LEN + SNAME_SIZE + FILE_SIZE);
	wr_bytes(wr, dhcp_magic, DHCP_MAGIC_LEN);
}

/* RFC 4578; the machine's id is made of its hardware address. */
static void
write_firmware(struct wr *wr, const struct dhcp_discover *discover)
{
	const uint8_t undi[] = {UNDI_TYPE, UNDI_MAJOR, UNDI_MINOR};
	const uint8_t arch[] = {
	    (uint8_t)(discover->arch >> 8), (uint8_t)discover->arch};
	uint8_t uuid[UUID_LEN] = {0};

	memcpy(uuid + UUID_LEN - HWADDR_LEN, discover->mac.b, HWADDR_LEN);
	dhcp_write_option(wr, OPT_UUID, uuid, sizeof uuid);
	dhcp_write_option(wr, OPT_ARCH, arch, sizeof arch);
	dhcp_write_option(wr, OPT_UNDI, undi, sizeof undi);
}

int
dhcp_encode_discover(const struct dhcp_discover *discover,
    uint8_t out[DHCP_REPLY_MAX], size_t *ret_len)
{
	const char *class = discover->class != NULL ? discover->class : "";
	const uint8_t type = DHCP_TYPE_DISCOVER;
	const uint8_t size[] = {SIZE_MAX_OFFERED >> 8, SIZE_MAX_OFFERED & 0xff};
	struct wr wr;

	if (!hwaddr_is_nic(&discover->mac))
		return -EINVAL;
	if (strlen(class) > CLASS_MAX)
		return -EMSGSIZE;
	wr_init(&wr, out, DHCP_REPLY_MAX);
	write_header(&wr, discover);
	dhcp_write_option(&wr, OPT_TYPE, &type, 1);
	dhcp_write_option(&wr, OPT_MAX_SIZE, size, sizeof size);
	dhcp_write_option(&wr, OPT_PARAMETERS, parameters, sizeof parameters);
	if (discover->arch != DHCP_NO_ARCH)
		write_firmware(&wr, discover);
	dhcp_write_option(&wr, OPT_CLASS, class, strlen(class));
	return dhcp_write_end(&wr, ret_len);
}
