/* The files of src/core/schemas, made part of the program by the build. */
#ifndef CONVECT_CORE_SCHEMA_DATA_H
#define CONVECT_CORE_SCHEMA_DATA_H

#include "core/schema.h"

extern const struct schema_source schema_data[];
extern const size_t schema_data_count;

#endif
