/*
 * What the DHCP offers on a network mean for machines that are to boot from
 * us: rules of EDK2's, iPXE's and boot ROMs' choice between offers, as a
 * table. Pure: offers come in, findings go out.
 */
#ifndef CONVECT_CORE_OFFERS_H
#define CONVECT_CORE_OFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hwaddr.h"
#include "core/finding.h"
#include "wire/dhcp.h"

/* As who the DISCOVER was sent that an offer answers. */
enum offer_probe {
	OFFER_PLAIN, /* any machine */
	OFFER_PXE,   /* UEFI firmware, PXE */
	OFFER_HTTP,  /* UEFI firmware, HTTP boot */
	OFFER_LOCAL, /* as OFFER_PXE, from this host itself */
	OFFER_PROBES
};

struct offer {
	enum offer_probe probe;
	const struct dhcp_msg *msg;
	struct in_addr from; /* of its IP header */
	struct hwaddr mac;   /* of its Ethernet header */
	int64_t after_ms;    /* since the DISCOVER */
};

struct offers_site {
	const char *interface;
	struct in_addr addr; /* ours there */
	struct in_addr mask;
	bool is_optional; /* other networks of ours have a DHCP server */
	bool is_server;	  /* we give the addresses, and nobody else may */
};

#define OFFERS_SERVERS_MAX 32 /* further ones are not looked at */

/* Our own offers, by their server address, are left out. */
void offers_judge(const struct offers_site *site, const struct offer *offers,
    size_t count, struct findings *findings);

/* An offer of our daemon, in answer to anything. */
bool offers_is_ours(const struct offers_site *site, const struct offer *offer);

#endif
