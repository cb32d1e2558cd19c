#include "inventory/inv_edit.h"

#include <errno.h>
#include <string.h>

#include "base/hwaddr.h"
#include "inventory/inv_edit_impl.h"
#include "inventory/inv_load.h"
#include "inventory/pyliteral.h"
#include "inventory/pytext.h"
#include "inventory/vault.h"

#define NAME_MAX_LEN 253 /* RFC 1035 */

static bool
is_name(const char *name)
{
	static const char others[] = "._-";
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || strchr(others, name[0]) != NULL)
		return false;
	for (; *name != '\0'; name++) {
		bool plain = (*name >= 'a' && *name <= 'z') ||
			     (*name >= 'A' && *name <= 'Z') ||
			     (*name >= '0' && *name <= '9');

		if (!plain && strchr(others, *name) == NULL)
			return false;
	}
	return true;
}

static int
check_var(const struct inv_edit_var *var, struct err *err)
{
	const char *wrong = "";
	struct value value;
	int ret;

	if (!pytext_is_identifier(var->name)) {
		err_set(err, "\"%.100s\" can not be the name of a variable",
		    var->name);
		return -EINVAL;
	}
	for (const char *at = var->text; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			err_set(
			    err, "%s has a control character in it", var->name);
			return -EINVAL;
		}
	}
	ret = pyliteral_parse(var->text, strlen(var->text), &value, &wrong);
	if (ret == 0)
		value_unref(value);
	if (ret == 0 || ret == -EINVAL)
		return 0;
	err_set(err, "%s is a Python literal that no variable can hold: %s",
	    var->name, wrong);
	return -EINVAL;
}

int
inv_edit_check(const struct inv_edit *edit, struct err *err)
{
	struct hwaddr mac;
	int ret = 0;

	if (!is_name(edit->host) || hwaddr_parse(edit->host, &mac) == 0) {
		err_set(err, "\"%.100s\" can not be the name of a host",
		    edit->host);
		err_hint(err, "letters, digits, '.', '_' and '-'; it begins "
			      "with a letter or a digit");
		return -EINVAL;
	}
	if (edit->group != NULL &&
	    (!is_name(edit->group) || strcmp(edit->group, "all") == 0)) {
		err_set(err, "\"%.100s\" can not be the group of a new host",
		    edit->group);
		return -EINVAL;
	}
	for (size_t i = 0; ret == 0 && i < edit->var_count; i++)
		ret = check_var(&edit->vars[i], err);
	return ret;
}

size_t
inv_edit_line_end(const struct inv_file *file, size_t at)
{
	const char *end;

	if (at >= file->len)
		return file->len;
	end = memchr(file->text + at, '\n', file->len - at);
	return end == NULL ? file->len : (size_t)(end - file->text) + 1;
}

/* The line before the cut, or the first, says how lines end here. */
static const char *
line_end_of(const struct inv_edit_cut *cut)
{
	const char *text = cut->file->text;
	size_t at = cut->at;

	if (at == 0)
		at = inv_edit_line_end(cut->file, 0);
	if (at < 2 || text[at - 1] != '\n') {
		const char *first = memchr(text, '\n', cut->file->len);

		return first != NULL && first > text && first[-1] == '\r'
			   ? "\r\n"
			   : "\n";
	}
	return text[at - 2] == '\r' ? "\r\n" : "\n";
}

void
inv_edit_splice(const struct inv_edit_cut *cut, struct buf *out)
{
	const struct inv_file *file = cut->file;
	const char *end = line_end_of(cut);

	buf_add(out, file->text, cut->at);
	if (cut->at == file->len && cut->at > 0 &&
	    file->text[cut->at - 1] != '\n')
		buf_adds(out, end);
	for (size_t i = 0; i < cut->text.len; i++) {
		if (cut->text.data[i] == '\n')
			buf_adds(out, end);
		else
			buf_addc(out, cut->text.data[i]);
	}
	buf_add(out, file->text + cut->at, file->len - cut->at);
}

int
inv_edit_add(const struct inv_file *file, const struct inv_edit *edit,
    struct buf *out, enum inv_edit_where *ret_where, struct err *err)
{
	struct inv_edit_cut cut = {.file = file};
	int ret;

	if (vault_is_encrypted(file->text, file->len)) {
		err_at(err, file->path, 0, 0, "ansible-vault encrypted it");
		err_hint(err, "add the host with ansible-vault edit");
		return -EINVAL;
	}
	buf_init(&cut.text, INVENTORY_LINE_MAX);
	if (inv_yaml_is(file))
		ret = inv_edit_yaml(&cut, edit, ret_where, err);
	else
		ret = inv_edit_ini(&cut, edit, ret_where, err);
	if (ret == 0)
		inv_edit_splice(&cut, out);
	buf_done(&cut.text);
	return ret;
}

