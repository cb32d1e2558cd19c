/* The manuals say what the tables and the shipped templates have. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/finding.h"
#include "inventory/known.h"
#include "template/builtin.h"
#include "template/lex.h"

#define INVENTORY_PAGE "src/inventory/convect-pxed-inventory.5"
#define CTL_PAGE "src/ctl/convect-pxectl.8"
#define TEMPLATES_PAGE "src/template/convect-pxed-templates.5"

static char *
read_source(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char *path = mem_printf("%s/%s", srcdir == NULL ? "." : srcdir, name);
	struct buf text;

	buf_init(&text, 1 << 20);
	if (file_read(path, &text, NULL) < 0)
		fail_msg("%s can not be read", path);
	free(path);
	return buf_take(&text, NULL);
}

static void
test_known_variables(void **state)
{
	char *page = read_source(INVENTORY_PAGE);
	struct buf list;

	(void)state;
	buf_init(&list, 1 << 20);
	known_write_mdoc(&list);
	if (strstr(page, list.data) == NULL)
		fail_msg("%s: its list of variables should be\n%s",
		    INVENTORY_PAGE, list.data);
	buf_done(&list);
	free(page);
}

static void
test_doctor_findings(void **state)
{
	char *page = read_source(CTL_PAGE);
	struct buf list;

	(void)state;
	buf_init(&list, 1 << 20);
	finding_write_mdoc(&list);
	if (strstr(page, list.data) == NULL)
		fail_msg(
		    "%s: what doctor finds should be\n%s", CTL_PAGE, list.data);
	buf_done(&list);
	free(page);
}

/* A whole word between blanks, commas and full stops. */
static bool
has_word(const char *page, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(page, word); at != NULL;
	     at = strstr(at + 1, word)) {
		if (at > page && strchr(" \n", at[-1]) == NULL)
			continue;
		if (strchr(" ,.\n", at[len]) != NULL)
			return true;
	}
	return false;
}

static void
expect_rows(const char *page, const struct builtin *rows, const char *kind)
{
	for (; rows->name != NULL; rows++)
		if (!has_word(page, rows->name))
			fail_msg("%s: the %s '%s' is missing", TEMPLATES_PAGE,
			    kind, rows->name);
}

static void
test_builtins(void **state)
{
	char *page = read_source(TEMPLATES_PAGE);

	(void)state;
	for (size_t i = 0; filter_table.parts[i] != NULL; i++)
		expect_rows(page, filter_table.parts[i], "filter");
	for (size_t i = 0; test_table.parts[i] != NULL; i++)
		expect_rows(page, test_table.parts[i], "test");
	expect_rows(page, global_functions, "function");
	expect_rows(page, string_methods, "method");
	expect_rows(page, list_methods, "method");
	expect_rows(page, map_methods, "method");
	free(page);
}

static bool
token_is(const struct token *token, const char *text)
{
	return token->len == strlen(text) &&
	       memcmp(token->text, text, token->len) == 0;
}

