#include "daemon/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/interfaces.h"
#include "daemon/portholder.h"
#include "daemon/unixsock.h"
#include "net/packet.h"

#define DHCP_PORT 67
#define TFTP_PORT 69
#define PXE_PORT 4011
#define LISTEN_QUEUE 1024
/* A rack that is switched on asks within one second. */
#define DHCP_QUEUE_BYTES (1 << 20)

struct sock_option {
	int level;
	int name;
	int value;
};

/*
 * No SO_REUSEADDR: sharing 67 with a DHCP server of this host would work for
 * broadcasts and take the unicast renewals of its clients away from it.
 */
static const struct sock_option dhcp_options[] = {
    {SOL_SOCKET, SO_BROADCAST, 1},
    {SOL_SOCKET, SO_RCVBUF, DHCP_QUEUE_BYTES},
    {IPPROTO_IP, IP_PKTINFO, 1},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT},
    {IPPROTO_IP, IP_TOS, IPTOS_CLASS_CS6},
    {0, 0, 0},
};

static const struct sock_option tftp_options[] = {
    {IPPROTO_IP, IP_PKTINFO, 1},
    {0, 0, 0},
};

static const struct sock_option tcp_options[] = {
    {SOL_SOCKET, SO_REUSEADDR, 1}, /* only over TIME_WAIT, on Linux */
    {0, 0, 0},
};

struct port_spec {
	int type; /* SOCK_DGRAM or SOCK_STREAM */
	uint16_t port;
	const char *option; /* that chooses another number, or NULL */
	const struct sock_option *options;
};

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
set_options(int fd, const char *interface, const struct sock_option *options)
{
	for (; options->name != 0; options++) {
		if (setsockopt(fd, options->level, options->name,
			&options->value, sizeof options->value) < 0)
			return -errno;
	}
	if (interface != NULL &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface)) < 0)
		return -errno;
	return 0;
}

static int
bind_port(int fd, const struct port_spec *spec)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons(spec->port),
	    .sin_addr.s_addr = htonl(INADDR_ANY)};

	if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) < 0)
		return -errno;
	if (spec->type == SOCK_STREAM && listen(fd, LISTEN_QUEUE) < 0)
		return -errno;
	return 0;
}

static int
open_port(const struct port_spec *spec, const char *interface, int *ret_fd,
    struct err *err)
{
	bool tcp = spec->type == SOCK_STREAM;
	int fd = socket(AF_INET, spec->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = fd < 0 ? -errno : set_options(fd, interface, spec->options);

	if (ret == 0)
		ret = bind_port(fd, spec);
	if (ret == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	if (ret == -EADDRINUSE)
		port_holder_explain(tcp, spec->port, spec->option, err);
	else
		err_set(err, "%s port %u%s%s: %s", tcp ? "TCP" : "UDP",
		    spec->port, interface == NULL ? "" : " on ",
		    interface == NULL ? "" : interface, strerror(-ret));
	return ret;
}

static int
open_interface(struct interface_sockets *set, struct err *err)
{
	static const struct port_spec pxe = {
	    SOCK_DGRAM, PXE_PORT, NULL, dhcp_options};
	static const struct port_spec tftp = {
	    SOCK_DGRAM, TFTP_PORT, NULL, tftp_options};
	int ret = open_port(&pxe, set->name, &set->pxe, err);

	if (ret == 0)
		ret = open_port(&tftp, set->name, &set->tftp, err);
	return ret;
}

static int
bind_dhcp(struct sockets *sockets, struct err *err)
{
	static const struct port_spec dhcp = {
	    SOCK_DGRAM, DHCP_PORT, NULL, dhcp_options};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sockets->interfaces; i++)
		ret = open_port(&dhcp, sockets->interface[i].name,
		    &sockets->interface[i].dhcp, err);
	for (size_t i = 0; ret < 0 && i < sockets->interfaces; i++)
		close_one(&sockets->interface[i].dhcp);
	return ret;
}

static int
tap_dhcp(struct sockets *sockets, struct err *err)
{
	int fd = packet_open(DHCP_PORT, err);

	sockets->tap = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : 0;
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

static int
open_dhcp(const struct config *config, struct sockets *sockets, struct err *err)
{
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
	size_t named = config->interfaces.count;
	int ret = 0;

	sockets->interfaces = named == 0 ? 1 : named;
	for (size_t i = 0; i < sockets->interfaces; i++) {
		struct interface_sockets *set = &sockets->interface[i];

		set->name = named == 0 ? NULL : config->interfaces.item[i];
		set->dhcp = set->pxe = set->tftp = -1;
	}
	for (size_t i = 0; ret == 0 && i < sockets->interfaces; i++)
		ret = open_interface(&sockets->interface[i], err);
	return ret == 0 ? open_dhcp(config, sockets, err) : ret;
}

static int
open_tcp(const struct config *config, struct sockets *sockets, struct err *err)
{
	const struct port_spec http = {
	    SOCK_STREAM, (uint16_t)config->http_port, "http-port", tcp_options};
	const struct port_spec files = {SOCK_STREAM,
	    (uint16_t)config->files_port, "files-port", tcp_options};
	int ret = open_port(&http, NULL, &sockets->http, err);

	if (ret == 0)
		ret = open_port(&files, NULL, &sockets->files, err);
	return ret;
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
	struct sockets sockets = {.http = -1,
	    .files = -1,
	    .ctl = -1,
	    .tftp_log = -1,
	    .tap = -1,
	    .ipxe_ra = -1};
	int ret = interfaces_check(&config->interfaces, err);

	/* First what tells best that we are running already. */
	if (ret == 0)
		ret = open_unix(config, account, &sockets, err);
	if (ret == 0)
		ret = open_interfaces(config, &sockets, err);
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

void
sockets_close(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->interfaces; i++) {
		close_one(&sockets->interface[i].dhcp);
		close_one(&sockets->interface[i].pxe);
		close_one(&sockets->interface[i].tftp);
	}
	close_one(&sockets->tap);
	close_one(&sockets->http);
	close_one(&sockets->files);
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
