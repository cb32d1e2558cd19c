/* The table of filters is the tables of the files that hold them. */
#include <stddef.h>

#include "template/builtin.h"

static const struct builtin *const parts[] = {filters_data, filters_text,
    filters_list, filters_pick, filters_order, filters_number, filters_map,
    filters_set, filters_yaml, filters_regex, filters_hash, filters_path,
    filters_net, filters_wrap, NULL};

const struct builtin_table filter_table = {.parts = parts, .kind = "filter"};