bool
inv_edit_is_vars(const char *path)
{
	return inv_vars_is_file(path);
}

bool
inv_edit_has_group(const struct inv_file *file, const struct inv_edit *edit)
{
	enum inv_edit_where where;
	struct buf text;
	bool has;

	buf_init(&text, INVENTORY_FILE_MAX);
	has = inv_edit_add(file, edit, &text, &where, NULL) == 0 &&
	      where == INV_EDIT_IN_GROUP;
	buf_done(&text);
	return has;
}

/* ---- what the texts mean -------------------------------------------- */

static int
differs(struct err *err, const char *what, const char *name)
{
	err_set(err, "the new text would change %s \"%.200s\"", what, name);
	err_hint(err, "the inventory is written in a way that needs a person: "
		      "add the host by hand");
	return -EINVAL;
}

static int
verify_host(struct inventory *before, struct inventory *after,
    const struct inv_host *host, struct err *err)
{
	const char *name = inv_host_name(host);
	const struct inv_host *other = inventory_find_host(after, name);
	struct value a;
	struct value b;
	bool same;

	if (other == NULL)
		return differs(err, "the host", name);
	a = inventory_host_vars(before, host);
	b = inventory_host_vars(after, other);
	same = value_equal(a, b);
	value_unref(a);
	value_unref(b);
	return same ? 0 : differs(err, "the host", name);
}

/* The group's hosts in their order, apart from the new one. */
static bool
same_hosts(const struct inv_group *before, const struct inv_group *after,
    const char *added)
{
	struct inv_hosts a;
	struct inv_hosts b;
	size_t at = 0;
	bool same = true;

	inv_group_hosts(before, &a);
	inv_group_hosts(after, &b);
	for (size_t i = 0; same && i < b.count; i++) {
		const char *name = inv_host_name(b.at[i]);

		if (strcmp(name, added) == 0)
			continue;
		same = at < a.count &&
		       strcmp(name, inv_host_name(a.at[at++])) == 0;
	}
	same = same && at == a.count;
	inv_hosts_done(&a);
	inv_hosts_done(&b);
	return same;
}

static int
verify_groups(struct inventory *before, struct inventory *after,
    const struct inv_edit *edit, struct err *err)
{
	size_t count = inventory_group_count(before);
	size_t more = 0;

	for (size_t i = 0; i < count; i++) {
		const struct inv_group *group = inventory_group_at(before, i);
		const char *name = inv_group_name(group);
		const struct inv_group *other =
		    inventory_find_group(after, name);

		if (other == NULL || !same_hosts(group, other, edit->host))
			return differs(err, "the group", name);
	}
	if (edit->group != NULL &&
	    inventory_find_group(before, edit->group) == NULL)
		more = 1;
	if (inventory_group_count(after) == count + more)
		return 0;
	return differs(err, "the groups beside", edit->group);
}

static int
verify_var(const struct inventory *after, const struct inv_host *host,
    const struct inv_edit_var *var, struct err *err)
{
	struct value wanted;
	struct value got = inventory_host_var(after, host, var->name);
	const char *wrong;
	bool same;

	if (pyliteral_parse(var->text, strlen(var->text), &wanted, &wrong) < 0)
		wanted = value_string(var->text);
	same = value_equal(wanted, got);
	value_unref(wanted);
	value_unref(got);
	return same ? 0 : differs(err, "the variable", var->name);
}

/* An alias would put it into another group as well. */
static bool
is_only_in(const struct inv_host *host, const char *group)
{
	for (size_t i = 0; i < host->direct.count; i++) {
		const struct inv_group *direct = host->direct.at[i];

		if (strcmp(direct->name, group) != 0 &&
		    strcmp(direct->name, "all") != 0)
			return false;
	}
	return inv_host_in_group(host, group);
}

static int
verify_added(
    const struct inventory *after, const struct inv_edit *edit, struct err *err)
{
	const struct inv_host *host = inventory_find_host(after, edit->host);
	const char *group = edit->group == NULL ? "ungrouped" : edit->group;
	int ret = 0;

	if (host == NULL || !is_only_in(host, group))
		return differs(err, "the meaning of the new host", edit->host);
	for (size_t i = 0; ret == 0 && i < edit->var_count; i++)
		ret = verify_var(after, host, &edit->vars[i], err);
	return ret;
}

int
inv_edit_verify(struct inventory *before, struct inventory *after,
    const struct inv_edit *edit, struct err *err)
{
	size_t count = inventory_host_count(before);
	int ret = 0;

	if (inventory_host_count(after) != count + 1)
		return differs(err, "the hosts beside", edit->host);
	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = verify_host(
		    before, after, inventory_host_at(before, i), err);
	if (ret == 0)
		ret = verify_groups(before, after, edit, err);
	return ret == 0 ? verify_added(after, edit, err) : ret;
}
