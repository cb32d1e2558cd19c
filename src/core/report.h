/*
 * Callbacks: whatever an installer, cloud-init or our own scripts POST becomes
 * one event. One parser for all, told apart by the body alone, since
 * cloud-init's webhook sends no Content-Type:
 *
 *   {"name": .., "event_type": .., "origin": "curtin"|"cloudinit", ..}
 *   pub_key_rsa=..&instance_id=..&hostname=..              (phone_home)
 *   state=..&stage=..&code=..&msg=..&percent=..&seq=..&ca=..&log=..
 *
 * A form's state: installed, adopted, firstboot, ready and failed (or fail) are
 * those events; any other (start, progress, finish, rebooting, skipped, ..) is
 * news. `adopted` also has generation=.. and machine=.., of the disk's mark.
 * From subiquity: the start of .../Shutdown/shutdown is `installed`; FAIL at
 * the end of one of its three topmost names is `failed`. A FAIL of anything
 * else, and of all that cloud-init runs, is news.
 *
 * A phone_home with a good host key is `hostkeys`; keys that OpenSSH would not
 * have written are left out.
 *
 * The body is a stranger's: bounded, cleaned, never trusted to be what it
 * says. A body that can not be understood but is not empty is still news.
 */
#ifndef CONVECT_CORE_REPORT_H
#define CONVECT_CORE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

#define REPORT_BODY_MAX 65536

/*
 * `percent_now` is the node's progress (node->percent), for steps that only
 * add one. On success *ret_event has kind and the kind's fields; node, time,
 * addr and generation are the caller's to fill in. An adopted event has its own
 * generation, 0 when that is no number that can be.
 * -EMSGSIZE above REPORT_BODY_MAX, -ENODATA when there is nothing but blanks.
 */
int report_parse(const char *body, size_t len, uint64_t percent_now,
    struct event *ret_event);

/*
 * The step that a report begins, in few words ("installing-kernel"); "" when it
 * begins none. Points into the event or is static.
 */
const char *report_step(const struct event *event);

#endif
