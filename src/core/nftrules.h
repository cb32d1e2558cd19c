/*
 * Whether a packet that comes in would pass a firewall, by `nft -j list
 * ruleset`. Only what is known of the packet is judged: a rule that asks for
 * more (addresses, rates, sets, extensions) leaves it open. Pure.
 */
#ifndef CONVECT_CORE_NFTRULES_H
#define CONVECT_CORE_NFTRULES_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory/value.h"

struct nft_packet {
	const char *interface; /* by which it comes */
	bool tcp;	       /* else UDP */
	uint16_t port;	       /* destination */
	bool established;      /* an answer to what this host sent */
};

enum nft_verdict {
	NFT_ACCEPT,
	NFT_DROP,
	NFT_UNSURE, /* rules that are not understood decide */
};

/* "inet filter input" */
#define NFT_WHERE_SIZE 128

/*
 * `ruleset` is the parsed JSON. Unless it is accepted, *ret_where says which
 * chain decides. Chains of the hooks prerouting and input are looked at, of
 * the families ip and inet.
 */
enum nft_verdict nftrules_judge(struct value ruleset,
    const struct nft_packet *packet, char ret_where[NFT_WHERE_SIZE]);

#endif
