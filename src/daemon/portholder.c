#include "daemon/portholder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define TCP_LISTEN_STATE "0A"
#define IPV4_DIGITS 8
#define GENERATIONS_MAX 16

/* Sockets with one local port, and who was found to have them. */
struct sockets {
	unsigned long inode[PORT_HOLDERS_MAX];
	struct port_holder *holder;
	size_t count;
};

static const struct {
	const char *program; /* as /proc/PID/comm has it: 15 bytes */
	const char *advice;
} advice[] = {
    {"convect-pxed", "another convect-pxed is running: stop it first"},
    {"in.tftpd", "systemctl disable --now tftpd-hpa (convect-pxed runs an "
		 "in.tftpd of its own)"},
    {"atftpd", "systemctl disable --now atftpd"},
    {"dnsmasq", "beside a DHCP server of this host use --dhcp-listen auto; its "
		"TFTP server can not share the port"},
    {"dhcpd", "serve beside it with --dhcp-listen auto, or other interfaces "
	      "with --interface"},
    {"kea-dhcp4", "serve beside it with --dhcp-listen auto, or other "
		  "interfaces with --interface"},
    {"systemd-network", "serve beside it with --dhcp-listen auto, or switch "
			"DHCPServer= off in its .network file"},
    {"systemd", "a socket unit waits on it: systemctl list-sockets"},
};

/*
 * A line of /proc/net/udp or tcp: "sl: local:port remote:port state tx:rx
 * tr:when retrnsmt uid timeout inode ...". An IPv4 address is the number as
 * it lies in memory.
 */
static void
take_line(char *line, bool tcp, uint16_t port, struct sockets *sockets)
{
	char *field[10] = {NULL};
	char *save = NULL;
	char *colon;
	size_t n = 0;

	for (char *word = strtok_r(line, " \n", &save);
	     word != NULL && n < sizeof field / sizeof field[0];
	     word = strtok_r(NULL, " \n", &save))
		field[n++] = word;
	if (n < sizeof field / sizeof field[0])
		return;
	colon = strrchr(field[1], ':');
	if (colon == NULL || strtoul(colon + 1, NULL, 16) != port)
		return;
	if (tcp && strcmp(field[3], TCP_LISTEN_STATE) != 0)
		return;
	if (sockets->count == PORT_HOLDERS_MAX)
		return;
	*colon = '\0';
	sockets->holder[sockets->count] = (struct port_holder){.pid = 0};
	if (strlen(field[1]) == IPV4_DIGITS)
		sockets->holder[sockets->count].addr.s_addr =
		    (in_addr_t)strtoul(field[1], NULL, 16);
	sockets->inode[sockets->count++] = strtoul(field[9], NULL, 10);
}

static void
read_table(const char *path, bool tcp, uint16_t port, struct sockets *sockets)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL)
		take_line(line, tcp, port, sockets);
	fclose(file);
}

static void
read_program(const char *pid, struct port_holder *holder)
{
	char path[300];
	FILE *file;

	holder->pid = (pid_t)strtol(pid, NULL, 10);
	(void)snprintf(path, sizeof path, "/proc/%s/comm", pid);
	str_copy(holder->program, sizeof holder->program, "?");
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(holder->program, sizeof holder->program, file) != NULL)
		holder->program[strcspn(holder->program, "\n")] = '\0';
	fclose(file);
}

/* 0: there is none, or it can not be seen. "pid (program) state parent ..." */
static pid_t
parent_of(pid_t pid)
{
	char path[64];
	char line[512];
	const char *end = NULL;
	FILE *file;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(line, sizeof line, file) != NULL)
		end = strrchr(line, ')');
	fclose(file);
	return end == NULL || strlen(end) < sizeof ") S" - 1
		   ? 0
		   : (pid_t)strtol(end + sizeof ") S" - 1, NULL, 10);
}

static bool
descends_from(pid_t pid, pid_t ancestor)
{
	for (int i = 0; i < GENERATIONS_MAX && pid > 1; i++) {
		pid = parent_of(pid);
		if (pid == ancestor)
			return true;
	}
	return false;
}

/*
 * Of a socket that several have it is the one that they got it from; who was
 * started later may have the lower number.
 */
static bool
comes_before(pid_t pid, const struct port_holder *holder)
{
	return holder->pid == 0 || descends_from(holder->pid, pid);
}

static void
take_link(const char *pid, const char *link, struct sockets *sockets)
{
	static const char prefix[] = "socket:[";
	unsigned long inode;

	if (!str_starts(link, prefix))
		return;
	inode = strtoul(link + sizeof prefix - 1, NULL, 10);
	for (size_t i = 0; i < sockets->count; i++) {
		struct port_holder *holder = &sockets->holder[i];

		if (sockets->inode[i] == inode &&
		    comes_before((pid_t)strtol(pid, NULL, 10), holder))
			read_program(pid, holder);
	}
}

static void
take_process(const char *pid, struct sockets *sockets)
{
	char path[300];
	char link[64];
	DIR *dir;
	const struct dirent *entry;

	(void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(
		    dirfd(dir), entry->d_name, link, sizeof link - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		take_link(pid, link, sockets);
	}
	closedir(dir);
}

static bool
is_same(const struct port_holder *a, const struct port_holder *b)
{
	return a->pid == b->pid && a->addr.s_addr == b->addr.s_addr;
}

static size_t
remove_repeated(struct port_holder *holders, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < kept && !is_same(&holders[k], &holders[i]))
			k++;
		if (k == kept)
			holders[kept++] = holders[i];
	}
	return kept;
}

size_t
port_holders(
    bool tcp, uint16_t port, struct port_holder ret_holders[PORT_HOLDERS_MAX])
{
	struct sockets sockets = {.holder = ret_holders};
	const struct dirent *entry;
	DIR *proc;

	read_table(
	    tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, port, &sockets);
	read_table(
	    tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, port, &sockets);
	proc = sockets.count > 0 ? opendir("/proc") : NULL;
	if (proc == NULL)
		return remove_repeated(ret_holders, sockets.count);
	while ((entry = readdir(proc)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0]))
			take_process(entry->d_name, &sockets);
	}
	closedir(proc);
	return remove_repeated(ret_holders, sockets.count);
}

const char *
port_holder_advice(const char *program)
{
	for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++) {
		if (strcmp(advice[i].program, program) == 0)
			return advice[i].advice;
	}
	return NULL;
}

static void
add_advice(const char *program, const char *option, struct err *err)
{
	const char *text = port_holder_advice(program);

	if (option != NULL)
		err_hint(
		    err, "stop it, or choose another port with --%s", option);
	else if (text != NULL)
		err_hint(err, "%s", text);
	else
		err_hint(err, "stop it; this port is fixed by the protocol");
}

void
port_holder_explain(
    bool tcp, uint16_t port, const char *option, struct err *err)
{
	struct port_holder holders[PORT_HOLDERS_MAX];
	const char *proto = tcp ? "TCP" : "UDP";
	size_t count = port_holders(tcp, port, holders);

	if (count > 0 && holders[0].pid != 0)
		err_set(err, "%s port %u is taken by %s (process %ld)", proto,
		    port, holders[0].program, (long)holders[0].pid);
	else
		err_set(err,
		    "%s port %u is taken, by a process that can not be seen "
		    "from here",
		    proto, port);
	add_advice(count > 0 ? holders[0].program : "", option, err);
}
