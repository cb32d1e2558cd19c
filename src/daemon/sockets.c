#include "daemon/sockets.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/interfaces.h"
#include "daemon/portholder.h"
#include "daemon/unixsock.h"
#include "net/linkwatch.h"
#include "net/packet.h"
#include "net/rawip.h"

#define DHCP_PORT 67
#define DHCP_CLIENT_PORT 68

/* Ties what there is to the interface as it is now. */
static int
attach(struct interface_sockets *set, struct err *err)
{
	struct port *const ports[] = {&set->pxe, &set->tftp, &set->dhcp};
	unsigned ifindex = set->name == NULL ? 0 : if_nametoindex(set->name);
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof ports / sizeof ports[0];
	     i++) {
		if (ports[i]->fd >= 0)
			ret = port_attach(ports[i], set->name, err);
	}
	if (ret == 0)
		set->ifindex = ifindex;
	return ret;
}

/* One that is not there yet is waited for. */
static bool
is_there(const struct interface_sockets *set)
{
	return set->name == NULL || if_nametoindex(set->name) != 0;
}

static int
open_interface(struct interface_sockets *set, struct err *err)
{
	int ret = port_make(&set->pxe, PORT_PXE, 0, err);

	if (ret == 0)
		ret = port_make(&set->tftp, PORT_TFTP, 0, err);
	return ret == 0 && is_there(set) ? attach(set, err) : ret;
}

static int
bind_dhcp(struct sockets *sockets, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sockets->interfaces; i++) {
		struct interface_sockets *set = &sockets->interface[i];

		ret = port_make(&set->dhcp, PORT_DHCP, 0, err);
		if (ret == 0 && is_there(set))
			ret = attach(set, err);
	}
	for (size_t i = 0; ret < 0 && i < sockets->interfaces; i++)
		port_close(&sockets->interface[i].dhcp);
	return ret;
}

static int
tap_dhcp(struct sockets *sockets, struct err *err)
{
	int fd = packet_open(DHCP_PORT, err);

	if (fd < 0)
		return fd;
	sockets->tap = fd;
	fd = rawip_open_sender();
	if (fd < 0) {
		err_set(err, "raw socket: %s", strerror(-fd));
		return fd;
	}
	sockets->tap_send = fd;
	return 0;
}

/* Its own kind it must not answer beside, whatever the others are. */
static int
bind_or_tap_dhcp(struct sockets *sockets, struct err *err)
{
	struct port_holder holders[PORT_HOLDERS_MAX];
	struct port_holder holder = {.program = ""};
	int ret = bind_dhcp(sockets, err);

	if (ret != -EADDRINUSE)
		return ret;
	if (port_holders(false, DHCP_PORT, holders) > 0)
		holder = holders[0];
	if (strcmp(holder.program, "convect-pxed") == 0)
		return ret;
	err_clear(err);
	ret = tap_dhcp(sockets, err);
	if (ret == 0)
		log_info(NULL,
		    "UDP port %d is held by %s (process %ld): requests are "
		    "read from the wire beside it, and what is sent to it "
		    "stays its own",
		    DHCP_PORT,
		    holder.program[0] != '\0' ? holder.program
					      : "another program",
		    (long)holder.pid);
	return ret;
}

/* A server's clients talk to its port; and it looks for other servers. */
static int
open_dhcp_server(
    const struct config *config, struct sockets *sockets, struct err *err)
{
	if (config->dhcp_listen != DHCP_LISTEN_AUTO &&
	    config->dhcp_listen != DHCP_LISTEN_BIND) {
		err_set(err, "--dhcp server needs UDP port %d for itself",
		    DHCP_PORT);
		err_hint(err, "leave --dhcp-listen out");
		return -EINVAL;
	}
	sockets->probe = packet_open(DHCP_CLIENT_PORT, err);
	if (sockets->probe >= 0)
		sockets->arp = packet_open_arp(err);
	if (sockets->probe < 0 || sockets->arp < 0)
		return -EIO;
	return bind_dhcp(sockets, err);
}

static int
open_dhcp(const struct config *config, struct sockets *sockets, struct err *err)
{
	if (config->dhcp == DHCP_ROLE_SERVER)
		return open_dhcp_server(config, sockets, err);
	switch ((enum dhcp_listen)config->dhcp_listen) {
	case DHCP_LISTEN_BIND:
		return bind_dhcp(sockets, err);
	case DHCP_LISTEN_TAP:
		return tap_dhcp(sockets, err);
	case DHCP_LISTEN_4011:
		return 0;
	case DHCP_LISTEN_AUTO:
		break;
	}
	return bind_or_tap_dhcp(sockets, err);
}

