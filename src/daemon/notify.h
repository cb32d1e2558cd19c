/*
 * News for the service manager (sd_notify). Without one nothing happens.
 */
#ifndef CONVECT_DAEMON_NOTIFY_H
#define CONVECT_DAEMON_NOTIFY_H

#include <stdint.h>

void notify_ready(const char *status); /* also after a reload */
void notify_reloading(void);
void notify_stopping(void);
void notify_status(const char *status);
void notify_watchdog(void);
/* How often it wants to hear of us, in ms; 0: never. */
int64_t notify_watchdog_ms(void);

#endif
