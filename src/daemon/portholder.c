#include "daemon/portholder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define INODES_MAX 64
#define TCP_LISTEN_STATE "0A"

/* Socket inodes with one local port. */
struct inodes {
	unsigned long list[INODES_MAX];
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
 * tr:when retrnsmt uid timeout inode ..."
 */
static void
take_line(char *line, bool tcp, uint16_t port, struct inodes *inodes)
{
	char *field[10] = {NULL};
	char *save = NULL;
	const char *colon;
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
	if (inodes->count < INODES_MAX)
		inodes->list[inodes->count++] = strtoul(field[9], NULL, 10);
}

static void
read_table(const char *path, bool tcp, uint16_t port, struct inodes *inodes)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL)
		take_line(line, tcp, port, inodes);
	fclose(file);
}

static bool
is_one_of(const struct inodes *inodes, const char *link)
{
	static const char prefix[] = "socket:[";
	unsigned long inode;

	if (!str_starts(link, prefix))
		return false;
	inode = strtoul(link + sizeof prefix - 1, NULL, 10);
	for (size_t i = 0; i < inodes->count; i++) {
		if (inodes->list[i] == inode)
			return true;
	}
	return false;
}

static bool
process_has(const char *pid, const struct inodes *inodes)
{
	char path[300];
	char link[64];
	DIR *dir;
	const struct dirent *entry;
	bool found = false;

	(void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(
		    dirfd(dir), entry->d_name, link, sizeof link - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		found = is_one_of(inodes, link);
	}
	closedir(dir);
	return found;
}

static void
read_program(const char *pid, struct port_holder *holder)
{
	char path[300];
	FILE *file;

	(void)snprintf(path, sizeof path, "/proc/%s/comm", pid);
	str_copy(holder->program, sizeof holder->program, "?");
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(holder->program, sizeof holder->program, file) != NULL)
		holder->program[strcspn(holder->program, "\n")] = '\0';
	fclose(file);
}

int
port_holder_find(bool tcp, uint16_t port, struct port_holder *ret_holder)
{
	struct inodes inodes = {.count = 0};
	const struct dirent *entry;
	DIR *proc;
	int ret = -ESRCH;

	read_table(tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, port, &inodes);
	read_table(
	    tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, port, &inodes);
	if (inodes.count == 0)
		return -ENOENT;
	proc = opendir("/proc");
	if (proc == NULL)
		return -ESRCH;
	while (ret != 0 && (entry = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_has(entry->d_name, &inodes))
			continue;
		ret_holder->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		read_program(entry->d_name, ret_holder);
		ret = 0;
	}
	closedir(proc);
	return ret;
}

static void
add_advice(const char *program, const char *option, struct err *err)
{
	if (option != NULL) {
		err_hint(
		    err, "stop it, or choose another port with --%s", option);
		return;
	}
	for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++) {
		if (strcmp(advice[i].program, program) == 0) {
			err_hint(err, "%s", advice[i].advice);
			return;
		}
	}
	err_hint(err, "stop it; this port is fixed by the protocol");
}

void
port_holder_explain(
    bool tcp, uint16_t port, const char *option, struct err *err)
{
	struct port_holder holder = {.program = ""};
	const char *proto = tcp ? "TCP" : "UDP";

	if (port_holder_find(tcp, port, &holder) == 0)
		err_set(err, "%s port %u is taken by %s (process %ld)", proto,
		    port, holder.program, (long)holder.pid);
	else
		err_set(err,
		    "%s port %u is taken, by a process that can not be seen "
		    "from here",
		    proto, port);
	add_advice(holder.program, option, err);
}
