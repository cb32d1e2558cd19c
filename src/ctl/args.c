#include "ctl/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

const struct args_flag args_global_flags[ARGS_GLOBAL_COUNT + 1] = {
    [ARGS_OUTPUT] = {"--output", 'o', "table|json", "for people or programs"},
    [ARGS_SOCKET] = {"--socket", 0, "PATH", "the daemon's control socket"},
    [ARGS_STATE_DIR] = {"--state-dir", 0, "DIR",
	"the daemon's state directory, for images without a daemon"},
    [ARGS_INVENTORY] = {"--inventory", 'i', "FILE",
	"read this inventory, not the daemon's (repeatable)"},
    [ARGS_TEMPLATES_DIR] = {"--templates-dir", 0, "DIR",
	"templates of your own, found before the shipped ones"},
    [ARGS_VAULT_PASSWORD_FILE] = {"--vault-password-file", 0, "FILE",
	"password of what ansible-vault encrypted (repeatable)"},
    [ARGS_YES] = {"--yes", 'y', NULL, "do not ask before acting"},
    [ARGS_SHOW_SECRETS] = {"--show-secrets", 0, NULL,
	"print tokens and passwords instead of ********"},
    [ARGS_NO_COLOR] = {"--no-color", 0, NULL, "plain text on a terminal too"},
    [ARGS_HELP] = {"--help", 'h', NULL, "this text, or a command's"},
    [ARGS_VERSION] = {"--version", 0, NULL, "the program's version"},
    [ARGS_GLOBAL_COUNT] = {0},
};

/* Where the parser stands. */
struct args_parser {
	const struct command *const *commands;
	int argc;
	char *const *argv;
	int pos;
	const char *group; /* "image", until the second word is known */
	struct args args;
	struct err *err;
};

/* Keeps the nearest spelling of `word`, when it is near enough. */
static void
nearest_offer(const char *word, const char *name, size_t *best_distance,
    const char **best)
{
	size_t distance = str_distance(word, name);

	if (strlen(word) >= 3 && str_starts(name, word))
		distance = 1;
	if (distance < *best_distance) {
		*best_distance = distance;
		*best = name;
	}
}

static void
hint_flag(struct args_parser *p, const char *word)
{
	const struct args_flag *flag;
	size_t distance = 3;
	const char *best = NULL;

	for (flag = args_global_flags; flag->name != NULL; flag++)
		nearest_offer(word, flag->name, &distance, &best);
	if (p->args.command != NULL && p->args.command->flags != NULL)
		for (flag = p->args.command->flags; flag->name != NULL; flag++)
			nearest_offer(word, flag->name, &distance, &best);
	if (best != NULL)
		err_hint(p->err, "did you mean %s?", best);
}

static void
hint_command(struct args_parser *p, const char *word)
{
	size_t distance = 3;
	const char *best = NULL;

	for (size_t i = 0; p->commands[i] != NULL; i++)
		nearest_offer(word, p->commands[i]->name, &distance, &best);
	if (best != NULL)
		err_hint(p->err, "did you mean \"%s\"?", best);
	else
		err_hint(p->err, "convect-pxectl --help lists the commands");
}

/* -1 when no row has that name or, for one-letter options, that letter. */
static int
flag_find(const struct args_flag *flags, const char *name, size_t len)
{
	if (flags == NULL)
		return -1;
	for (int i = 0; flags[i].name != NULL; i++) {
		if (len == 2 && flags[i].letter == name[1] && name[1] != '-')
			return i;
		if (strlen(flags[i].name) == len &&
		    strncmp(flags[i].name, name, len) == 0)
			return i;
	}
	return -1;
}

