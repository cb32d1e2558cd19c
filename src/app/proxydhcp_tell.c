/* What proxyDHCP tells the log of, once and no more. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "app/proxydhcp_private.h"
#include "base/ipv4net.h"
#include "base/log.h"
#include "base/str.h"

enum {
	TELL_SEND_MS = 60 * 1000,
	TELL_OVERFLOW_MS = 60 * 1000,
};

/* Once an interface: somebody may be waiting there. */
void
proxydhcp_tell_interface(struct proxydhcp *proxydhcp, int ifindex)
{
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < proxydhcp->told_ifaces; i++) {
		if (proxydhcp->told_ifindex[i] == ifindex)
			return;
	}
	if (proxydhcp->told_ifaces == PROXYDHCP_TOLD_MAX)
		return;
	proxydhcp->told_ifindex[proxydhcp->told_ifaces++] = ifindex;
	if (if_indextoname((unsigned)ifindex, name) == NULL)
		str_copy(name, sizeof name, "?");
	log_info(NULL,
	    "DHCP requests on interface %s are left alone: it is not served "
	    "or has no IPv4 address",
	    name);
}

/* Once a relay: an operator may wonder why nothing boots behind it. */
void
proxydhcp_tell_relay(struct proxydhcp_exchange *ex, enum proxydhcp_drop drop)
{
	struct proxydhcp *proxydhcp = ex->proxydhcp;
	char relay[INET_ADDRSTRLEN], from[INET_ADDRSTRLEN];
	in_addr_t giaddr = ex->msg.giaddr.s_addr;

	for (size_t i = 0; i < proxydhcp->told_relays; i++) {
		if (proxydhcp->told_relay[i] == giaddr)
			return;
	}
	if (proxydhcp->told_relays == PROXYDHCP_TOLD_MAX)
		return;
	proxydhcp->told_relay[proxydhcp->told_relays++] = giaddr;
	(void)inet_ntop(AF_INET, &ex->msg.giaddr, relay, sizeof relay);
	(void)inet_ntop(AF_INET, &ex->arrival.from.sin_addr, from, sizeof from);
	log_info(NULL,
	    "DHCP requests by way of the relay %s (from %s) are left alone: %s",
	    relay, from,
	    drop == PROXYDHCP_DROP_RELAY
		? "its address is not in a network of relay-allow"
		: "they do not come from port 67 of a network of relay-allow");
}

static void
loader_problem(const struct proxydhcp_exchange *ex, char *out, size_t size)
{
	const struct pxe_loader_info *info = pxe_loader_info(ex->plan.loader);

	if (info == NULL)
		return;
	if (info->package != NULL && info->since != NULL)
		(void)snprintf(out, size,
		    "no loader %s for this machine (%s): the package %s has "
		    "it since %s; put it into the loader directory and "
		    "restart; it gets no answer",
		    info->file, ex->client.arch->name, info->package,
		    info->since);
	else if (info->package != NULL)
		(void)snprintf(out, size,
		    "no loader %s for this machine (%s): install the package "
		    "%s and restart; it gets no answer",
		    info->file, ex->client.arch->name, info->package);
	else
		(void)snprintf(out, size,
		    "no loader %s for this machine (%s) and no Debian package "
		    "has it: build it from iPXE's source and put it into the "
		    "loader directory; it gets no answer",
		    info->file, ex->client.arch->name);
}

static void
taken_problem(const struct proxydhcp_exchange *ex, char *out, size_t size)
{
	char addr[INET_ADDRSTRLEN];
	char mac[HWADDR_STRLEN];

	(void)snprintf(out, size,
	    "its address %s is in use by another machine, %s: switch that one "
	    "off, or give it another address; it gets no answer",
	    ipv4_format(ex->reserved, addr), hwaddr_format(&ex->taken_by, mac));
}

const char *
proxydhcp_problem(const struct proxydhcp_exchange *ex, enum proxydhcp_drop drop,
    char out[PROXYDHCP_PROBLEM_SIZE])
{
	const size_t size = PROXYDHCP_PROBLEM_SIZE;

	out[0] = '\0';
	if (ex->note != NULL)
		(void)snprintf(out, size, "%s", ex->note);
	else if (drop == PROXYDHCP_DROP_LOADER)
		loader_problem(ex, out, size);
	else if (drop == PROXYDHCP_DROP_ARCH)
		(void)snprintf(out, size,
		    "nothing that we have boots its architecture (%u in "
		    "option 93); it gets no answer",
		    dhcp_arch(&ex->msg, 0));
	else if (drop == PROXYDHCP_DROP_TAKEN)
		taken_problem(ex, out, size);
	else if (drop == PROXYDHCP_DROP_LOOP)
		(void)snprintf(out, size,
		    "iPXE without HTTP has been given a loader %d times and "
		    "still has none: is %s in the loader directory a build "
		    "without HTTP?",
		    PROXYDHCP_LOADERS_MAX,
		    pxe_loader_info(ex->plan.loader)->file);
	return out;
}

