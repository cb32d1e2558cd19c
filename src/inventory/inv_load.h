/*
 * What the readers of one load share. For the files of this folder.
 */
#ifndef CONVECT_INVENTORY_INV_LOAD_H
#define CONVECT_INVENTORY_INV_LOAD_H

#include "inventory/inv_impl.h"
#include "inventory/problems.h"

struct known_var;

/* A variable's name: kept once, looked at once. */
struct inv_name {
	struct value key;
	const struct known_var *known; /* NULL: the operator's own */
	UT_hash_handle hh;
};

struct inv_load {
	struct inventory *inv;
	struct problems *problems;
	struct inv_name *names;
	size_t hosts_left;	     /* INVENTORY_HOSTS_MAX */
	struct inv_secrets *secrets; /* never NULL */
	struct inv_vaults *vaults;   /* those of which one value was tried */
	bool closed;		     /* the lack of a password was reported */
};

/* Where a variable is set and for whom. */
struct inv_setting {
	struct inv_place place;
	const char *owner;     /* the host's or group's name */
	struct inv_host *host; /* NULL: a group's */
	const struct inv_name *name;
	struct value value;
	const char *raw; /* the spelling before it got a type, or NULL */
};

/* Finds or keeps the name; `place` is for a warning of a misspelled one. */
const struct inv_name *inv_load_name(
    struct inv_load *load, const char *name, const struct inv_place *place);
/* Types of known variables, MACs of hosts. */
void inv_check_setting(
    struct inv_load *load, const struct inv_setting *setting);
void inv_check_done(struct inv_load *load);
/* Adds an error; the owner's name goes in front of its text. */
void inv_check_report(struct inv_load *load, const struct inv_setting *setting,
    struct err *err, size_t offset);
/* Keeps what `uuid` or `serial` of a host says. */
void inv_set_idents(struct inv_load *load, const struct inv_setting *setting,
    enum ident_kind kind);
/* Build the indices; two hosts with the same are an error. */
void inv_check_macs(struct inv_load *load);
void inv_check_idents(struct inv_load *load);

/* The hosts that one pattern of an inventory names; free() the array. */
struct inv_named {
	struct inv_host **at;
	size_t count;
};

/* Adds them to the group. Negative when that was reported as an error. */
int inv_add_named(struct inv_load *load, struct inv_group *group,
    const char *pattern, const struct inv_place *place,
    struct inv_named *ret_named);
/* Sets the variable on each; owner and host are filled in here. */
void inv_set_named(struct inv_load *load, const struct inv_named *named,
    const struct inv_setting *setting);

/* Warns of a group's name that is no identifier. */
void inv_check_group_name(
    struct inv_load *load, const char *name, const struct inv_place *place);

/*
 * The files of group_vars/ and host_vars/ among the input, each read for the
 * groups and hosts that exist. After inv_seal().
 */
void inv_vars_load(struct inv_load *load, const struct inv_input *input);
/* Whether the path is one of those. */
bool inv_vars_is_file(const char *path);

/* A file as it is to be read: decrypted where a vault has it. */
struct inv_text {
	struct inv_file file;
	char *plain; /* what was decrypted, or NULL: nothing was */
};

/*
 * UTF-8 without NULs and of a bearable size; else an error is added. Borrows
 * from the file.
 */
bool inv_text_open(struct inv_load *load, const struct inv_file *file,
    struct inv_text *ret_text);
void inv_text_done(struct inv_text *text); /* wipes */

/*
 * Opens the first value of each vault, so that a wrong password is known
 * before a machine asks. The others are opened when they are asked for.
 */
void inv_vault_try(struct inv_load *load, struct value value);
void inv_vault_done(struct inv_load *load);

/* An INI inventory; problems go to load->problems. */
void ini_load(struct inv_load *load, const struct inv_text *text);
/*
 * A YAML inventory, told by its suffix or, without one, by what is in it.
 * False: it is something else, and nothing has been reported.
 */
bool inv_yaml_load(struct inv_load *load, const struct inv_text *text);
/* The same question, of a file that is read without errors. */
bool inv_yaml_is(const struct inv_file *file);

#endif
