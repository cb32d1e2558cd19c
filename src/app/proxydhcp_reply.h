/*
 * The pure part of proxyDHCP: which requests get an answer, what is in it and
 * where it goes. Who the node is and whether it may boot comes from outside;
 * here are the dialects of PXE firmware, UEFI HTTP boot and iPXE.
 */
#ifndef CONVECT_APP_PROXYDHCP_REPLY_H
#define CONVECT_APP_PROXYDHCP_REPLY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/dhcp.h"
#include "wire/pxe.h"

/* Why a well-formed message gets no answer. */
enum proxydhcp_drop {
	PROXYDHCP_OK,
	PROXYDHCP_DROP_TRUNCATED,    /* longer than our buffer */
	PROXYDHCP_DROP_INTERFACE,    /* not served, or it has no address */
	PROXYDHCP_DROP_OWN,	     /* our own packet, looped back */
	PROXYDHCP_DROP_SOURCE_PORT,  /* on 67 not from 68 */
	PROXYDHCP_DROP_SOURCE,	     /* not on the link, or not its ciaddr */
	PROXYDHCP_DROP_DESTINATION,  /* on 4011 not sent to us alone */
	PROXYDHCP_DROP_RELAY,	     /* giaddr is not in relay-allow */
	PROXYDHCP_DROP_RELAY_SOURCE, /* and the sender is no such relay */
	PROXYDHCP_DROP_CLASS,	     /* no network boot: some DHCP client */
	PROXYDHCP_DROP_TYPE,	     /* the site's DHCP server is meant */
	PROXYDHCP_DROP_CREDENTIALS,  /* boot item with security (BIS) */
	PROXYDHCP_DROP_UNKNOWN,	     /* the inventory does not name it */
	PROXYDHCP_DROP_LOCAL,	     /* the policy says: no network boot */
	PROXYDHCP_DROP_ARCH,	     /* nothing boots such a machine */
	PROXYDHCP_DROP_LOADER,	     /* its loader is not installed */
	PROXYDHCP_DROP_SECURE,	     /* nothing signed boots it this way */
	PROXYDHCP_DROP_LOOP,	     /* our loader would load itself again */
	PROXYDHCP_DROP_NODE_RATE,    /* one machine asks too often */
	PROXYDHCP_DROP_RATE,	     /* all together ask too often */
	PROXYDHCP_DROP_NO_ADDRESS,   /* none is reserved for it there */
	PROXYDHCP_DROP_DECLINED,     /* it is in use by another machine */
	PROXYDHCP_DROP_TAKEN,	     /* the same; nobody had to decline it */
	PROXYDHCP_DROP_REPLY,	     /* the reply would be too long */
	PROXYDHCP_DROP_DELAYED,	     /* too many offers wait to be sent */
	PROXYDHCP_DROP_COUNT
};

const char *proxydhcp_drop_name(enum proxydhcp_drop drop);

/* Host variable `pxe_style`. */
enum proxydhcp_style {
	PROXYDHCP_STYLE_AUTO, /* by architecture, and what it reacts to */
	PROXYDHCP_STYLE_BINL,
	PROXYDHCP_STYLE_DIRECT,
};

/* "auto", "binl", "direct"; -EINVAL. */
int proxydhcp_style_parse(const char *name, enum proxydhcp_style *ret_style);
const char *proxydhcp_style_name(enum proxydhcp_style style);

/* Host variable `loader`. */
enum proxydhcp_loader {
	PROXYDHCP_LOADER_AUTO, /* iPXE, and shim where that does not start */
	PROXYDHCP_LOADER_IPXE,
	PROXYDHCP_LOADER_SHIM, /* for Secure Boot */
};

/* "auto", "ipxe", "shim"; -EINVAL. */
int proxydhcp_loader_parse(const char *name, enum proxydhcp_loader *ret_loader);