/* The option's value: behind '=', behind the letter, or the next argument. */
static int
flag_value(struct args_parser *p, const struct args_flag *flag,
    const char *attached, const char **ret_value)
{
	if (flag->metavar == NULL && attached != NULL) {
		err_set(p->err, "%s takes no value", flag->name);
		return -EINVAL;
	}
	if (flag->metavar == NULL) {
		*ret_value = "";
		return 0;
	}
	if (attached == NULL && p->pos + 1 >= p->argc) {
		err_set(p->err, "%s needs %s", flag->name, flag->metavar);
		return -EINVAL;
	}
	*ret_value = attached != NULL ? attached : p->argv[++p->pos];
	return 0;
}

/* Of those that may be given several times. */
static int
list_add(struct args_parser *p, const struct args_flag *flag, const char **list,
    size_t *count, const char *value)
{
	if (*count == ARGS_INVENTORY_MAX) {
		err_set(p->err, "%s more than %d times", flag->name,
		    ARGS_INVENTORY_MAX);
		return -EINVAL;
	}
	list[(*count)++] = value;
	return 0;
}

static int
parse_flag(struct args_parser *p, const char *word)
{
	const struct args_flag *own =
	    p->args.command == NULL ? NULL : p->args.command->flags;
	bool is_long = word[1] == '-';
	size_t len = is_long ? strcspn(word, "=") : 2;
	const char *attached = word[len] == '\0' ? NULL : word + len + is_long;
	const struct args_flag *flag;
	const char **slot;
	const char *value;
	int i = flag_find(own, word, len);
	int ret;

	if (own != NULL && i >= 0) {
		flag = &own[i];
		slot = &p->args.own[i];
	} else if ((i = flag_find(args_global_flags, word, len)) >= 0) {
		flag = &args_global_flags[i];
		slot = &p->args.global[i];
	} else {
		err_set(p->err, "unknown option %s", word);
		hint_flag(p, word);
		return -EINVAL;
	}
	ret = flag_value(p, flag, attached, &value);
	if (ret < 0)
		return ret;
	*slot = value;
	if (flag->metavar != NULL && str_ends(flag->metavar, "..."))
		return list_add(
		    p, flag, p->args.many, &p->args.many_count, value);
	if (flag == &args_global_flags[ARGS_INVENTORY])
		return list_add(p, flag, p->args.inventory,
		    &p->args.inventory_count, value);
	if (flag == &args_global_flags[ARGS_VAULT_PASSWORD_FILE])
		return list_add(
		    p, flag, p->args.vault_file, &p->args.vault_count, value);
	return 0;
}

/* Is `word` the first of a two-word command's name? */
static bool
is_group(const struct args_parser *p, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (strncmp(p->commands[i]->name, word, len) == 0 &&
		    p->commands[i]->name[len] == ' ')
			return true;
	return false;
}

static const struct command *
find_command(const struct args_parser *p, const char *group, const char *word)
{
	char name[64];

	if (group == NULL)
		str_copy(name, sizeof name, word);
	else
		/* Cut names are longer than any command's: no match. */
		(void)snprintf(name, sizeof name, "%s %s", group, word);
	for (size_t i = 0; p->commands[i] != NULL; i++)
		if (strcmp(p->commands[i]->name, name) == 0)
			return p->commands[i];
	return NULL;
}

static int
parse_command(struct args_parser *p, const char *word)
{
	p->args.command = find_command(p, p->group, word);
	if (p->args.command != NULL)
		return 0;
	if (p->group == NULL && is_group(p, word)) {
		p->group = word;
		return 0;
	}
	if (p->group != NULL) {
		err_set(p->err, "unknown command: %s %s", p->group, word);
		err_hint(p->err, "see convect-pxectl --help");
		return -EINVAL;
	}
	err_set(p->err, "unknown command: %s", word);
	hint_command(p, word);
	return -EINVAL;
}

static int
parse_word(struct args_parser *p, const char *word)
{
	if (p->args.command == NULL)
		return parse_command(p, word);
	if (p->args.word_count == ARGS_WORDS_MAX) {
		err_set(p->err, "more than %d arguments", ARGS_WORDS_MAX);
		return -EINVAL;
	}
	p->args.words[p->args.word_count++] = word;
	return 0;
}

