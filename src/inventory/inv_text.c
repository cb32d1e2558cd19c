/* The texts of files: looked at, and decrypted where a vault has them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/inv_load.h"
#include "inventory/vault.h"

#define VAULTS_MAX 100 /* tried; of more of them, none */

/* A vault by its label. */
struct inv_vaults {
	char labels[VAULTS_MAX][INV_LABEL_MAX + 1];
	size_t count;
};

static bool
text_error(struct inv_load *load, const struct inv_file *file, size_t at,
    const char *text, const char *hint)
{
	size_t i, start = 0;
	int line = 1;

	for (i = 0; i < at; i++) {
		if (file->text[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	problems_error(load->problems, file->path, line, (int)(at - start) + 1,
	    "%s", text);
	problems_hint(load->problems, "%s", hint);
	return false;
}

static bool
check_size(struct inv_load *load, const struct inv_file *file)
{
	if (file->len <= INVENTORY_FILE_MAX)
		return true;
	problems_error(load->problems, file->path, 0, 0,
	    "%zu bytes; %u is the most", file->len, INVENTORY_FILE_MAX);
	problems_hint(load->problems, "is it an inventory at all?");
	return false;
}

static bool
check_text(struct inv_load *load, const struct inv_file *file)
{
	const char *nul;
	size_t valid;

	if (file->len == 0)
		return true;
	nul = memchr(file->text, '\0', file->len);
	if (nul != NULL)
		return text_error(load, file, (size_t)(nul - file->text),
		    "a NUL byte: this is not a text file",
		    "a UTF-16 file? Save it as UTF-8");
	if (file->len >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0)
		return text_error(load, file, 0,
		    "a byte order mark in front of the text",
		    "save the file as UTF-8 without one");
	valid = str_utf8_valid_len(file->text, file->len);
	if (valid != file->len)
		return text_error(load, file, valid, "not UTF-8 text",
		    "`iconv -f LATIN1 -t UTF-8` converts older files");
	return true;
}

bool
inv_text_open(struct inv_load *load, const struct inv_file *file,
    struct inv_text *ret_text)
{
	struct inv_text text = {.file = *file};
	struct err err = {0};

	if (!check_size(load, file))
		return false;
	if (vault_is_encrypted(file->text, file->len)) {
		if (vault_open(load->secrets, file->text, file->len,
			&text.plain, &text.file.len, &err) < 0) {
			err_place(&err, file->path, err.line, err.col);
			problems_add(load->problems, PROBLEM_ERROR, &err);
			return false;
		}
		text.file.text = text.plain;
	}
	if (check_text(load, &text.file)) {
		*ret_text = text;
		return true;
	}
	inv_text_done(&text);
	return false;
}

void
inv_text_done(struct inv_text *text)
{
	vault_wipe(text->plain, text->file.len);
	text->plain = NULL;
}

/* Whether this is the first value of its vault. */
static bool
is_first(struct inv_load *load, const char *label)
{
	struct inv_vaults *vaults = load->vaults;
	size_t i;

	if (vaults == NULL)
		vaults = load->vaults = mem_alloc(sizeof *vaults);
	for (i = 0; i < vaults->count; i++)
		if (strcmp(vaults->labels[i], label) == 0)
			return false;
	if (vaults->count == VAULTS_MAX)
		return false;
	memcpy(vaults->labels[vaults->count++], label, strlen(label) + 1);
	return true;
}

/*
 * A vault whose password nobody has given may be for others to open: a
 * warning, and without any password only one.
 */
static void
try_one(struct inv_load *load, struct value value)
{
	struct value text = vault_value_text(value), plain;
	char label[INV_LABEL_MAX + 1];
	struct err err = {0};
	bool ours;

	vault_label(value_str(text), value_str_len(text), label);
	if (load->closed || !is_first(load, label))
		return;
	load->closed = inv_secrets_is_empty(load->secrets);
	ours = inv_secrets_has_label(load->secrets, label) ||
	       (!load->closed && strcmp(label, "default") == 0);
	if (value.u.o->ops->open(value.u.o, &plain, &err) < 0)
		problems_add(load->problems,
		    ours ? PROBLEM_ERROR : PROBLEM_WARNING, &err);
	else
		value_unref(plain);
}

void
/* NOLINTNEXTLINE(misc-no-recursion): VALUE_DEPTH_MAX deep at most */
inv_vault_try(struct inv_load *load, struct value value)
{
	size_t i;

	if (!value_has_template(value))
		return;
	if (value.type == VALUE_LIST)
		for (i = 0; i < value_len(value); i++)
			inv_vault_try(load, value_list_at(value, i));
	else if (value.type == VALUE_MAP)
		for (i = 0; i < value_len(value); i++)
			inv_vault_try(load, value_map_at(value, i));
	else if (value.type == VALUE_OBJECT)
		try_one(load, value);
}

void
inv_vault_done(struct inv_load *load)
{
	free(load->vaults);
	load->vaults = NULL;
}
