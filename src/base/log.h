/*
 * The log: one line an event on stderr, for people (text, colour on a
 * terminal) or for machines (json: time, level, node, msg). Control bytes and
 * what is not UTF-8 are escaped here, so callers pass strangers' strings as
 * they are. The level is the one mutable global.
 *
 * base, wire, inventory, template and core never log.
 */
#ifndef CONVECT_BASE_LOG_H
#define CONVECT_BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON
};

void log_init(enum log_level level, enum log_format format);
void log_set_level(enum log_level level);
int log_level_parse(const char *name, enum log_level *ret_level);
bool log_wants(enum log_level level);

/* `node` is the node that the line is about, or NULL. */
void log_error(const char *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
