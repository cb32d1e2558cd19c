/* The table of filters is the tables of the files that hold them. */
#include <stddef.h>

#include "template/builtin.h"

static const struct builtin *const parts[] = {filters_data, filters_text,
    filters_list, filters_pick, filters_order, filters_number, filters_map,
    filters_set, filters_choose, filters_yaml, filters_regex, filters_hash,
    filters_random, filters_path, filters_url, filters_net, filters_time,
    filters_wrap, filters_pprint, NULL};

#define NO_HOST "a render reads nothing of the host that it runs on"
#define NO_HTML "it makes web pages of text, which no configuration is"

static const struct builtin_absent absent[] = {
    {"fileglob", NO_HOST},
    {"realpath", NO_HOST "; `relpath` and `path_join` need no files"},
    {"expanduser", NO_HOST},
    {"expandvars", NO_HOST},
    {"to_datetime", "dates are text here; `strftime` writes a given second"},
    {"vault", "`ansible-vault encrypt_string` encrypts what a variable holds"},
    {"unvault", "a `!vault` value is decrypted where it is used"},
    {"striptags", NO_HTML},
    {"urlize", NO_HTML},
    {"win_basename", "for Windows paths: `split('\\\\') | last`"},
    {"win_dirname", "there is nothing for Windows paths"},
    {"win_splitdrive", "there is nothing for Windows paths"},
    {"json_query", "`selectattr`, `map` and `items` take lists apart"},
    {NULL, NULL},
};

const struct builtin_table filter_table = {
    .parts = parts, .absent = absent, .kind = "filter"};
