/* A host's line in an INI inventory. */
#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "inventory/inv_edit_impl.h"
#include "inventory/pytext.h"

/* Where lines of interest are; SIZE_MAX where there is none. */
struct ini_scan {
	const struct inv_file *file;
	const char *group; /* that is looked for */
	size_t group_end; /* behind the last host of its section, or its head */
	size_t group_host; /* that last host's line */
	size_t top_end;	   /* behind the last host before all sections */
	size_t top_host;
	size_t first_head; /* the first section, with the comments on it */
	bool in_group;
	bool at_top;
	size_t comment; /* where the comments began that stand before this */
};

/* "[name]" or "[name:hosts]": the section of a group's hosts. */
static bool
is_section_of(const char *text, size_t len, const char *group)
{
	size_t name_len = strlen(group);
	const char *rest;

	if (len < name_len + 2 || strncmp(text + 1, group, name_len) != 0)
		return false;
	rest = text + 1 + name_len;
	len -= 1 + name_len;
	return rest[0] == ']' || (len >= 7 && memcmp(rest, ":hosts]", 7) == 0);
}

static void
scan_head(struct ini_scan *scan, const char *text, size_t len, size_t at)
{
	size_t end = inv_edit_line_end(scan->file, at);

	if (scan->first_head == SIZE_MAX) {
		/* Comments at the very top are the file's, not the section's.
		 */
		scan->first_head =
		    scan->comment != SIZE_MAX && scan->comment > 0
			? scan->comment
			: at;
		scan->at_top = false;
	}
	scan->in_group = is_section_of(text, len, scan->group) &&
			 scan->group_end == SIZE_MAX;
	if (scan->in_group)
		scan->group_end = end;
}

static void
scan_line(struct ini_scan *scan, size_t at)
{
	size_t end = inv_edit_line_end(scan->file, at);
	const char *text = scan->file->text + at;
	size_t len = end - at;

	pytext_strip(&text, &len);
	if (len == 0) {
		scan->comment = SIZE_MAX;
		return;
	}
	if (*text == '#' || *text == ';') {
		if (scan->comment == SIZE_MAX)
			scan->comment = at;
		return;
	}
	if (*text == '[') {
		scan_head(scan, text, len, at);
	} else if (scan->in_group) {
		scan->group_end = end;
		scan->group_host = at;
	} else if (scan->at_top) {
		scan->top_end = end;
		scan->top_host = at;
	}
	scan->comment = SIZE_MAX;
}

/* Like the host's line before it: its indentation and its second column. */
static void
add_name(const struct inv_file *file, size_t sample, const char *name,
    struct buf *out)
{
	const char *text = sample == SIZE_MAX ? "" : file->text + sample;
	size_t len =
	    sample == SIZE_MAX ? 0 : inv_edit_line_end(file, sample) - sample;
	size_t indent = 0;
	size_t word;
	size_t gap;

	while (indent < len && strchr(" \t", text[indent]) != NULL)
		indent++;
	buf_add(out, text, indent);
	buf_adds(out, name);
	for (word = indent;
	     word < len && strchr(" \t\r\n", text[word]) == NULL;)
		word++;
	for (gap = word; gap < len && text[gap] == ' ';)
		gap++;
	if (word < len && text[word] == '\t') {
		buf_addc(out, '\t');
		return;
	}
	for (size_t at = indent + strlen(name); at + 1 < gap; at++)
		buf_addc(out, ' ');
	buf_addc(out, ' ');
}

static void
add_line(const struct inv_edit_cut *cut, size_t sample,
    const struct inv_edit *edit, struct buf *out)
{
	add_name(cut->file, sample, edit->host, out);
	for (size_t i = 0; i < edit->var_count; i++) {
		const struct inv_edit_var *var = &edit->vars[i];

		buf_addf(out, "%s%s=", i == 0 ? "" : " ", var->name);
		escape_shell(out, var->text, strlen(var->text));
	}
	buf_addc(out, '\n');
}

static void
place_ungrouped(struct inv_edit_cut *cut, const struct ini_scan *scan,
    const struct inv_edit *edit)
{
	if (scan->top_end != SIZE_MAX) {
		cut->at = scan->top_end;
		add_line(cut, scan->top_host, edit, &cut->text);
		return;
	}
	cut->at =
	    scan->first_head == SIZE_MAX ? cut->file->len : scan->first_head;
	add_line(cut, SIZE_MAX, edit, &cut->text);
	if (scan->first_head != SIZE_MAX)
		buf_addc(&cut->text, '\n');
}

int
inv_edit_ini(struct inv_edit_cut *cut, const struct inv_edit *edit,
    enum inv_edit_where *ret_where, struct err *err)
{
	const struct inv_file *file = cut->file;
	struct ini_scan scan = {.file = file,
	    .group = edit->group == NULL ? "ungrouped" : edit->group,
	    .group_end = SIZE_MAX,
	    .group_host = SIZE_MAX,
	    .top_end = SIZE_MAX,
	    .top_host = SIZE_MAX,
	    .first_head = SIZE_MAX,
	    .comment = SIZE_MAX,
	    .at_top = true};

	(void)err;
	for (size_t at = 0; at < file->len; at = inv_edit_line_end(file, at))
		scan_line(&scan, at);
	*ret_where = INV_EDIT_IN_GROUP;
	if (scan.group_end != SIZE_MAX) {
		cut->at = scan.group_end;
		add_line(cut, scan.group_host, edit, &cut->text);
	} else if (edit->group == NULL) {
		place_ungrouped(cut, &scan, edit);
	} else {
		*ret_where = INV_EDIT_NEW_GROUP;
		cut->at = file->len;
		buf_addf(&cut->text, "%s[%s]\n", file->len > 0 ? "\n" : "",
		    edit->group);
		add_line(cut, SIZE_MAX, edit, &cut->text);
	}
	return 0;
}
