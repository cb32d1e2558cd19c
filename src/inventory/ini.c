/*
 * INI inventories as ansible-core 2.14 reads them: sections of hosts, of
 * children and of variables, over lines that Python would see.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/ini_impl.h"
#include "inventory/pytext.h"

/* A group that is spoken of before it is declared. */
struct ini_pending {
	char *name;
	enum ini_state state; /* INI_VARS or INI_CHILDREN */
	struct inv_place place;
	struct ptrs parents; /* struct inv_group, for INI_CHILDREN */
	UT_hash_handle hh;
};

/* A section's head, cut up. */
struct ini_head {
	char *name;
	char *kind; /* "" when there is none */
};

static const struct {
	const char *kind;
	enum ini_state state;
} kinds[] = {
    {"", INI_HOSTS},
    {"hosts", INI_HOSTS},
    {"children", INI_CHILDREN},
    {"vars", INI_VARS},
};

static struct ini_pending *
find_pending(struct ini *ini, const char *name)
{
	struct ini_pending *pending;

	HASH_FIND_STR(ini->pending, name, pending);
	return pending;
}

static struct ini_pending *
add_pending(struct ini *ini, const char *name, enum ini_state state, int col)
{
	struct ini_pending *pending = mem_alloc(sizeof *pending);

	pending->name = mem_strdup(name);
	pending->state = state;
	pending->place = (struct inv_place){ini->file, ini->line, col};
	HASH_ADD_KEYPTR(
	    hh, ini->pending, pending->name, strlen(pending->name), pending);
	return pending;
}

static void
drop_pending(struct ini *ini, struct ini_pending *pending)
{
	HASH_DEL(ini->pending, pending);
	ptrs_done(&pending->parents);
	free(pending->name);
	free(pending);
}

static void
add_child(struct ini *ini, struct inv_group *group, struct inv_group *child,
    const struct inv_place *place)
{
	if (inv_group_add_child(ini->load->inv, group, child) == 0)
		return;
	problems_error(ini->load->problems, place->file, place->line,
	    place->col, "the group \"%s\" as a child of \"%s\" makes a loop",
	    child->name, group->name);
	problems_hint(ini->load->problems, "a group can not be above itself");
}

/* The section declares the group that others have been waiting for. */
static void
settle_pending(struct ini *ini, struct inv_group *group)
{
	struct ini_pending *pending = find_pending(ini, group->name);
	size_t i;

	if (pending == NULL)
		return;
	for (i = 0; i < pending->parents.count; i++)
		add_child(ini, pending->parents.at[i], group, &pending->place);
	drop_pending(ini, pending);
}

/* Length of a group's name: up to ":", "]" or a blank. */
static size_t
name_length(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != ':' && text[n] != ']' &&
	       pytext_blank(text + n, len - n) == 0)
		n++;
	return n;
}

/* Only blanks and perhaps a "#" comment are left. */
static bool
only_comment(const char *text, size_t len)
{
	size_t n;

	while ((n = pytext_blank(text, len)) > 0) {
		text += n;
		len -= n;
	}
	return len == 0 || *text == '#';
}

static size_t
kind_length(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != ']' && text[n] != ':' &&
	       ((unsigned char)text[n] >= 0x80 || text[n] == '_' ||
		   (text[n] >= '0' && text[n] <= '9') ||
		   (text[n] >= 'a' && text[n] <= 'z') ||
		   (text[n] >= 'A' && text[n] <= 'Z')))
		n++;
	return n;
}

/* "[name]" or "[name:kind]", with a comment at most. */
static bool
read_head(const char *text, size_t len, struct ini_head *ret_head)
{
	size_t name_len, kind_len = 0, at;

	if (len == 0 || text[0] != '[')
		return false;
	name_len = name_length(text + 1, len - 1);
	at = 1 + name_len;
	if (name_len == 0 || at == len)
		return false;
	if (text[at] == ':') {
		kind_len = kind_length(text + at + 1, len - at - 1);
		if (kind_len == 0)
			return false;
		at += 1 + kind_len;
	}
	if (at == len || text[at] != ']' ||
	    !only_comment(text + at + 1, len - at - 1))
		return false;
	ret_head->name = mem_strndup(text + 1, name_len);
	ret_head->kind = mem_strndup(text + at - kind_len, kind_len);
	return true;
}

static bool
find_kind(const char *kind, enum ini_state *ret_state)
{
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, kind) == 0) {
			*ret_state = kinds[i].state;
			return true;
		}
	return false;
}

static void
enter_section(struct ini *ini, const struct ini_head *head, int col)
{
	struct inventory *inv = ini->load->inv;
	struct inv_place place = {ini->file, ini->line, col};

	if (!find_kind(head->kind, &ini->state)) {
		problems_error(ini->load->problems, ini->file, ini->line, col,
		    "the section [%.100s:%.100s] has an unknown type",
		    head->name, head->kind);
		problems_hint(ini->load->problems,
		    "there are [group], [group:children] and [group:vars]");
		ini->state = INI_SKIP;
		return;
	}
	if (inv_get_group(inv, head->name) == NULL) {
		inv_check_group_name(ini->load, head->name, &place);
		if (ini->state == INI_VARS &&
		    find_pending(ini, head->name) == NULL)
			add_pending(ini, head->name, INI_VARS, col);
	}
	ini->group = inv_add_group(inv, head->name, &place);
	if (ini->state != INI_VARS)
		settle_pending(ini, ini->group);
}