static int
check_complete(const struct args_parser *p)
{
	const struct command *command = p->args.command;

	if (command == NULL && p->group != NULL) {
		err_set(p->err, "\"%s\" needs a second word", p->group);
		err_hint(p->err, "see convect-pxectl --help");
		return -EINVAL;
	}
	if (command == NULL)
		return 0;
	if (p->args.word_count >= command->words_min &&
	    p->args.word_count <= command->words_max)
		return 0;
	if (p->args.word_count > command->words_max)
		err_set(p->err, "%s: unexpected argument \"%s\"", command->name,
		    p->args.words[command->words_max]);
	else
		err_set(p->err, "%s: an argument is missing", command->name);
	err_hint(p->err, "usage: convect-pxectl %s %s", command->name,
	    command->usage);
	return -EINVAL;
}

static int
check_output(const struct args_parser *p)
{
	const char *output = p->args.global[ARGS_OUTPUT];

	if (output == NULL || strcmp(output, "table") == 0 ||
	    strcmp(output, "json") == 0)
		return 0;
	err_set(p->err, "--output is table or json, not \"%s\"", output);
	return -EINVAL;
}

int
args_parse(const struct command *const *commands, int argc, char *const *argv,
    struct args *ret_args, struct err *err)
{
	struct args_parser p = {
	    .commands = commands, .argc = argc, .argv = argv, .err = err};
	bool words_only = false;
	int ret = 0;

	for (p.pos = 1; p.pos < argc && ret == 0; p.pos++) {
		const char *word = argv[p.pos];

		if (!words_only && strcmp(word, "--") == 0)
			words_only = true;
		else if (!words_only && word[0] == '-' && word[1] != '\0')
			ret = parse_flag(&p, word);
		else
			ret = parse_word(&p, word);
	}
	if (ret == 0)
		ret = check_output(&p);
	if (ret == 0 && p.args.global[ARGS_HELP] == NULL &&
	    p.args.global[ARGS_VERSION] == NULL)
		ret = check_complete(&p);
	if (ret == 0)
		*ret_args = p.args;
	return ret;
}

static void
help_flags(const struct args_flag *flags, struct buf *out)
{
	for (; flags != NULL && flags->name != NULL; flags++) {
		size_t start = out->len;

		if (flags->letter != 0)
			buf_addf(out, "  -%c, %s", flags->letter, flags->name);
		else
			buf_addf(out, "      %s", flags->name);
		if (flags->metavar != NULL)
			buf_addf(out, " %s", flags->metavar);
		do
			buf_addc(out, ' ');
		while (!buf_bad(out) && out->len - start < 30);
		buf_addf(out, "%s\n", flags->help);
	}
}

static void
help_commands(const struct command *const *commands, struct buf *out)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		size_t start = out->len;

		buf_addf(out, "  %s %s", commands[i]->name, commands[i]->usage);
		if (out->len - start > 40)
			buf_addf(out, "\n%42s", "");
		else
			buf_addf(
			    out, "%*s", (int)(42 - (out->len - start)), "");
		buf_addf(out, "%s\n", commands[i]->help);
	}
}

void
args_help(const struct command *const *commands, const struct command *command,
    struct buf *out)
{
	if (command != NULL) {
		buf_addf(out, "usage: convect-pxectl %s %s\n%s\n",
		    command->name, command->usage, command->help);
		if (command->flags != NULL)
			buf_adds(out, "\nOptions:\n");
		help_flags(command->flags, out);
		buf_adds(out, "\nOptions of every command:\n");
		help_flags(args_global_flags, out);
		return;
	}
	buf_adds(out, "usage: convect-pxectl [OPTION...] COMMAND [ARG...]\n"
		      "\nCommands:\n");
	help_commands(commands, out);
	buf_adds(out, "\nOptions:\n");
	help_flags(args_global_flags, out);
	buf_adds(out, "\nExit status: 0 done, 1 refused or failed, 2 usage, "
		      "3 no daemon.\n");
}
