/*
 * What an entry of the flight recorder says to people, and what is in its
 * packet.
 */
#ifndef CONVECT_CORE_FLIGHT_TEXT_H
#define CONVECT_CORE_FLIGHT_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/flight.h"
#include "wire/dhcp.h"
#include "wire/pxe.h"

/* "dhcp", "pxe" (port 4011), "tftp", "http", "files", "policy" */
const char *flight_who(const struct flight_entry *entry);
/* "DISCOVER", ...; "message 99" is "?". */
const char *flight_dhcp_type(uint8_t type);
/* False for what is no DHCP message; ret_client is of requests only. */
bool flight_dhcp(const struct flight_entry *entry, struct dhcp_msg *ret_msg,
    struct pxe_client *ret_client);

/*
 * One line without time and machine: "GET /boot/52-54-..: 200, 1.2 KiB in 3
 * ms, 2 times in 0.9 s". Text of strangers in it is as it came.
 */
void flight_describe(const struct flight_entry *entry, struct buf *out);

#endif
