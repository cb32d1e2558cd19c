/* The table of filters is the tables of the files that hold them. */
#include <stddef.h>

#include "template/builtin.h"

static const struct builtin *const parts[] = {filters_data, filters_text,
    filters_list, filters_pick, filters_order, filters_number, NULL};

const struct builtin_table filter_table = {.parts = parts, .kind = "filter"};