void
proxydhcp_tell_loader(struct proxydhcp_exchange *ex)
{
	char text[PROXYDHCP_PROBLEM_SIZE];
	bool *told;

	if (pxe_loader_info(ex->plan.loader) == NULL)
		return;
	told = &ex->proxydhcp->told_loader[ex->plan.loader];
	if (*told)
		return;
	*told = true;
	log_error(ex->answer.node, "%s",
	    proxydhcp_problem(ex, PROXYDHCP_DROP_LOADER, text));
}

static const char *
secure_note(const struct proxydhcp_exchange *ex, enum proxydhcp_drop drop)
{
	bool by_http = ex->client.class == PXE_CLASS_HTTP;

	if (drop == PROXYDHCP_DROP_SECURE)
		return "it has loader=shim and asks by PXE, or has a processor "
		       "for which nothing is signed: signed loaders work by "
		       "UEFI HTTP boot of x86-64 machines only";
	if (drop != PROXYDHCP_OK)
		return NULL;
	if (ex->plan.stage == PROXYDHCP_STAGE_SECURE)
		return ex->failures > 0 ? "its firmware fetched iPXE and did "
					  "not start it, as with Secure Boot: "
					  "it gets shim and GRUB"
					: NULL;
	/* Once may be somebody at the power switch. */
	if (ex->failures < 2)
		return NULL;
	if (!by_http)
		return "its firmware fetches the loader and does not start it: "
		       "if Secure Boot is on, switch it off or let the machine "
		       "boot by UEFI HTTP";
	return ex->answer.loader == PROXYDHCP_LOADER_IPXE
		   ? "its firmware fetches iPXE and does not start it: if "
		     "Secure Boot is on, loader=shim is for that"
		   : "its firmware fetches iPXE and does not start it: if "
		     "Secure Boot is on, install shim-signed and "
		     "grub-efi-amd64-signed and restart convect-pxed";
}

void
proxydhcp_tell_secure(struct proxydhcp_exchange *ex, enum proxydhcp_drop drop)
{
	const char *note;

	if (ex->client.program != PXE_PROGRAM_FIRMWARE ||
	    (drop != PROXYDHCP_DROP_SECURE &&
		pxe_arch_secure(ex->client.arch) == NULL))
		return;
	note = secure_note(ex, drop);
	if (note == NULL)
		return;
	ex->note = note;
	if (ex->peer->failures_told)
		return;
	ex->peer->failures_told = true;
	log_warn(ex->answer.node, "%s", ex->note);
}

/* Replies leave after the callback, so the errors are of those before. */
void
proxydhcp_tell_send_errors(struct proxydhcp_socket *sock)
{
	const struct udp_stats *stats = udp_stats(sock->udp);
	int64_t now = clock_mono_ms(sock->proxydhcp->clock);

	if (stats->send_errors == sock->errors ||
	    (sock->errors > 0 && now - sock->errors_ms < TELL_SEND_MS))
		return;
	log_warn(NULL,
	    "cannot send replies from UDP port %u: %s (%llu lost so far); is "
	    "there a firewall rule, or is the interface down?",
	    sock->port, strerror(stats->last_errno),
	    (unsigned long long)stats->send_errors);
	sock->errors = stats->send_errors;
	sock->errors_ms = now;
}

void
proxydhcp_add_overflowed(struct proxydhcp *proxydhcp, uint64_t count)
{
	int64_t now = clock_mono_ms(proxydhcp->clock);

	if (count == 0)
		return;
	proxydhcp->count.overflowed += count;
	if (proxydhcp->told_overflow &&
	    now - proxydhcp->told_overflow_ms < TELL_OVERFLOW_MS)
		return;
	log_warn(NULL,
	    "DHCP requests come faster than they can be read: %llu lost so "
	    "far; machines ask again. Does something flood the network, or is "
	    "this host out of processor time?",
	    (unsigned long long)proxydhcp->count.overflowed);
	proxydhcp->told_overflow = true;
	proxydhcp->told_overflow_ms = now;
}
