/*
 * What an inspection reports of a machine, as JSON:
 *
 *   {"vendor":T,"model":T,"serial":T,"uuid":T,"memory":BYTES,
 *    "cpus":{"count":N,"sockets":N,"model":T},
 *    "nics":[{"name":T,"mac":T,"link":B,"speed":MBIT,"driver":T,"pci":T}],
 *    "disks":[{"name":T,"serial":T,"model":T,"size":BYTES,"rotational":B,
 *              "bus":T}],
 *    "gpus":[{"pci":T,"vendor":T,"device":T,"class":T,"name":T}]}
 *
 * Any member may be left out, and no other is taken. The machine is a
 * stranger: all of it is bounded, and its text is cleaned as events' is.
 */
#ifndef CONVECT_CORE_HARDWARE_H
#define CONVECT_CORE_HARDWARE_H

#include <stddef.h>

#include "base/err.h"
#include "inventory/value.h"

#define HARDWARE_BODY_MAX 65536
#define HARDWARE_TEXT_MAX 128  /* bytes of one text; longer ones are cut */
#define HARDWARE_ITEMS_MAX 256 /* NICs, disks or GPUs */

/* -EBADMSG with the reason. The map has the shape above; the caller's. */
int hardware_parse(
    const char *body, size_t len, struct value *ret_details, struct err *err);
/* "2 CPUs, 1.5 GiB memory, 1 disk (SSD 20.0 GB), 1 NIC (1 up), 1 GPU (..)". */
void hardware_summary(struct value details, struct buf *out);

#endif
