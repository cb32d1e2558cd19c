#include "inventory/hostregex.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* Python's classes in POSIX words, outside and inside of [...]. */
static const struct {
	char letter;
	const char *outside;
	const char *inside;
} classes[] = {
    {'d', "[0-9]", "0-9"},
    {'D', "[^0-9]", NULL},
    {'w', "[A-Za-z0-9_]", "A-Za-z0-9_"},
    {'W', "[^A-Za-z0-9_]", NULL},
    {'s', "[[:space:]]", "[:space:]"},
    {'S', "[^[:space:]]", NULL},
    {'Z', "$", NULL},
    {'b', "\\b", NULL},
};

struct translation {
	const char *pos;
	struct buf out;
	bool in_set;
	int repeats; /* counted ones: each multiplies the work */
	const char *wrong;
};

static void
translate_escape(struct translation *tr)
{
	char c = tr->pos[1];
	size_t i;

	if (c == '\0') {
		tr->wrong = "a backslash at its end";
		return;
	}
	tr->pos += 2;
	for (i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		const char *to =
		    tr->in_set ? classes[i].inside : classes[i].outside;

		if (classes[i].letter != c)
			continue;
		if (to == NULL)
			tr->wrong = "a class inside of [...]";
		else
			buf_adds(&tr->out, to);
		return;
	}
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (tr->in_set && strchr("]^-", c))) {
		tr->wrong = "an escape that is not supported";
		return;
	}
	if (!tr->in_set)
		buf_addc(&tr->out, '\\');
	buf_addc(&tr->out, c);
}

/* A set opens: "]" right behind "[" or "[^" is an ordinary character. */
static void
translate_set(struct translation *tr)
{
	tr->in_set = true;
	buf_addc(&tr->out, *tr->pos++);
	if (*tr->pos == '^')
		buf_addc(&tr->out, *tr->pos++);
	if (*tr->pos == ']')
		buf_addc(&tr->out, *tr->pos++);
}

static void
translate_char(struct translation *tr)
{
	char c = *tr->pos;

	if (tr->in_set) {
		tr->in_set = c != ']';
	} else if (c == '[') {
		translate_set(tr);
		return;
	} else if (strncmp(tr->pos, "(?:", 3) == 0) {
		buf_addc(&tr->out, '(');
		tr->pos += 3;
		return;
	} else if (strncmp(tr->pos, "(?", 2) == 0) {
		tr->wrong = "a \"(?\" group that is not supported";
	} else if (c == '{' && ++tr->repeats > 2) {
		tr->wrong = "too many counted repeats";
	} else if (strchr("*+?}", c) != NULL && tr->pos[1] == '?') {
		/* Lazy or greedy is the same where only a match is asked. */
		buf_addc(&tr->out, c);
		tr->pos += 2;
		return;
	}
	buf_addc(&tr->out, c);
	tr->pos++;
}

int
hostregex_compile(const char *expr, regex_t *ret_regex, struct err *err)
{
	struct translation tr = {.pos = expr};
	char why[128] = "";
	int code;

	buf_init(&tr.out, (size_t)HOSTREGEX_MAX * 8);
	if (strlen(expr) > HOSTREGEX_MAX)
		tr.wrong = "more than 256 bytes";
	buf_adds(&tr.out, "^(");
	while (tr.wrong == NULL && *tr.pos != '\0') {
		if (*tr.pos == '\\')
			translate_escape(&tr);
		else
			translate_char(&tr);
	}
	buf_addc(&tr.out, ')');
	if (tr.wrong == NULL) {
		code =
		    regcomp(ret_regex, tr.out.data, REG_EXTENDED | REG_NOSUB);
		if (code != 0) {
			regerror(code, NULL, why, sizeof why);
			tr.wrong = why;
		}
	}
	buf_done(&tr.out);
	if (tr.wrong == NULL)
		return 0;
	err_set(
	    err, "\"~%.100s\" is not a regular expression: %s", expr, tr.wrong);
	return -EINVAL;
}
