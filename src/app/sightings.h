/*
 * News about nodes that comes without a token: what in.tftpd logs and what the
 * files workers have sent. It only feeds the time line. An address becomes a
 * node by what it asked for before, else by the neighbour table.
 */
#ifndef CONVECT_APP_SIGHTINGS_H
#define CONVECT_APP_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct app;
struct recorder_track;
struct sightings;

/* Watches the two descriptors, which stay the caller's. */
struct sightings *sightings_open(
    struct app *app, int tftp_log_fd, int downloads_fd);
void sightings_close(struct sightings *sightings);
/* A request with this address was this node's. */
void sightings_learn(
    struct sightings *sightings, const char *text, const char *node);

/* Whose address it is, as far as it is known without asking the kernel. */
bool sightings_find(const struct sightings *sightings, const char *text,
    struct recorder_track *ret_track);

/*
 * "sending NAK (1, File not found) to 10.0.0.7": copies address and reason.
 * -EINVAL: another line.
 */
int sightings_parse_nak(const char *line, char *ret_address,
    size_t address_size, char *ret_why, size_t why_size);
/*
 * "RRQ from 10.0.0.7 filename ipxe.efi" with its syslog head: copies address
 * and file name. -EINVAL: another line.
 */
int sightings_parse_rrq(const char *line, char *ret_address,
    size_t address_size, char *ret_file, size_t file_size);

#endif
