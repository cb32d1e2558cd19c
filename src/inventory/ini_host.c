/* Host lines: "name[01:16]:port key=value ...". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/ini_impl.h"
#include "inventory/pyliteral.h"
#include "inventory/shsplit.h"

int
ini_value(struct ini *ini, int col, const char *text, size_t len,
    struct value *ret_value)
{
	const char *wrong = "";
	int ret = pyliteral_parse(text, len, ret_value, &wrong);

	if (ret == -EINVAL) {
		*ret_value = value_string_len(text, len);
		ret = 0;
	}
	if (ret == 0 && ini->secret && ret_value->type >= VALUE_INT)
		ret_value->flags |= VALUE_SECRET;
	if (ret == 0)
		return 0;
	problems_error(ini->load->problems, ini->file, ini->line, col,
	    "a Python literal that no variable can hold: %s", wrong);
	problems_hint(ini->load->problems,
	    "for text, put quotes inside of quotes: \"'...'\"");
	return ret;
}

static void
host_variable(
    struct ini *ini, const struct inv_named *named, char *word, int col)
{
	struct inv_setting setting = {.place = {ini->file, ini->line, col}};
	char *equals = strchr(word, '=');

	if (equals == NULL) {
		problems_error(ini->load->problems, ini->file, ini->line, col,
		    "expected key=value behind the host, not \"%.100s\"", word);
		problems_hint(ini->load->problems,
		    "a value with blanks needs quotes: key=\"a b\"");
		return;
	}
	*equals = '\0';
	setting.name = inv_load_name(ini->load, word, &setting.place);
	setting.raw = equals + 1;
	setting.place.col += (int)(equals - word) + 1;
	if (ini_value(ini, setting.place.col, setting.raw, strlen(setting.raw),
		&setting.value) < 0)
		return;
	inv_set_named(ini->load, named, &setting);
	value_unref(setting.value);
}

static bool
check_pattern(struct ini *ini, const char *pattern, int col)
{
	size_t len = strlen(pattern);
	const char *wrong = NULL;

	if (len == 0)
		wrong = "a host without a name";
	else if (strcmp(pattern, "---") == 0)
		wrong = "\"---\" begins a YAML file, and this is read as INI";
	else if (pattern[len - 1] == ':')
		wrong = "a \":\" behind a host must be followed by a port";
	if (wrong == NULL)
		return true;
	problems_error(
	    ini->load->problems, ini->file, ini->line, col, "%s", wrong);
	problems_hint(ini->load->problems,
	    "a line is a host, name or name:port, and key=value behind it");
	return false;
}

void
ini_host_line(struct ini *ini, const char *text, size_t len, int col)
{
	struct inv_place place = {ini->file, ini->line, col};
	struct inv_named named = {0};
	struct shwords words = {0};
	size_t at = 0, i;
	const char *wrong;

	wrong = shsplit(text, len, &words, &at);
	if (wrong != NULL) {
		problems_error(ini->load->problems, ini->file, ini->line,
		    col + (int)at, "%s", wrong);
		problems_hint(ini->load->problems,
		    "text with blanks, quotes or backslashes goes in quotes: "
		    "key=\"it's so\"");
		return;
	}
	if (words.count > 0 && check_pattern(ini, words.at[0].text, col) &&
	    inv_add_named(
		ini->load, ini->group, words.at[0].text, &place, &named) == 0)
		for (i = 1; i < words.count; i++)
			host_variable(ini, &named, words.at[i].text,
			    col + (int)words.at[i].col);
	free(named.at);
	shwords_done(&words);
}