static void
child_line(struct ini *ini, const char *text, size_t len, int col)
{
	struct inv_place place = {ini->file, ini->line, col};
	size_t n = name_length(text, len);
	struct ini_pending *pending;
	struct inv_group *child;
	char *name;

	if (n == 0 || !only_comment(text + n, len - n)) {
		problems_error(ini->load->problems, ini->file, ini->line, col,
		    "expected the name of a group, not \"%.*s\"",
		    (int)(len < 100 ? len : 100), text);
		problems_hint(
		    ini->load->problems, "one group a line, without variables");
		return;
	}
	name = mem_strndup(text, n);
	child = inv_get_group(ini->load->inv, name);
	if (child != NULL) {
		add_child(ini, ini->group, child, &place);
	} else {
		pending = find_pending(ini, name);
		if (pending == NULL)
			pending = add_pending(ini, name, INI_CHILDREN, col);
		ptrs_add(&pending->parents, ini->group);
	}
	free(name);
}

static void
set_variable(
    struct ini *ini, const char *name, const char *text, size_t len, int col)
{
	struct inv_setting setting = {
	    .place = {ini->file, ini->line, col}, .owner = ini->group->name};
	char *raw;

	if (ini_value(ini, col, text, len, &setting.value) < 0)
		return;
	setting.name = inv_load_name(ini->load, name, &setting.place);
	raw = mem_strndup(text, len);
	setting.raw = raw;
	inv_check_setting(ini->load, &setting);
	if (inv_set_group_var(ini->group, setting.name->key, setting.value) < 0)
		problems_error(ini->load->problems, ini->file, ini->line, col,
		    "ansible_group_priority must be an integer");
	free(raw);
}

static void
variable_line(struct ini *ini, const char *text, size_t len, int col)
{
	const char *equals = memchr(text, '=', len);
	const char *key = text, *value;
	size_t key_len, value_len;
	char *name;

	if (equals == NULL) {
		problems_error(ini->load->problems, ini->file, ini->line, col,
		    "expected key=value, not \"%.*s\"",
		    (int)(len < 100 ? len : 100), text);
		return;
	}
	key_len = (size_t)(equals - text);
	value = equals + 1;
	value_len = len - key_len - 1;
	pytext_strip(&key, &key_len);
	pytext_strip(&value, &value_len);
	name = mem_strndup(key, key_len);
	set_variable(ini, name, value, value_len, col + (int)(value - text));
	free(name);
}

static void
content_line(struct ini *ini, const char *text, size_t len, int col)
{
	switch (ini->state) {
	case INI_HOSTS:
		ini_host_line(ini, text, len, col);
		break;
	case INI_CHILDREN:
		child_line(ini, text, len, col);
		break;
	case INI_VARS:
		variable_line(ini, text, len, col);
		break;
	case INI_SKIP:
		break;
	}
}

static void
one_line(struct ini *ini, const char *line, size_t len)
{
	const char *text = line;
	struct ini_head head;
	int col;

	if (len > INVENTORY_LINE_MAX) {
		problems_error(ini->load->problems, ini->file, ini->line, 0,
		    "a line of %zu bytes; %u is the most", len,
		    INVENTORY_LINE_MAX);
		problems_hint(ini->load->problems,
		    "long values can be in a file of host_vars/");
		return;
	}
	pytext_strip(&text, &len);
	if (len == 0 || *text == '#' || *text == ';')
		return;
	col = (int)(text - line) + 1;
	if (read_head(text, len, &head)) {
		enter_section(ini, &head, col);
		free(head.name);
		free(head.kind);
	} else if (text[0] == '[' && text[len - 1] == ']') {
		problems_error(ini->load->problems, ini->file, ini->line, col,
		    "\"%.*s\" is not a section", (int)(len < 100 ? len : 100),
		    text);
		problems_hint(ini->load->problems,
		    "no blanks in [group] or [group:vars]");
		ini->state = INI_SKIP;
	} else {
		content_line(ini, text, len, col);
	}
}

/* What is still waited for at the end is a mistake. */
static void
report_pending(struct ini *ini)
{
	struct ini_pending *pending, *next;

	HASH_ITER (hh, ini->pending, pending, next) {
		if (pending->state == INI_VARS) {
			problems_error(ini->load->problems, pending->place.file,
			    pending->place.line, pending->place.col,
			    "[%s:vars] is for a group that is not defined",
			    pending->name);
		} else {
			struct inv_group *parent =
			    pending->parents.at[pending->parents.count - 1];

			problems_error(ini->load->problems, pending->place.file,
			    pending->place.line, pending->place.col,
			    "[%s:children] includes \"%s\", a group that is "
			    "not defined",
			    parent->name, pending->name);
		}
		problems_hint(ini->load->problems,
		    "define it, if only by a line [%s]", pending->name);
		drop_pending(ini, pending);
	}
}

void
ini_load(struct inv_load *load, const struct inv_text *text)
{
	const struct inv_file *file = &text->file;
	struct ini ini = {.load = load,
	    .state = INI_HOSTS,
	    .group = load->inv->ungrouped,
	    .secret = text->plain != NULL};
	const char *line;
	size_t pos = 0, len;

	ini.file = inv_add_path(load->inv, file->path);
	while (pytext_next_line(file->text, file->len, &pos, &line, &len)) {
		ini.line++;
		one_line(&ini, line, len);
	}
	report_pending(&ini);
}
