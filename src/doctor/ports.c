/* The ports: ours while the daemon runs, nobody's else. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon/portholder.h"
#include "doctor/doctor_private.h"
#include "wire/dhcp.h"

struct port {
	const char *what;
	const char *option; /* that chooses another one, or NULL */
	uint16_t number;
	bool tcp;
	bool dhcp; /* see --dhcp-listen */
};

static const char own_program[] = "convect-pxed";

static bool
is_ours(const struct doctor *doctor, const struct port_holder *holder)
{
	return doctor->running && strcmp(holder->program, own_program) == 0;
}

/*
 * The daemon needs no port 67: beside another DHCP server it watches packets,
 * but not beside another convect-pxed.
 */
static bool
can_do_without(const struct doctor *doctor, const struct port *port)
{
	return port->dhcp && doctor->config.dhcp == DHCP_ROLE_PROXY &&
	       doctor->config.dhcp_listen != DHCP_LISTEN_BIND;
}

static bool
is_beside(const struct doctor *doctor, const struct port *port,
    const struct port_holder *holder)
{
	return can_do_without(doctor, port) &&
	       strcmp(holder->program, own_program) != 0;
}

/* An address that we do not serve takes nothing away. */
static bool
is_elsewhere(const struct doctor *doctor, const struct port_holder *holder)
{
	return holder->addr.s_addr != 0 &&
	       !doctor_is_our_address(doctor, holder->addr);
}

static void
describe(const struct port *port, const struct port_holder *holder, char *out,
    size_t size)
{
	char addr[INET_ADDRSTRLEN];
	char name[64];

	(void)snprintf(name, sizeof name, "%s port %u",
	    port->tcp ? "TCP" : "UDP", port->number);
	inet_ntop(AF_INET, &holder->addr, addr, sizeof addr);
	if (holder->pid == 0)
		(void)snprintf(out, size,
		    "%s (%s) is taken, by a process that can not be seen "
		    "from here",
		    name, port->what);
	else
		(void)snprintf(out, size,
		    "%s (%s) is taken by %s (process %ld)%s%s", name,
		    port->what, holder->program, (long)holder->pid,
		    holder->addr.s_addr == 0 ? "" : " on ",
		    holder->addr.s_addr == 0 ? "" : addr);
}

static void
tell_foreign(struct doctor *doctor, const struct port *port,
    const struct port_holder *holder)
{
	const char *advice = port_holder_advice(holder->program);
	char text[256];

	describe(port, holder, text, sizeof text);
	findings_add(doctor->findings, FIND_PORT_TAKEN, "%s", text);
	if (port->option != NULL)
		findings_fix(doctor->findings,
		    "stop it, or choose another port with --%s", port->option);
	else if (advice != NULL)
		findings_fix(doctor->findings, "%s", advice);
	else if (holder->pid == 0)
		findings_fix(doctor->findings,
		    "run doctor as root to see which: ss -lpn sport = :%u",
		    port->number);
	else
		findings_fix(doctor->findings,
		    "stop it; this port is fixed by the protocol");
}

static void
judge_holder(struct doctor *doctor, const struct port *port,
    const struct port_holder *holder, bool ours)
{
	char text[256];

	describe(port, holder, text, sizeof text);
	if (is_beside(doctor, port, holder) && ours)
		findings_add(doctor->findings, FIND_PORT_SHARED,
		    "%s, beside convect-pxed", text);
	else if (is_beside(doctor, port, holder))
		findings_ok(doctor->findings, AREA_PORTS,
		    "%s: the daemon watches the wire beside it", text);
	else
		tell_foreign(doctor, port, holder);
}

static void
check_port(struct doctor *doctor, const struct port *port)
{
	struct port_holder holders[PORT_HOLDERS_MAX];
	size_t count = port_holders(port->tcp, port->number, holders);
	bool maybe = doctor->running || doctor->spec->daemon_denied;
	bool ours = false;
	bool hidden = false;

	for (size_t i = 0; i < count; i++) {
		ours = ours || is_ours(doctor, &holders[i]);
		hidden = hidden || holders[i].pid == 0;
	}
	if (doctor->running && port->dhcp && !ours)
		doctor->watches_wire = true;
	/* Without root nothing is told apart: it is ours, as it answers. */
	if (doctor->running && !ours && !hidden &&
	    !can_do_without(doctor, port))
		findings_add(doctor->findings, FIND_PORT_CLOSED,
		    "the daemon does not have %s port %u (%s)",
		    port->tcp ? "TCP" : "UDP", port->number, port->what);
	for (size_t i = 0; i < count; i++) {
		if (!is_ours(doctor, &holders[i]) &&
		    !(maybe && holders[i].pid == 0) &&
		    !is_elsewhere(doctor, &holders[i]))
			judge_holder(doctor, port, &holders[i], ours);
	}
}

void
doctor_check_ports(struct doctor *doctor)
{
	const struct port ports[] = {
	    {"DHCP", NULL, DHCP_PORT_SERVER, false, true},
	    {"TFTP", NULL, 69, false, false},
	    {"PXE", NULL, DHCP_PORT_PXE, false, false},
	    {"HTTP", "http-port", (uint16_t)doctor->config.http_port, true,
		false},
	    {"files", "files-port", (uint16_t)doctor->config.files_port, true,
		false},
	};
	size_t before = doctor->findings->count;

	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
		check_port(doctor, &ports[i]);
	if (doctor->findings->count == before && !doctor->spec->daemon_denied)
		findings_ok(doctor->findings, AREA_PORTS,
		    "UDP 67, 69 and 4011, TCP %u and %u are %s",
		    ports[3].number, ports[4].number,
		    doctor->running ? "the daemon's" : "free");
	if (!doctor->root && (doctor->running || doctor->spec->daemon_denied))
		findings_unchecked(doctor->findings, AREA_PORTS,
		    "which programs have the ports: only root can see that");
}