static bool
is_keyword(const struct token *token)
{
	static const char *const words[] = {"if", "elif", "else", "endif",
	    "for", "in", "endfor", "set", "endset", "include", "filter",
	    "endfilter", "macro", "endmacro", "loop", "namespace", "is", "not",
	    "and", "or", "true", "false", "none"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (token_is(token, words[i]))
			return true;
	return false;
}

/* What is behind these words and signs is no variable. */
static bool
names_something_else(const struct token *before)
{
	return token_is(before, "|") || token_is(before, "is") ||
	       token_is(before, "not") || token_is(before, "for") ||
	       token_is(before, "set") || token_is(before, "filter") ||
	       token_is(before, ".");
}

/* "node.report_url" of three tokens. */
static char *
variable_at(const struct tokens *tokens, size_t i)
{
	const struct token *token = &tokens->items[i];
	char *name = mem_strndup(token->text, token->len);
	char *whole;

	if (i + 2 >= tokens->count || !token_is(&tokens->items[i + 1], "."))
		return name;
	token = &tokens->items[i + 2];
	whole = mem_printf("%s.%.*s", name, (int)token->len, token->text);
	free(name);
	return whole;
}

/* Names that the shipped templates make themselves, a comma behind each. */
static struct buf own_names;

static void
add_own_name(const struct token *token)
{
	buf_addf(&own_names, ",%.*s,", (int)token->len, token->text);
}

static bool
is_own_name(const struct token *token)
{
	char *name = mem_printf(",%.*s,", (int)token->len, token->text);
	bool own = strstr(own_names.data, name) != NULL;

	free(name);
	return own;
}

/* Of `set`, `for` and `macro`, whose arguments are up to its parenthesis. */
static void
collect_own_names(const struct tokens *tokens)
{
	for (size_t i = 1; i < tokens->count; i++) {
		const struct token *token = &tokens->items[i];

		if (token_is(token - 1, "set") || token_is(token - 1, "for"))
			add_own_name(token);
		if (!token_is(token - 1, "macro"))
			continue;
		for (; i < tokens->count && !token_is(token, ")");
		     token = &tokens->items[++i])
			if (token->type == TOKEN_NAME)
				add_own_name(token);
	}
}

static void
expect_variable(const char *pages[2], const char *name, const char *file)
{
	char *item = mem_printf(".It Va %s\n", name);

	if (strstr(pages[0], item) == NULL && strstr(pages[1], item) == NULL)
		fail_msg("%s uses '%s', which no manual explains", file, name);
	free(item);
}

static void
expect_variables(
    const char *pages[2], const char *file, const struct tokens *tokens)
{
	if (pages == NULL) {
		collect_own_names(tokens);
		return;
	}
	for (size_t i = 1; i + 1 < tokens->count; i++) {
		const struct token *token = &tokens->items[i];
		char *name;

		if (token->type != TOKEN_NAME || is_keyword(token) ||
		    names_something_else(token - 1) ||
		    token_is(token + 1, "=") || is_own_name(token))
			continue;
		name = variable_at(tokens, i);
		expect_variable(pages, name, file);
		free(name);
	}
}

/* Without pages: only collects the names of its own. */
static void
look_at_file(const char *pages[2], const char *file)
{
	struct lex_options options = {.trim_blocks = true, .first_line = 1};
	struct tokens tokens = {0};
	char *text = read_source(file);

	assert_int_equal(
	    lex_template(file, text, strlen(text), &options, &tokens, NULL), 0);
	expect_variables(pages, file, &tokens);
	lex_done(&tokens);
	free(text);
}

static void
expect_dir(const char *pages[2], const char *dir)
{
	const char *srcdir = getenv("srcdir");
	char *path = mem_printf("%s/%s", srcdir == NULL ? "." : srcdir, dir);
	DIR *entries = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(entries);
	while ((entry = readdir(entries)) != NULL) {
		char *file;

		if (!str_ends(entry->d_name, ".j2"))
			continue;
		if (pages != NULL && !has_word(pages[1], entry->d_name))
			fail_msg(
			    "%s: %s is missing", TEMPLATES_PAGE, entry->d_name);
		file = mem_printf("%s/%s", dir, entry->d_name);
		look_at_file(pages, file);
		free(file);
		count++;
	}
	assert_true(count > 0);
	closedir(entries);
	free(path);
}

static void
test_shipped_templates(void **state)
{
	char *inventory = read_source(INVENTORY_PAGE);
	char *templates = read_source(TEMPLATES_PAGE);
	const char *pages[2] = {inventory, templates};

	(void)state;
	buf_init(&own_names, 1 << 16);
	expect_dir(NULL, "templates");
	expect_dir(NULL, "pxe");
	expect_dir(pages, "templates");
	expect_dir(pages, "pxe");
	buf_done(&own_names);
	free(inventory);
	free(templates);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_variables),
	    cmocka_unit_test(test_doctor_findings),
	    cmocka_unit_test(test_builtins),
	    cmocka_unit_test(test_shipped_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
