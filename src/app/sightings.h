/*
 * News about nodes that comes without a token: what in.tftpd logs and what the
 * files workers have sent. It only feeds the time line. An address becomes a
 * node by what it asked for before, else by the neighbour table.
 */
#ifndef CONVECT_APP_SIGHTINGS_H
#define CONVECT_APP_SIGHTINGS_H

#include "base/err.h"

struct app;
struct sightings;

/* Watches the two descriptors, which stay the caller's. */
struct sightings *sightings_open(
    struct app *app, int tftp_log_fd, int downloads_fd);
void sightings_close(struct sightings *sightings);
/* A request with this address was this node's. */
void sightings_learn(
    struct sightings *sightings, const char *text, const char *node);

/*
 * "RRQ from 10.0.0.7 filename ipxe.efi" with its syslog head: copies address
 * and file name. -EINVAL: another line.
 */
int sightings_parse_rrq(const char *line, char *ret_address,
    size_t address_size, char *ret_file, size_t file_size);

#endif
