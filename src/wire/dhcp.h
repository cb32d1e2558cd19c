/*
 * DHCP messages (RFC 2131, 2132): bytes to an owned struct and a proxyDHCP
 * reply back to bytes. No sockets, no policy, and nothing of what PXE means:
 * that is wire/pxe.h.
 *
 * A message is taken whole or not at all: whatever is malformed is dropped
 * with a reason from enum dhcp_drop, each of which has a name for a counter.
 */
#ifndef CONVECT_WIRE_DHCP_H
#define CONVECT_WIRE_DHCP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hwaddr.h"
#include "base/rd.h"

#define DHCP_PORT_SERVER 67
#define DHCP_PORT_CLIENT 68
#define DHCP_PORT_PXE 4011

/* What is longer came fragmented: nobody who boots sends that. */
#define DHCP_PACKET_MAX 1500
/* RFC 1542: some relays and clients drop shorter BOOTP messages. */
#define DHCP_REPLY_MIN 300
/* A 576-byte datagram, which every client must take (RFC 2131 s.2). */
#define DHCP_REPLY_MAX 548
#define DHCP_FILE_MAX 127 /* bytes of the boot file, without its NUL */
#define DHCP_SNAME_MAX 63
#define DHCP_FLAG_BROADCAST 0x8000

enum dhcp_op {
	DHCP_OP_REQUEST = 1,
	DHCP_OP_REPLY = 2
};

enum dhcp_type {
	DHCP_TYPE_DISCOVER = 1,
	DHCP_TYPE_OFFER = 2,
	DHCP_TYPE_REQUEST = 3,
	DHCP_TYPE_DECLINE = 4,
	DHCP_TYPE_ACK = 5,
	DHCP_TYPE_NAK = 6,
	DHCP_TYPE_RELEASE = 7,
	DHCP_TYPE_INFORM = 8,
};

enum dhcp_drop {
	DHCP_OK,
	DHCP_DROP_SHORT,       /* no room for a header and the magic */
	DHCP_DROP_LONG,	       /* over DHCP_PACKET_MAX */
	DHCP_DROP_OP,	       /* not the direction that was asked for */
	DHCP_DROP_HTYPE,       /* not Ethernet with six bytes */
	DHCP_DROP_CHADDR,      /* no NIC has such an address */
	DHCP_DROP_HOPS,	       /* over 16 relays (RFC 1542) */
	DHCP_DROP_MAGIC,       /* plain BOOTP or not DHCP at all */
	DHCP_DROP_OPTION,      /* an option without length or past the end */
	DHCP_DROP_OPTION_LONG, /* fragments that add up to over 1 KiB */
	DHCP_DROP_OVERLOAD,    /* option 52 not one byte of 1, 2 or 3 */
	DHCP_DROP_NO_TYPE,     /* no usable option 53 */
	DHCP_DROP_TYPES,       /* two options 53 that differ */
	DHCP_DROP_ARCH,	       /* option 93 of an odd length */
	DHCP_DROP_COUNT
};

/* A short name, fit for a metric: "option-past-end". */
const char *dhcp_drop_name(enum dhcp_drop drop);

/* The options that are kept, as bytes. */
enum dhcp_slot {
	DHCP_SLOT_VENDOR,	/* 43 */
	DHCP_SLOT_CLASS,	/* 60 */
	DHCP_SLOT_SERVER_NAME,	/* 66 */
	DHCP_SLOT_BOOT_FILE,	/* 67 */
	DHCP_SLOT_USER_CLASS,	/* 77 */
	DHCP_SLOT_RELAY,	/* 82 */
	DHCP_SLOT_ARCH,		/* 93 */
	DHCP_SLOT_UNDI,		/* 94 */
	DHCP_SLOT_UUID,		/* 97 */
	DHCP_SLOT_IPXE,		/* 175 */
	DHCP_SLOT_TYPE,		/* 53, and below: decoded to fields too */
	DHCP_SLOT_SERVER_ID,	/* 54 */
	DHCP_SLOT_ADDRESS,	/* 50 */
	DHCP_SLOT_MAX_SIZE,	/* 57 */
	DHCP_SLOT_LEASE,	/* 51; bytes again, as all that follow */
	DHCP_SLOT_PARAMETERS,	/* 55 */
	DHCP_SLOT_CLIENT_ID,	/* 61 */
	DHCP_SLOT_MASK,		/* 1 */
	DHCP_SLOT_ROUTERS,	/* 3 */
	DHCP_SLOT_TFTP_SERVERS, /* 150 */
	DHCP_SLOT_NO_PXEDHCP,	/* 176, where iPXE does not look for it */
	DHCP_SLOT_COUNT
};

