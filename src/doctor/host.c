/* The host itself: daemon, disk, clock, user, services. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "doctor/doctor_private.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define SPACE_FULL (200 * MIB)
#define SPACE_LOW (8 * GIB)
#define INODES_LOW 1000
/* Nobody has run this before it was written: 2026-01-01. */
#define TIME_EARLIEST INT64_C(1767225600)
#define TIME_LATEST INT64_C(4102444800) /* 2100-01-01 */
#define TIME_SLACK 60			/* seconds */

static const char *const systemctl[] = {
    "/usr/bin/systemctl", "/bin/systemctl", NULL};

/* systemd is what started this host; else its program can not help. */
static const char *
find_systemctl(void)
{
	return access("/run/systemd/system", F_OK) == 0
		   ? doctor_find_program(systemctl)
		   : NULL;
}

/* One word of `systemctl VERB UNIT`: "active", "failed", "enabled". */
static void
ask_systemctl(struct doctor *doctor, const char *verb, const char *unit,
    char *out, size_t size)
{
	const char *const argv[] = {find_systemctl(), verb, unit, NULL};
	struct buf text;

	str_copy(out, size, "");
	if (argv[0] == NULL)
		return;
	buf_init(&text, 4096);
	if (doctor_run_program(doctor, argv, &text) >= 0) {
		text.data[strcspn(text.data, "\n")] = '\0';
		str_copy(out, size, text.data);
	}
	buf_done(&text);
}

/* ---- the daemon --------------------------------------------------------- */

void
doctor_check_daemon(struct doctor *doctor)
{
	struct findings *findings = doctor->findings;
	const char *version =
	    value_str(value_map_get(doctor->spec->info, "version"));
	char state[32];

	if (doctor->running && strcmp(version, PACKAGE_VERSION) != 0) {
		findings_add(findings, FIND_DAEMON_VERSION,
		    "the daemon that runs is %s, this is doctor of %s", version,
		    PACKAGE_VERSION);
		return;
	}
	if (doctor->running) {
		findings_ok(
		    findings, AREA_DAEMON, "convect-pxed %s runs", version);
		return;
	}
	if (doctor->spec->daemon_denied) {
		findings_unchecked(findings, AREA_DAEMON,
		    "the daemon does not talk to this user: run doctor as "
		    "root");
		return;
	}
	ask_systemctl(doctor, "is-active", "convect-pxed", state, sizeof state);
	if (strcmp(state, "failed") == 0)
		findings_add(findings, FIND_DAEMON_UNIT_FAILED,
		    "the service convect-pxed has failed");
	else
		findings_add(
		    findings, FIND_DAEMON_DOWN, "the daemon does not run");
}

/* ---- disk --------------------------------------------------------------- */

static void
add_size(struct buf *out, uint64_t bytes)
{
	if (bytes < 10 * GIB)
		buf_addf(out, "%" PRIu64 " MiB", bytes / MIB);
	else
		buf_addf(out, "%" PRIu64 " GiB", bytes / GIB);
}

static void
check_space(struct doctor *doctor, const char *dir)
{
	struct statvfs fs;
	struct buf size;
	uint64_t free_bytes;

	if (statvfs(dir, &fs) < 0) {
		findings_unchecked(doctor->findings, AREA_DISK, "%s: %s", dir,
		    strerror(errno));
		return;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	buf_init(&size, 64);
	add_size(&size, free_bytes);
	if (free_bytes < SPACE_FULL)
		findings_add(doctor->findings, FIND_DISK_FULL,
		    "only %s are free in %s", size.data, dir);
	else if (free_bytes < SPACE_LOW)
		findings_add(doctor->findings, FIND_DISK_LOW,
		    "only %s are free in %s", size.data, dir);
	else
		findings_ok(doctor->findings, AREA_DISK, "%s are free in %s",
		    size.data, dir);
	if (fs.f_files > 0 && fs.f_favail < INODES_LOW)
		findings_add(doctor->findings, FIND_DISK_INODES,
		    "only %ju files can still be made in %s",
		    (uintmax_t)fs.f_favail, dir);
	buf_done(&size);
}

/* A file without a name: gone whatever becomes of us. */
static void
check_writing(struct doctor *doctor, const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, "doctor", 6) == 6 && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (written || error == EOPNOTSUPP || error == EISDIR)
		return;
	if (error == EACCES || error == EPERM)
		findings_unchecked(doctor->findings, AREA_DISK,
		    "whether %s can be written: only root can try", dir);
	else
		findings_add(doctor->findings, FIND_DISK_READ_ONLY,
		    "%s can not be written: %s", dir, strerror(error));
}

