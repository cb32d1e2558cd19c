/* Host lines: "name[01:16]:port key=value ...". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/hostrange.h"
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
		return 0;
	}
	if (ret == 0)
		return 0;
	problems_error(ini->load->problems, ini->file, ini->line, col,
	    "a Python literal that no variable can hold: %s", wrong);
	problems_hint(ini->load->problems,
	    "for text, put quotes inside of quotes: \"'...'\"");
	return ret;
}

/* One "key=value" of the line, for every host that it names. */
struct host_setting {
	struct ini *ini;
	struct inv_host **hosts;
	size_t count;
};

static void
set_on_hosts(const struct host_setting *hs, const struct inv_setting *base)
{
	struct ini *ini = hs->ini;
	size_t i;

	for (i = 0; i < hs->count; i++) {
		struct inv_setting setting = *base;

		setting.host = hs->hosts[i];
		setting.owner = setting.host->name;
		inv_check_setting(ini->load, &setting);
		if (inv_set_host_var(ini->load->inv, setting.host,
			setting.name->key, value_ref(setting.value)) == 0)
			continue;
		problems_error(ini->load->problems, ini->file, ini->line,
		    setting.place.col,
		    "ansible_group_priority must be an integer");
	}
}

static void
host_variable(const struct host_setting *hs, char *word, int col)
{
	struct ini *ini = hs->ini;
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
	set_on_hosts(hs, &setting);
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
	return false;
}

static struct inv_host *
add_host(struct ini *ini, const char *name, int64_t port,
    const struct inv_place *place)
{
	struct inventory *inv = ini->load->inv;
	bool is_new = inv_get_host(inv, name) == NULL;
	struct inv_host *host = inv_add_host(inv, name, place);

	if (is_new && port != 0)
		inv_vars_set(&host->vars,
		    inv_load_name(ini->load, "ansible_port", place)->key,
		    value_int(port));
	inv_group_add_host(ini->group, host);
	return host;
}

/* Adds the hosts of the first word; the caller frees *ret_hosts. */
static int
add_hosts(struct ini *ini, const char *pattern, int col,
    struct host_setting *ret_setting)
{
	struct inv_place place = {ini->file, ini->line, col};
	struct host_setting hs = {.ini = ini};
	struct hostrange range;
	struct err err = {0};
	size_t i;
	int ret;

	ret = hostrange_expand(pattern, INVENTORY_RANGE_MAX, &range, &err);
	if (ret == 0 && range.count > ini->load->hosts_left) {
		err_set(&err, "more than %u hosts", INVENTORY_HOSTS_MAX);
		hostrange_done(&range);
		ret = -E2BIG;
	}
	if (ret < 0) {
		err_place(&err, ini->file, ini->line, col);
		problems_add(ini->load->problems, PROBLEM_ERROR, &err);
		return ret;
	}
	ini->load->hosts_left -= range.count;
	hs.hosts = mem_array(range.count, sizeof(struct inv_host *));
	for (i = 0; i < range.count; i++)
		hs.hosts[hs.count++] =
		    add_host(ini, range.names[i], range.port, &place);
	hostrange_done(&range);
	*ret_setting = hs;
	return 0;
}

void
ini_host_line(struct ini *ini, const char *text, size_t len, int col)
{
	struct host_setting hs = {0};
	struct shwords words = {0};
	size_t at = 0, i;
	const char *wrong;

	wrong = shsplit(text, len, &words, &at);
	if (wrong != NULL) {
		problems_error(ini->load->problems, ini->file, ini->line,
		    col + (int)at, "%s", wrong);
		return;
	}
	if (words.count > 0 && check_pattern(ini, words.at[0].text, col) &&
	    add_hosts(ini, words.at[0].text, col, &hs) == 0)
		for (i = 1; i < words.count; i++)
			host_variable(
			    &hs, words.at[i].text, col + (int)words.at[i].col);
	free(hs.hosts);
	shwords_done(&words);
}
