/*
 * Dates and times as YAML 1.1 spells them. Used by inventory/yaml_scalar.c
 * alone.
 */
#ifndef CONVECT_INVENTORY_YAML_STAMP_H
#define CONVECT_INVENTORY_YAML_STAMP_H

#include <stdbool.h>

#include "inventory/value.h"

struct yaml_stamp {
	int year, month, day;
	bool has_time;
	int hour, minute, second;
	char fraction[7]; /* six digits, or "" */
	bool has_zone;
	int zone; /* minutes east of UTC */
};

/* Whether a text has the form of a date, be there such a day or not. */
bool yaml_stamp_read(const char *text, struct yaml_stamp *ret_stamp);
/* ISO 8601 text; returns NULL, or what is wrong with it. */
const char *yaml_stamp_value(
    const struct yaml_stamp *stamp, struct value *ret_value);

#endif