void
doctor_check_disk(struct doctor *doctor)
{
	const char *dir = doctor->config.state_dir;

	if (access(dir, F_OK) < 0) {
		findings_add(doctor->findings, FIND_DISK_NO_STATE,
		    "there is no state directory %s", dir);
		return;
	}
	check_space(doctor, dir);
	check_writing(doctor, dir);
}

/* ---- clock -------------------------------------------------------------- */

/* When something was last written into the database; 0: not known. */
static int64_t
newest_write(const char *state_dir)
{
	char *path = mem_printf("%s/db", state_dir);
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int64_t newest = 0;
	struct stat st;

	free(path);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' &&
		    fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
		    st.st_mtime > newest)
			newest = st.st_mtime;
	}
	closedir(dir);
	return newest;
}

static void
format_time(time_t when, char out[32])
{
	struct tm tm;

	gmtime_r(&when, &tm);
	(void)strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm);
}

static void
check_synced(struct doctor *doctor, const char *now)
{
	struct timex tx = {.modes = 0};

	if (adjtimex(&tx) < 0)
		findings_unchecked(doctor->findings, AREA_CLOCK,
		    "whether the clock is synchronised: %s", strerror(errno));
	else if ((tx.status & STA_UNSYNC) != 0)
		findings_add(doctor->findings, FIND_CLOCK_NOT_SYNCED,
		    "nothing keeps the clock synchronised; it shows %s", now);
	else
		findings_ok(doctor->findings, AREA_CLOCK,
		    "it is synchronised, and shows %s", now);
}

void
doctor_check_clock(struct doctor *doctor)
{
	time_t now = time(NULL);
	int64_t newest = newest_write(doctor->config.state_dir);
	char text[32];
	char then[32];

	format_time(now, text);
	if (now < TIME_EARLIEST || now > TIME_LATEST) {
		findings_add(doctor->findings, FIND_CLOCK_WRONG,
		    "the clock shows %s", text);
		return;
	}
	if (newest > now + TIME_SLACK) {
		format_time((time_t)newest, then);
		findings_add(doctor->findings, FIND_CLOCK_BEHIND,
		    "the clock shows %s, but the database was written at %s",
		    text, then);
	}
	check_synced(doctor, text);
}

/* ---- user and services -------------------------------------------------- */

/* What takes a port of ours when this host starts again. */
static const struct {
	const char *unit;
	const char *port;
} rivals[] = {
    {"tftpd-hpa.service", "UDP port 69"},
    {"tftpd-hpa.socket", "UDP port 69"},
    {"atftpd.service", "UDP port 69"},
};

static void
check_rivals(struct doctor *doctor)
{
	char state[32];

	for (size_t i = 0; i < sizeof rivals / sizeof rivals[0]; i++) {
		ask_systemctl(
		    doctor, "is-enabled", rivals[i].unit, state, sizeof state);
		if (strcmp(state, "enabled") != 0)
			continue;
		findings_add(doctor->findings, FIND_HOST_SERVICE,
		    "%s is enabled: it wants %s", rivals[i].unit,
		    rivals[i].port);
		findings_fix(doctor->findings, "systemctl disable --now %s",
		    rivals[i].unit);
	}
}

void
doctor_check_host(struct doctor *doctor)
{
	size_t before = doctor->findings->count;

	if (getpwnam(doctor->config.user) == NULL)
		findings_add(doctor->findings, FIND_HOST_USER,
		    "there is no user %s", doctor->config.user);
	check_rivals(doctor);
	/* Whose directories are not known may have them elsewhere. */
	if (doctor->images.count == 0 && !doctor->spec->daemon_denied &&
	    access(doctor->config.state_dir, R_OK) == 0)
		findings_add(doctor->findings, FIND_IMAGE_NONE,
		    "there is no image in %s/files/images",
		    doctor->config.state_dir);
	if (doctor->findings->count == before)
		findings_ok(doctor->findings, AREA_HOST,
		    "the user %s is there, and no other service wants our "
		    "ports",
		    doctor->config.user);
}
