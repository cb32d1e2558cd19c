/* The known variables as the manual tells them. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "inventory/known.h"

static const char *const type_texts[] = {
    [KNOWN_BOOL] = "true or false",
    [KNOWN_INT] = "a whole number",
    [KNOWN_SECONDS] = "seconds, also 0.5 and the like,",
    [KNOWN_STRING] = "text",
    [KNOWN_ENUM] = "one of",
    [KNOWN_PATH] = "a path",
    [KNOWN_TEMPLATE] = "name of a template",
    [KNOWN_MACS] = "one or several, with commas between or as a list",
    [KNOWN_ADDRS] = "one or several, with commas between or as a list",
    [KNOWN_UUIDS] = "one or several, with commas between or as a list",
    [KNOWN_SERIALS] = "one or several, with commas between or as a list",
    [KNOWN_LIST] = "a list of strings",
    [KNOWN_COMMANDS] = "a list of strings, or of lists of strings",
    [KNOWN_MAP] = "a mapping",
    [KNOWN_SIZE] = "bytes, or a number with K, M, G or T",
    [KNOWN_NETS] = "one or several, with commas between or as a list",
    [KNOWN_IPS] = "one or several, with commas between or as a list",
    [KNOWN_ROUTES] = "a list of mappings",
    [KNOWN_DISKS] = "text, a mapping or a list of these",
};

/* As a sentence; a new line where the page's would get too long. */
static void
add_meaning(const char *meaning, struct buf *out)
{
	buf_addc(out, (char)toupper((unsigned char)*meaning));
	for (const char *at = meaning + 1; *at != '\0'; at++)
		buf_addc(out, *at == ' ' && at[-1] == ';' ? '\n' : *at);
	buf_adds(out, ".\n");
}

/* "Type: one of exit, sanboot, 404." */
static void
add_type(const struct known_var *var, struct buf *out)
{
	buf_addf(out, "Type: %s", type_texts[var->type]);
	if (var->type == KNOWN_INT || var->type == KNOWN_SECONDS)
		buf_addf(
		    out, " from %" PRId64 " to %" PRId64, var->min, var->max);
	if (var->type == KNOWN_STRING && var->max > 0)
		buf_addf(out, " of up to %" PRId64 " bytes", var->max);
	if (var->type == KNOWN_ENUM) {
		buf_addc(out, ' ');
		for (const char *at = var->choices; *at != '\0'; at++)
			buf_adds(
			    out, *at == '|' ? ", " : (const char[]){*at, '\0'});
	}
	buf_adds(out, ".\n");
}

void
known_write_mdoc(struct buf *out)
{
	size_t count;
	const struct known_var *table = known_table(&count);

	buf_adds(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < count; i++) {
		const struct known_var *var = &table[i];

		buf_addf(out, ".It Va %s\n", var->name);
		add_meaning(var->meaning, out);
		add_type(var, out);
		if (var->def != NULL)
			buf_addf(out, "Default:\n.Ql %s .\n", var->def);
		if ((var->flags & KNOWN_HOST_ONLY) != 0)
			buf_adds(out, "Not in a group.\n");
		if ((var->flags & KNOWN_SECRET) != 0)
			buf_adds(out, "Secret: masked where it is shown.\n");
	}
	buf_adds(out, ".El\n");
}
