/*
 * How fast the files worker serves a file that is in the page cache, to one
 * client and to fifty at once, beside nginx with sendfile where that is
 * installed: the same clients, the same file, one process each.
 * Prints megabytes a second and the server's processor time for a gigabyte.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/filesrv.h"

#define FILE_SIZE ((size_t)512 << 20)
#define FILE_NAME "bench.iso"

enum {
	CLIENTS_MAX = 50,
	ONE_CLIENT_ROUNDS = 4
};

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "bench_files: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
make_file(void)
{
	static char chunk[1 << 20];
	int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		give_up(FILE_NAME);
	for (size_t i = 0; i < sizeof chunk; i++)
		chunk[i] = (char)(i * 2654435761u >> 13);
	for (size_t done = 0; done < FILE_SIZE; done += sizeof chunk) {
		if (write(fd, chunk, sizeof chunk) != sizeof chunk)
			give_up(FILE_NAME);
	}
	close(fd);
}

static int
listen_loopback(uint16_t *ret_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 ||
	    listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		give_up("listen");
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

static _Noreturn void
serve(int listener)
{
	struct loop *loop = loop_new();
	struct filesrv_config config = {
	    .root_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	struct err err = {0};
	struct filesrv *filesrv = filesrv_new(loop, &config, &err);

	if (filesrv == NULL || filesrv_listen(filesrv, listener, &err) < 0)
		exit(1);
	loop_run(loop);
	exit(0);
}

static pid_t
start_files(uint16_t *ret_port)
{
	int listener = listen_loopback(ret_port);
	pid_t pid = fork();

	if (pid < 0)
		give_up("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener);
	}
	close(listener);
	return pid;
}

static void
write_nginx_config(uint16_t port)
{
	static const char *const temps[] = {
	    "client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
	char cwd[4096];
	FILE *out = fopen("nginx.conf", "w");

	if (out == NULL || getcwd(cwd, sizeof cwd) == NULL)
		give_up("nginx.conf");
	fprintf(out,
	    "daemon off;\nmaster_process off;\npid %s/nginx.pid;\n"
	    "error_log /dev/null;\nevents { worker_connections 1024; }\n"
	    "http {\nsendfile on;\naccess_log off;\n",
	    cwd);
	for (size_t i = 0; i < sizeof temps / sizeof temps[0]; i++)
		fprintf(out, "%s_temp_path %s/%s;\n", temps[i], cwd, temps[i]);
	fprintf(
	    out, "server { listen 127.0.0.1:%u; root %s; }\n}\n", port, cwd);
	if (fclose(out) != 0)
		give_up("nginx.conf");
}

/* -1: not installed. */
static pid_t
start_nginx(uint16_t *ret_port)
{
	static const char path[] = "/usr/sbin/nginx";
	char config[4200] = "";
	pid_t pid;

	if (access(path, X_OK) < 0)
		return -1;
	close(listen_loopback(ret_port));
	write_nginx_config(*ret_port);
	if (getcwd(config, 4096) == NULL)
		give_up("getcwd");
	strcat(config, "/nginx.conf");
	pid = fork();
	if (pid < 0)
		give_up("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(path, "nginx", "-c", config, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int
connect_loopback(uint16_t port)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	int64_t patience = clock_mono_ms(&clock_system) + 5000;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (;;) { /* a server that is just starting refuses */
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			give_up("socket");
		if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
			return fd;
		close(fd);
		if (clock_mono_ms(&clock_system) > patience)
			give_up("connect");
		usleep(1000);
	}
}

static void
ask(int epoll, uint16_t port)
{
	static const char request[] = "GET /" FILE_NAME " HTTP/1.1\r\n"
				      "Host: x\r\nConnection: close\r\n\r\n";
	struct epoll_event event = {.events = EPOLLIN};
	int fd = connect_loopback(port);

	event.data.fd = fd;
	if (send(fd, request, sizeof request - 1, 0) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		give_up("send");
}

/* MSG_TRUNC throws the bytes away in the kernel: a client without cost. */
static size_t
swallow(int fd)
{
	ssize_t n = recv(fd, NULL, 4 << 20, MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		give_up("recv");
	if (n == 0)
		close(fd);
	return n < 0 ? 1 : (size_t)n;
}

/* All clients at once, to their ends; returns the bytes received. */
static size_t
download(uint16_t port, unsigned clients)
{
	struct epoll_event events[CLIENTS_MAX];
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	size_t total = 0;

	for (unsigned i = 0; i < clients; i++)
		ask(epoll, port);
	while (clients > 0) {
		int n = epoll_wait(epoll, events, CLIENTS_MAX, 10000);

		if (n <= 0)
			give_up("server hangs");
		for (int i = 0; i < n; i++) {
			size_t len = swallow(events[i].data.fd);

			total += len;
			clients -= len == 0;
		}
	}
	close(epoll);
	return total;
}

static double
cpu_seconds(pid_t pid)
{
	unsigned long user = 0, sys = 0;
	char path[64];
	FILE *in;

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	in = fopen(path, "r");
	if (in == NULL ||
	    fscanf(in,
		"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u "
		"%*u %lu %lu",
		&user, &sys) != 2)
		give_up(path);
	fclose(in);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static void
measure(const char *name, pid_t pid, uint16_t port, unsigned clients)
{
	unsigned rounds = clients == 1 ? ONE_CLIENT_ROUNDS : 1;
	int64_t began = clock_mono_ms(&clock_system);
	double cpu = cpu_seconds(pid);
	double bytes = 0, seconds;

	for (unsigned i = 0; i < rounds; i++)
		bytes += (double)download(port, clients);
	seconds = (double)(clock_mono_ms(&clock_system) - began) / 1000;
	cpu = cpu_seconds(pid) - cpu;
	if (bytes < (double)FILE_SIZE * clients * rounds)
		give_up("short download");
	printf("%-5s %2u client%s %6.0f MB/s, %.2f s of CPU a GB\n", name,
	    clients, clients == 1 ? ", " : "s,", bytes / 1e6 / seconds,
	    cpu / (bytes / 1e9));
	fflush(stdout);
}

static void
run(const char *name, pid_t pid, uint16_t port)
{
	download(port, 1); /* warm */
	measure(name, pid, port, 1);
	measure(name, pid, port, CLIENTS_MAX);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int
main(void)
{
	uint16_t port = 0;
	pid_t pid;

	make_file();
	pid = start_files(&port);
	run("files", pid, port);
	pid = start_nginx(&port);
	if (pid > 0)
		run("nginx", pid, port);
	else
		printf("nginx not installed: nothing to compare with\n");
	unlink(FILE_NAME);
	unlink("nginx.conf");
	return 0;
}
