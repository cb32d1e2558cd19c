#include "daemon/port.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/patience.h"
#include "daemon/portholder.h"

#define LISTEN_QUEUE 1024
/*
 * A rack that is switched on asks within one second, and who floods us must
 * not push its questions out while we wait for a processor: the kernel counts
 * twice as many bytes, about 6,000 packets.
 */
#define DHCP_QUEUE_BYTES (4 << 20)

struct sock_option {
	int level;
	int name;
	int value;
	bool may_fail;
};

/*
 * No SO_REUSEADDR: sharing 67 with a DHCP server of this host would work for
 * broadcasts and take the unicast renewals of its clients away from it.
 */
static const struct sock_option dhcp_options[] = {
    {SOL_SOCKET, SO_BROADCAST, 1, false},
    {SOL_SOCKET, SO_RCVBUF, DHCP_QUEUE_BYTES, false},
    /* Above the system's own limit; a container may not do that. */
    {SOL_SOCKET, SO_RCVBUFFORCE, DHCP_QUEUE_BYTES, true},
    {IPPROTO_IP, IP_PKTINFO, 1, false},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, false},
    {IPPROTO_IP, IP_TOS, IPTOS_CLASS_CS6, false},
    {0, 0, 0, false},
};

static const struct sock_option tftp_options[] = {
    {IPPROTO_IP, IP_PKTINFO, 1, false},
    {0, 0, 0, false},
};

static const struct sock_option tcp_options[] = {
    {SOL_SOCKET, SO_REUSEADDR, 1, false}, /* only over TIME_WAIT, on Linux */
    {0, 0, 0, false},
};

struct port_spec {
	int type;	 /* SOCK_DGRAM or SOCK_STREAM */
	uint16_t number; /* 0: an option's */
	const char *option;
	const struct sock_option *options;
};

static const struct port_spec specs[] = {
    [PORT_DHCP] = {SOCK_DGRAM, 67, NULL, dhcp_options},
    [PORT_TFTP] = {SOCK_DGRAM, 69, NULL, tftp_options},
    [PORT_PXE] = {SOCK_DGRAM, 4011, NULL, dhcp_options},
    [PORT_HTTP] = {SOCK_STREAM, 0, "http-port", tcp_options},
    [PORT_FILES] = {SOCK_STREAM, 0, "files-port", tcp_options},
    [PORT_CACHE] = {SOCK_STREAM, 0, "cache-port", tcp_options},
};

static const char *
protocol(const struct port *port)
{
	return specs[port->kind].type == SOCK_STREAM ? "TCP" : "UDP";
}

static int
set_options(int fd, const struct sock_option *options)
{
	for (; options->name != 0; options++) {
		if (setsockopt(fd, options->level, options->name,
			&options->value, sizeof options->value) < 0 &&
		    !options->may_fail)
			return -errno;
	}
	return 0;
}

int
port_make(
    struct port *port, enum port_kind kind, uint16_t number, struct err *err)
{
	const struct port_spec *spec = &specs[kind];
	int ret;

	port->kind = kind;
	port->number = spec->number != 0 ? spec->number : number;
	port->bound = false;
	port->fd =
	    socket(AF_INET, spec->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = port->fd < 0 ? -errno : set_options(port->fd, spec->options);
	if (ret < 0) {
		err_set(err, "%s port %u: %s", protocol(port), port->number,
		    strerror(-ret));
		port_close(port);
	}
	return ret;
}

static int
bind_port(struct port *port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons(port->number),
	    .sin_addr.s_addr = htonl(INADDR_ANY)};

	if (bind(port->fd, (const struct sockaddr *)&addr, sizeof addr) < 0)
		return -errno;
	if (specs[port->kind].type == SOCK_STREAM &&
	    listen(port->fd, LISTEN_QUEUE) < 0)
		return -errno;
	port->bound = true;
	return 0;
}

/* A killed daemon's children die a moment after it. */
static bool
may_be_remains(const struct port *port)
{
	struct port_holder holders[PORT_HOLDERS_MAX];
	size_t count = port_holders(
	    specs[port->kind].type == SOCK_STREAM, port->number, holders);

	return count == 0 || holders[0].pid == 0 ||
	       strcmp(holders[0].program, "convect-pxed") == 0 ||
	       strcmp(holders[0].program, "in.tftpd") == 0;
}

static int
bind_patiently(struct port *port)
{
	struct patience patience;
	int ret;

	patience_init(&patience, PATIENCE_REMAINS_MS);
	do
		ret = bind_port(port);
	while (ret == -EADDRINUSE && may_be_remains(port) &&
	       patience_nap(&patience));
	return ret;
}

int
port_attach(struct port *port, const char *interface, struct err *err)
{
	bool tcp = specs[port->kind].type == SOCK_STREAM;
	int ret = 0;

	/* The kernel remembers the interface by its number, not its name. */
	if (interface != NULL &&
	    setsockopt(port->fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface)) < 0)
		ret = -errno;
	if (ret == 0 && !port->bound)
		ret = bind_patiently(port);
	if (ret == -EADDRINUSE)
		port_holder_explain(
		    tcp, port->number, specs[port->kind].option, err);
	else if (ret < 0)
		err_set(err, "%s port %u%s%s: %s", protocol(port), port->number,
		    interface == NULL ? "" : " on ",
		    interface == NULL ? "" : interface, strerror(-ret));
	return ret;
}

void
port_close(struct port *port)
{
	if (port->fd >= 0)
		(void)close(port->fd);
	port->fd = -1;
	port->bound = false;
}
