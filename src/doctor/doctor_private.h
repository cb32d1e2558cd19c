/*
 * Inside of src/doctor: what its checks share. A check looks at one thing and
 * adds what it finds; it may be missing a right or a program, and says so.
 */
#ifndef CONVECT_DOCTOR_DOCTOR_PRIVATE_H
#define CONVECT_DOCTOR_DOCTOR_PRIVATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/images.h"
#include "base/buf.h"
#include "daemon/config.h"
#include "doctor/doctor.h"
#include "net/iface.h"
#include "net/loop.h"

#define DOCTOR_LINKS_MAX 16 /* further ones are not looked at */

/* An interface that is served, or to be served, and can be. */
struct doctor_link {
	char name[IF_NAMESIZE];
	int ifindex;
	struct in_addr addr;
	struct in_addr mask;
};

struct doctor {
	const struct doctor_spec *spec;
	struct findings *findings;
	struct config config; /* what the daemon runs with, or would */
	bool running;	      /* the daemon answers on its socket */
	bool root;
	/* It has no port 67, but sees what comes from others: dhcp-listen. */
	bool watches_wire;
	struct loop *loop;
	struct doctor_link links[DOCTOR_LINKS_MAX];
	size_t link_count;
	struct images images; /* as the daemon would find them */
};

/* The checks, in the order in which they run. */
void doctor_check_daemon(struct doctor *doctor);
void doctor_check_links(struct doctor *doctor);
void doctor_check_ports(struct doctor *doctor);
void doctor_check_firewall(struct doctor *doctor);
void doctor_check_dhcp(struct doctor *doctor);
void doctor_check_loaders(struct doctor *doctor);
void doctor_check_tftp(struct doctor *doctor);
void doctor_check_http(struct doctor *doctor);
void doctor_check_disk(struct doctor *doctor);
void doctor_check_clock(struct doctor *doctor);
void doctor_check_host(struct doctor *doctor);

bool doctor_is_our_address(const struct doctor *doctor, struct in_addr addr);

#define DOCTOR_OUTPUT_MAX (4u << 20)
/*
 * Runs a program to its end, no longer than ten seconds; what it prints to
 * standard output is appended. Its exit status, or a negative errno (-ENOENT:
 * not installed, -ETIME: it took too long).
 */
int doctor_run_program(
    struct doctor *doctor, const char *const argv[], struct buf *out);

/* The path of one of these that may be run, or NULL. */
const char *doctor_find_program(const char *const paths[]);

#endif
