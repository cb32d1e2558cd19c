/*
 * Python's formatting: "%-5s" % x and "{:<5}".format(x) come down to the same
 * specification.
 */
#ifndef CONVECT_TEMPLATE_FORMAT_H
#define CONVECT_TEMPLATE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "template/vm.h"

#define FORMAT_WIDTH_MAX 10000

struct format_spec {
	char fill[8]; /* one character; "" is a blank */
	char align;   /* '<', '>', '^', '=' or 0 for the type's own */
	char sign;    /* '+', ' ' or 0 */
	bool alternate;
	bool zero;
	char group;    /* ',' or '_' between thousands, or 0 */
	int width;     /* characters */
	int precision; /* -1: none */
	char type;     /* 0: the value's own */
};

int format_write(struct vm *vm, const struct format_spec *spec,
    struct value value, struct buf *out);

#endif
