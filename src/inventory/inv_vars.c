/*
 * group_vars/ and host_vars/: which file belongs to whom, and in which order
 * they count, by the rules of Ansible's host_group_vars.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/inv_load.h"
#include "inventory/yaml.h"

/* Tried in this order; the first that is there is the one. */
static const char *const suffixes[] = {"", ".yml", ".yaml", ".json"};
#define SUFFIXES (sizeof suffixes / sizeof suffixes[0])

/* A path cut up: "base/group_vars/top" or "base/group_vars/top/rest". */
struct var_path {
	const char *path;
	size_t base_len;
	char kind;	 /* 'g' or 'h' */
	const char *top; /* "gpu.yml", or the directory "gpu" */
	size_t top_len;
	const char *rest; /* NULL unless top is a directory */
};

/* All files with the same base, kind and top. */
struct var_set {
	char *key;
	struct ptrs files; /* struct inv_file; borrowed */
	UT_hash_handle hh;
};

struct var_sets {
	struct inv_load *load;
	struct var_set *sets;
};

static const struct {
	const char *name;
	char kind;
} folders[] = {
    {"group_vars/", 'g'},
    {"host_vars/", 'h'},
};

/* A folder's name at this place of the path, as a whole component. */
static char
folder_at(const char *path, const char *at, size_t *ret_len)
{
	size_t i;

	if (at != path && at[-1] != '/')
		return 0;
	for (i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if (str_starts(at, folders[i].name)) {
			*ret_len = strlen(folders[i].name);
			return folders[i].kind;
		}
	return 0;
}

/* The last such folder counts. */
static bool
cut_path(const char *path, struct var_path *ret_cut)
{
	struct var_path cut = {.path = path};
	const char *at = path + strlen(path);
	size_t len = 0;

	while (at > path && cut.kind == 0)
		cut.kind = folder_at(path, --at, &len);
	if (cut.kind == 0)
		return false;
	cut.base_len = (size_t)(at - path);
	cut.top = at + len;
	cut.top_len = strcspn(cut.top, "/");
	if (cut.top_len == 0)
		return false;
	if (cut.top[cut.top_len] == '/')
		cut.rest = cut.top + cut.top_len + 1;
	*ret_cut = cut;
	return true;
}

bool
inv_vars_is_file(const char *path)
{
	struct var_path cut;

	return cut_path(path, &cut);
}

static bool
is_hidden(const char *name, size_t len)
{
	return len == 0 || name[0] == '.' || name[len - 1] == '~';
}

/* Inside of a directory: no hidden ones, no suffix but ours. */
static bool
counts(const char *rest)
{
	for (;;) {
		size_t len = strcspn(rest, "/"), i;
		const char *dot = memchr(rest, '.', len);
		const char *last = dot;

		if (is_hidden(rest, len))
			return false;
		while (dot != NULL) {
			last = dot++;
			dot = memchr(dot, '.', len - (size_t)(dot - rest));
		}
		if (rest[len] == '/' && last != NULL)
			return false;
		if (rest[len] == '/') {
			rest += len + 1;
			continue;
		}
		for (i = 1; last != NULL && i < SUFFIXES; i++)
			if (strcmp(last, suffixes[i]) == 0)
				return true;
		return last == NULL;
	}
}

static size_t
base_index(struct inventory *inv, const struct var_path *cut)
{
	size_t i;

	for (i = 0; i < inv->bases.count; i++) {
		const char *base = inv->bases.at[i];

		if (strlen(base) == cut->base_len &&
		    memcmp(base, cut->path, cut->base_len) == 0)
			return i;
	}
	ptrs_add(&inv->bases, mem_strndup(cut->path, cut->base_len));
	return i;
}

static char *
set_key(
    size_t base, char kind, const char *top, size_t top_len, const char *suffix)
{
	return mem_printf("%zu%c%.*s%s", base, kind, (int)top_len, top, suffix);
}

static void
add_file(struct var_sets *sets, struct inv_file *file)
{
	struct inventory *inv = sets->load->inv;
	struct var_path cut;
	struct var_set *set;
	char *key;

	if (!cut_path(file->path, &cut) ||
	    (cut.rest != NULL && !counts(cut.rest)))
		return;
	key =
	    set_key(base_index(inv, &cut), cut.kind, cut.top, cut.top_len, "");
	HASH_FIND_STR(sets->sets, key, set);
	if (set == NULL) {
		set = mem_alloc(sizeof *set);
		set->key = key;
		HASH_ADD_KEYPTR(
		    hh, sets->sets, set->key, strlen(set->key), set);
	} else {
		free(key);
	}
	ptrs_add(&set->files, file);
}

/* Names sort by component: "a/x" comes before "a.yml". */
static int
cmp_path(const void *a, const void *b)
{
	const struct inv_file *const *left = a, *const *right = b;
	const unsigned char *l = (const unsigned char *)(*left)->path;
	const unsigned char *r = (const unsigned char *)(*right)->path;

	while (*l != '\0' && *l == *r) {
		l++;
		r++;
	}
	if (*l == '/')
		return *r == '\0' ? 1 : -1;
	if (*r == '/')
		return *l == '\0' ? -1 : 1;
	return *l < *r ? -1 : *l > *r;
}

static void
check_doc(struct inv_load *load, const struct yaml_doc *doc,
    struct inv_setting *setting)
{
	size_t i;

	for (i = 0; i < value_len(doc->value); i++) {
		struct value key = value_map_name_at(doc->value, i);
		const struct yaml_place *place = yaml_doc_place(doc, key);

		setting->place.line = place == NULL ? 0 : place->line;
		setting->place.col = place == NULL ? 0 : place->col;
		setting->raw = place == NULL ? NULL : place->raw;
		setting->name = inv_load_name(
		    load, value_map_key_at(doc->value, i), &setting->place);
		setting->value = value_map_at(doc->value, i);
		inv_check_setting(load, setting);
	}
}

/* Reads one file into the map; what is read last wins. */
static void
read_text(struct inv_load *load, const struct inv_text *text,
    struct inv_setting *setting, struct value into)
{
	struct yaml_source source = {
	    .text = text->file.text,
	    .len = text->file.len,
	    .name = inv_add_path(load->inv, text->file.path),
	    .problems = load->problems,
	    .secrets = load->secrets,
	    .secret = text->plain != NULL,
	};
	struct err err = {0};
	struct yaml_doc doc;
	size_t i;

	setting->place.file = source.name;
	if (yaml_parse_source(&source, &doc, &err) < 0) {
		problems_add(load->problems, PROBLEM_ERROR, &err);
		return;
	}
	if (doc.value.type == VALUE_MAP) {
		check_doc(load, &doc, setting);
		for (i = 0; i < value_len(doc.value); i++)
			value_map_put(into,
			    value_ref(value_map_name_at(doc.value, i)),
			    value_ref(value_map_at(doc.value, i)));
	} else if (value_truth(doc.value)) {
		problems_error(load->problems, setting->place.file, 1, 1,
		    "expected variables, not %s", value_type_name(doc.value));
		problems_hint(load->problems, "one \"name: value\" a line");
	}
	yaml_doc_done(&doc);
}

static void
read_file(struct inv_load *load, const struct inv_file *file,
    struct inv_setting *setting, struct value into)
{
	struct inv_text text;

	if (!inv_text_open(load, file, &text))
		return;
	read_text(load, &text, setting, into);
	inv_text_done(&text);
}

/* What one base has for one group or host. */
static void
read_base(struct var_sets *sets, size_t base, char kind,
    struct inv_setting *setting, struct inv_vars *vars)
{
	struct var_set *set = NULL;
	size_t i;

	for (i = 0; i < SUFFIXES && set == NULL; i++) {
		char *key = set_key(base, kind, setting->owner,
		    strlen(setting->owner), suffixes[i]);

		HASH_FIND_STR(sets->sets, key, set);
		free(key);
	}
	if (set == NULL)
		return;
	if (vars->files == NULL)
		vars->files = mem_array(
		    sets->load->inv->bases.count, sizeof vars->files[0]);
	vars->files[base] = value_map_new();
	qsort(
	    set->files.at, set->files.count, sizeof set->files.at[0], cmp_path);
	for (i = 0; i < set->files.count; i++)
		read_file(
		    sets->load, set->files.at[i], setting, vars->files[base]);
}

static void
read_all(struct var_sets *sets)
{
	struct inventory *inv = sets->load->inv;
	size_t base, i;

	for (base = 0; base < inv->bases.count; base++) {
		for (i = 0; i < inv->groups.count; i++) {
			struct inv_group *group = inv->groups.at[i];
			struct inv_setting setting = {.owner = group->name};

			read_base(sets, base, 'g', &setting, &group->vars);
		}
		for (i = 0; i < inv->hosts.count; i++) {
			struct inv_host *host = inv->hosts.at[i];
			struct inv_setting setting = {
			    .owner = host->name, .host = host};

			read_base(sets, base, 'h', &setting, &host->vars);
		}
	}
}

void
inv_vars_load(struct inv_load *load, const struct inv_input *input)
{
	struct var_sets sets = {.load = load};
	struct inv_file *files =
	    mem_array(input->count, sizeof(struct inv_file));
	struct var_set *set, *next;
	size_t i;

	for (i = 0; i < input->count; i++) {
		files[i] = input->files[i];
		add_file(&sets, &files[i]);
	}
	read_all(&sets);
	HASH_ITER (hh, sets.sets, set, next) {
		HASH_DEL(sets.sets, set);
		ptrs_done(&set->files);
		free(set->key);
		free(set);
	}
	free(files);
}