static int
open_interfaces(
    const struct config *config, struct sockets *sockets, struct err *err)
{
	const struct port none = PORT_NONE;
	size_t named = config->interfaces.count;
	int ret = 0;

	sockets->interfaces = named == 0 ? 1 : named;
	for (size_t i = 0; i < sockets->interfaces; i++) {
		struct interface_sockets *set = &sockets->interface[i];

		set->name = named == 0 ? NULL : config->interfaces.item[i];
		set->dhcp = set->pxe = set->tftp = none;
	}
	/* Before they are looked at: nothing is missed. */
	if (named > 0) {
		sockets->links = linkwatch_open(err);
		ret = sockets->links < 0 ? sockets->links : 0;
	}
	for (size_t i = 0; ret == 0 && i < sockets->interfaces; i++)
		ret = open_interface(&sockets->interface[i], err);
	return ret == 0 ? open_dhcp(config, sockets, err) : ret;
}

static void
follow_interface(struct interface_sockets *set)
{
	unsigned ifindex = if_nametoindex(set->name);
	struct err err = {0};
	char text[1024];
	int ret;

	if (ifindex == 0 || ifindex == set->ifindex)
		return;
	ret = attach(set, &err);
	if (ret == 0)
		log_info(NULL, "network interface %s is there", set->name);
	else if (ret != -ENODEV)
		log_error(NULL, "network interface %s is not served: %s",
		    set->name, err_format(&err, text, sizeof text));
}

void
sockets_follow(struct sockets *sockets)
{
	if (sockets->links < 0 || !linkwatch_drain(sockets->links))
		return;
	for (size_t i = 0; i < sockets->interfaces; i++)
		follow_interface(&sockets->interface[i]);
}

static int
open_tcp(const struct config *config, struct sockets *sockets, struct err *err)
{
	int ret = port_make(
	    &sockets->http, PORT_HTTP, (uint16_t)config->http_port, err);

	if (ret == 0)
		ret = port_attach(&sockets->http, NULL, err);
	if (ret == 0)
		ret = port_make(&sockets->files, PORT_FILES,
		    (uint16_t)config->files_port, err);
	if (ret == 0)
		ret = port_attach(&sockets->files, NULL, err);
	if (ret < 0 || config->cache.count == 0)
		return ret;
	ret = port_make(
	    &sockets->cache, PORT_CACHE, (uint16_t)config->cache_port, err);
	return ret == 0 ? port_attach(&sockets->cache, NULL, err) : ret;
}

/* Both unix sockets are in one directory, which is root's. */
static int
open_unix(const struct config *config, const struct account *account,
    struct sockets *sockets, struct err *err)
{
	char *log_path = mem_printf("%s.tftpd", config->socket);
	int ret = unixsock_listen(config->socket, account, &sockets->ctl, err);

	if (ret == 0) {
		sockets->ctl_path = mem_strdup(config->socket);
		ret = unixsock_log(log_path, &sockets->tftp_log, err);
	}
	if (ret == 0)
		sockets->tftp_log_path = log_path;
	else
		free(log_path);
	return ret;
}

/* A comfort: without it machines boot too, and wait. */
static void
open_ipxe_ra(struct sockets *sockets)
{
	struct err err = {0};
	char text[512];

	sockets->ipxe_ra = packet_open_solicit(&err);
	if (sockets->ipxe_ra >= 0)
		return;
	sockets->ipxe_ra = -1;
	log_warn(
	    NULL, "ipxe-ra is off: %s", err_format(&err, text, sizeof text));
}

int
sockets_open(const struct config *config, const struct account *account,
    struct sockets *ret_sockets, struct err *err)
{
	struct sockets sockets = SOCKETS_NONE;
	/* First what tells best that we are running already. */
	int ret = open_unix(config, account, &sockets, err);

	if (ret == 0) {
		interfaces_check(&config->interfaces);
		ret = open_interfaces(config, &sockets, err);
	}
	if (ret == 0)
		ret = open_tcp(config, &sockets, err);
	if (ret == 0 && config->ipxe_ra)
		open_ipxe_ra(&sockets);
	if (ret < 0)
		sockets_close(&sockets);
	else
		*ret_sockets = sockets;
	return ret;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
sockets_close(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->interfaces; i++) {
		port_close(&sockets->interface[i].dhcp);
		port_close(&sockets->interface[i].pxe);
		port_close(&sockets->interface[i].tftp);
	}
	port_close(&sockets->http);
	port_close(&sockets->files);
	port_close(&sockets->cache);
	close_one(&sockets->links);
	close_one(&sockets->tap);
	close_one(&sockets->tap_send);
	close_one(&sockets->probe);
	close_one(&sockets->arp);
	close_one(&sockets->ctl);
	close_one(&sockets->ipxe_ra);
	close_one(&sockets->tftp_log);
	if (sockets->ctl_path != NULL)
		(void)unlink(sockets->ctl_path);
	if (sockets->tftp_log_path != NULL)
		(void)unlink(sockets->tftp_log_path);
	free(sockets->ctl_path);
	free(sockets->tftp_log_path);
	sockets->ctl_path = NULL;
	sockets->tftp_log_path = NULL;
}