/* How the request came. */
struct proxydhcp_arrival {
	uint16_t port; /* DHCP_PORT_SERVER or DHCP_PORT_PXE */
	struct sockaddr_in from;
	struct in_addr to; /* destination in its IP header */
	int ifindex;
	struct in_addr ours; /* our address towards it; 0.0.0.0: none */
	bool to_us;	     /* `to` is one of our addresses */
	bool from_us;	     /* and so is `from` */
	bool on_link;	     /* `from` is in a network of that interface */
	bool from_allowed;   /* `from` is a host of a network in relay-allow */
	bool relay_allowed;  /* and so is the message's giaddr */
};

/* Whether the request is one for us; nothing about the node yet. */
enum proxydhcp_drop proxydhcp_screen(const struct dhcp_msg *msg,
    const struct pxe_client *client, const struct proxydhcp_arrival *arrival);

/* The part of it that looks at where the request came from. */
enum proxydhcp_drop proxydhcp_screen_source(
    const struct dhcp_msg *msg, const struct proxydhcp_arrival *arrival);

/* What the reply tells the machine to load. */
enum proxydhcp_stage {
	PROXYDHCP_STAGE_LOADER, /* our loader, by TFTP */
	PROXYDHCP_STAGE_HTTP,	/* our loader, by HTTP */
	PROXYDHCP_STAGE_SCRIPT, /* the boot script: it runs iPXE already */
	PROXYDHCP_STAGE_SECURE, /* a disk with shim, GRUB and its script */
};

/* "loader", "http", "script", "secure-boot" */
const char *proxydhcp_stage_name(enum proxydhcp_stage stage);

struct proxydhcp_site {
	uint16_t http_port;	       /* boot scripts */
	uint16_t files_port;	       /* loaders by HTTP */
	bool loader[PXE_LOADER_COUNT]; /* present in the loader tree */
};

struct proxydhcp_plan {
	enum proxydhcp_stage stage;
	enum pxe_loader loader; /* not for PROXYDHCP_STAGE_SCRIPT */
	enum pxe_form form;
	bool identify; /* the script's URL asks iPXE who it is */
};

/*
 * PROXYDHCP_DROP_ARCH or _LOADER when there is nothing to load; with the
 * latter ret_plan->loader is the one to install.
 */
enum proxydhcp_drop proxydhcp_plan(const struct pxe_client *client,
    const struct proxydhcp_site *site, enum proxydhcp_style style,
    struct proxydhcp_plan *ret_plan);

/*
 * The same for firmware that is to be given what is signed for Secure Boot:
 * PROXYDHCP_DROP_SECURE where that does not work.
 */
enum proxydhcp_drop proxydhcp_plan_secure(const struct pxe_client *client,
    const struct proxydhcp_site *site, struct proxydhcp_plan *ret_plan);

struct proxydhcp_reply {
	unsigned delay_ms; /* how long it waits before it is sent */
	uint8_t packet[DHCP_REPLY_MAX];
	size_t len;
	uint8_t type; /* DHCP_TYPE_OFFER or DHCP_TYPE_ACK */
	char file[DHCP_FILE_MAX + 1];
	struct sockaddr_in to;
	struct in_addr from;
	int ifindex;
	struct in_addr leased; /* it waits for who else may use this one */
};

/* Where the reply goes: reply->to, from and ifindex. */
void proxydhcp_address_reply(const struct dhcp_msg *msg,
    const struct proxydhcp_arrival *arrival, const struct dhcp_relay *relay,
    struct proxydhcp_reply *reply);
/* The boot file or URL of a plan. */
void proxydhcp_format_file(const struct dhcp_msg *msg,
    const struct pxe_client *client, struct in_addr server,
    const struct proxydhcp_site *site, const struct proxydhcp_plan *plan,
    char out[DHCP_FILE_MAX + 1]);

/* For a request that was screened. 0, or an error of dhcp_encode_reply(). */
int proxydhcp_reply(const struct dhcp_msg *msg, const struct pxe_client *client,
    const struct proxydhcp_arrival *arrival, const struct proxydhcp_site *site,
    const struct proxydhcp_plan *plan, struct proxydhcp_reply *ret_reply);

#endif