struct dhcp_msg {
	uint8_t hops;
	uint32_t xid;
	uint16_t secs;
	uint16_t flags;
	struct in_addr ciaddr;
	struct in_addr yiaddr;
	struct in_addr siaddr;
	struct in_addr giaddr;
	uint8_t chaddr[16]; /* all of it: a reply repeats it */
	struct hwaddr mac;
	char sname[DHCP_SNAME_MAX + 2]; /* "" when overloaded */
	char file[DHCP_FILE_MAX + 2];
	uint8_t type;		  /* enum dhcp_type, or an unknown one */
	struct in_addr server_id; /* option 54; 0.0.0.0 = none */
	struct in_addr address;	  /* option 50; 0.0.0.0 = none */
	uint16_t max_size;	  /* option 57; 0 = none */
	struct {
		bool present;
		uint16_t start; /* in `store` */
		uint16_t len;
	} slot[DHCP_SLOT_COUNT];
	uint8_t store[DHCP_PACKET_MAX]; /* the bytes of all slots */
};

/*
 * Decodes a whole UDP payload. Overload (RFC 2131 s.4.1) and split options
 * (RFC 3396) are undone. An option of a wrong length counts as absent, but
 * for those whose drop reason is above.
 */
enum dhcp_drop dhcp_decode(
    const void *data, size_t len, enum dhcp_op op, struct dhcp_msg *ret_msg);

/* The bytes of an option, or NULL when it is absent; `ret_len` is set always.
 */
const uint8_t *dhcp_option(
    const struct dhcp_msg *msg, enum dhcp_slot slot, size_t *ret_len);
/* True when the option is there and begins with these bytes. */
bool dhcp_option_starts(
    const struct dhcp_msg *msg, enum dhcp_slot slot, const char *prefix);
/* The list in option 93 (RFC 4578 allows several). */
size_t dhcp_arch_count(const struct dhcp_msg *msg);
uint16_t dhcp_arch(const struct dhcp_msg *msg, size_t index);

/*
 * The sub-options of an option that is made of them, 43 or 175: code, length,
 * value; PAD and END as among options. (Option 82 has neither.)
 */
struct dhcp_subs {
	struct rd rd; /* rd_bad(): one runs past the option's end */
	bool ended;   /* by END; else the option just stops */
};

struct dhcp_sub {
	uint8_t code;
	const uint8_t *data;
	size_t len;
};

/* Of a message without that option there are none. */
void dhcp_subs_init(
    struct dhcp_subs *subs, const struct dhcp_msg *msg, enum dhcp_slot slot);
/* False: no more. */
bool dhcp_subs_next(struct dhcp_subs *subs, struct dhcp_sub *ret_sub);

/*
 * What a relay's option 82 says to servers (RFC 3046). One whose sub-options
 * do not fit into it says nothing; it is echoed all the same.
 */
struct dhcp_relay {
	struct in_addr link;	  /* 5, RFC 3527: the client's network */
	struct in_addr server_id; /* 11, RFC 5107: to be in option 54 */
	bool source_port; /* 19, RFC 8357: answer the port it came from */
};

void dhcp_relay_read(const struct dhcp_msg *msg, struct dhcp_relay *ret_relay);

/*
 * A proxyDHCP reply. xid, hardware address, giaddr and flags are the
 * request's; options 97 and 82 are echoed; yiaddr is always 0.0.0.0, which is
 * what makes it a proxy's.
 */
struct dhcp_reply {
	const struct dhcp_msg *request;
	uint8_t type;		  /* DHCP_TYPE_OFFER or DHCP_TYPE_ACK */
	bool broadcast;		  /* set the flag beside the request's own */
	struct in_addr ciaddr;	  /* 0.0.0.0 on port 67 */
	struct in_addr server;	  /* siaddr and, as text, sname */
	struct in_addr server_id; /* option 54; 0.0.0.0: as `server` */
	const char *file;	  /* boot file or URL, up to DHCP_FILE_MAX */
	const char *class;	  /* option 60 */
	const uint8_t *vendor;	  /* option 43, or NULL */
	size_t vendor_len;
};

/*
 * Options in the order 53, 54, 60, 97, 43, 82; padded to DHCP_REPLY_MIN.
 * -EINVAL: no server address, no class; -ENAMETOOLONG: file;
 * -EMSGSIZE: would pass DHCP_REPLY_MAX (a relay's option 82 is too long).
 */
int dhcp_encode_reply(const struct dhcp_reply *reply,
    uint8_t out[DHCP_REPLY_MAX], size_t *ret_len);

/*
 * A client's DISCOVER, for asking who answers. With an `arch` it is what PXE
 * firmware sends: options 93, 94 and 97.
 */
struct dhcp_discover {
	uint32_t xid;
	uint16_t secs;
	struct hwaddr mac;
	bool broadcast;	   /* the client can not take unicast yet */
	const char *class; /* option 60, up to 255 bytes, or NULL */
	int arch;	   /* option 93; DHCP_NO_ARCH */
};

#define DHCP_NO_ARCH (-1)

/* -EINVAL: no hardware address that a NIC may have; -EMSGSIZE: class. */
int dhcp_encode_discover(const struct dhcp_discover *discover,
    uint8_t out[DHCP_REPLY_MAX], size_t *ret_len);

#endif
