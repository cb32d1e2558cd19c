#include "template/lex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define LEX_BRACES_MAX 64

struct lexer {
	const char *name;
	const char *at;
	const char *end;
	const char *start;
	const char *line_start; /* of the line that holds `counted` */
	const char *counted;	/* up to here the lines are counted */
	int line;
	int first_line;
	bool trim_next;	 /* drop one newline: trim_blocks */
	bool strip_next; /* drop all blanks: "-" */
	char braces[LEX_BRACES_MAX];
	size_t depth;
	struct lex_options options;
	struct tokens *tokens;
	struct err *err;
};

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool
is_name_char(char c)
{
	return is_name_start(c) || is_digit(c);
}

/* Places are asked for in rising order, so that lines are counted once. */
static void
place(struct lexer *lx, const char *at, int *ret_line, int *ret_col)
{
	while (lx->counted < at) {
		if (*lx->counted++ == '\n') {
			lx->line++;
			lx->line_start = lx->counted;
		}
	}
	*ret_line = lx->line;
	*ret_col = (int)(at - lx->line_start) + 1;
}

static int
fail(struct lexer *lx, const char *at, const char *text)
{
	const char *line_start = lx->start;
	int line = lx->first_line;

	for (const char *c = lx->start; c < at; c++) {
		if (*c == '\n') {
			line++;
			line_start = c + 1;
		}
	}
	err_at(lx->err, lx->name, line, (int)(at - line_start) + 1, "%s", text);
	return -EINVAL;
}

static int
push(struct lexer *lx, enum token_type type, const char *text, size_t len)
{
	struct tokens *tokens = lx->tokens;
	struct token *token;

	if (tokens->count >= LEX_TOKENS_MAX)
		return fail(lx, text, "the template has too many tokens");
	if (tokens->count == tokens->cap) {
		tokens->cap = tokens->cap == 0 ? 64 : tokens->cap * 2;
		tokens->items = mem_resize(
		    tokens->items, tokens->cap, sizeof *tokens->items);
	}
	token = &tokens->items[tokens->count++];
	*token = (struct token){.type = type, .text = text, .len = len};
	place(lx, text, &token->line, &token->col);
	return 0;
}

static int
push_op(struct lexer *lx, int op, size_t len)
{
	int ret = push(lx, TOKEN_OP, lx->at, len);

	if (ret == 0)
		lx->tokens->items[lx->tokens->count - 1].op = op;
	lx->at += len;
	return ret;
}

static const char *
find_tag(const char *at, const char *end)
{
	while (at + 1 < end) {
		at = memchr(at, '{', (size_t)(end - at));
		if (at == NULL || at + 1 >= end)
			return NULL;
		if (at[1] == '{' || at[1] == '%' || at[1] == '#')
			return at;
		at++;
	}
	return NULL;
}

/* Where text before a tag ends, once the tag's "-" or lstrip is applied. */
static const char *
strip_before(struct lexer *lx, const char *start, const char *tag)
{
	const char *end = tag;
	char sign = tag + 2 < lx->end ? tag[2] : '\0';

	if (sign == '-') {
		while (end > start && is_space(end[-1]))
			end--;
		return end;
	}
	if (!lx->options.lstrip_blocks || sign == '+' || tag[1] == '{')
		return tag;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (end == lx->start || end[-1] == '\n')
		return end;
	return tag;
}

static void
skip_after_tag(struct lexer *lx)
{
	if (lx->strip_next) {
		while (lx->at < lx->end && is_space(*lx->at))
			lx->at++;
	} else if (lx->trim_next && lx->at < lx->end && *lx->at == '\n') {
		lx->at++;
	}
	lx->strip_next = false;
	lx->trim_next = false;
}

/* The end of a tag that is not an output has been read up to `at`. */
static void
after_block(struct lexer *lx, char sign)
{
	lx->strip_next = sign == '-';
	lx->trim_next = lx->options.trim_blocks && sign != '+';
}

static int
lex_comment(struct lexer *lx)
{
	const char *open = lx->at;
	const char *body = open + 2;
	const char *close;

	if (body < lx->end && (*body == '-' || *body == '+'))
		body++;
	close = body;
	do {
		close = memchr(close, '#', (size_t)(lx->end - close));
		if (close == NULL || close + 1 >= lx->end)
			return fail(lx, open, "the comment is never closed");
		close++;
	} while (*close != '}');
	lx->at = close + 1;
	after_block(lx, close - 2 >= body ? close[-2] : '\0');
	return 0;
}

/* At "{%": the length of "{%- raw -%}" when it is that, else 0. */
static size_t
raw_tag(const char *at, const char *end, const char *word, char *ret_sign)
{
	const char *start = at;
	size_t len = strlen(word);

	at += 2;
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	while (at < end && is_space(*at))
		at++;
	if ((size_t)(end - at) < len || memcmp(at, word, len) != 0)
		return 0;
	at += len;
	while (at < end && is_space(*at))
		at++;
	*ret_sign = '\0';
	if (at < end && (*at == '-' || (*at == '+' && word[0] == 'e')))
		*ret_sign = *at++;
	if (end - at < 2 || at[0] != '%' || at[1] != '}')
		return 0;
	return (size_t)(at + 2 - start);
}

static int
lex_raw(struct lexer *lx, const char *open, size_t open_len, char sign)
{
	const char *close = open + open_len;
	const char *data;
	const char *stop;
	size_t len;

	lx->at = close;
	lx->strip_next = sign == '-'; /* trim_blocks spares this newline */
	skip_after_tag(lx);
	data = lx->at;
	close = data;
	for (;;) {
		close = find_tag(close, lx->end);
		if (close == NULL)
			return fail(lx, open, "the raw block is never closed");
		len = close[1] == '%' ? raw_tag(close, lx->end, "endraw", &sign)
				      : 0;
		if (len > 0)
			break;
		close++;
	}
	stop = strip_before(lx, data, close);
	lx->at = close + len;
	after_block(lx, sign);
	return stop > data ? push(lx, TOKEN_DATA, data, (size_t)(stop - data))
			   : 0;
}

static int
open_brace(struct lexer *lx, char close)
{
	if (lx->depth == LEX_BRACES_MAX)
		return fail(lx, lx->at, "brackets are nested too deep");
	lx->braces[lx->depth++] = close;
	return push_op(lx, *lx->at, 1);
}

static int
close_brace(struct lexer *lx)
{
	if (lx->depth == 0 || lx->braces[lx->depth - 1] != *lx->at)
		return fail(lx, lx->at, "this bracket closes none");
	lx->depth--;
	return push_op(lx, *lx->at, 1);
}

static int
lex_string(struct lexer *lx)
{
	const char *start = lx->at;
	char quote = *lx->at++;

	while (lx->at < lx->end && *lx->at != quote)
		lx->at += *lx->at == '\\' && lx->at + 1 < lx->end ? 2 : 1;
	if (lx->at >= lx->end)
		return fail(lx, start, "the string is never closed");
	lx->at++;
	return push(lx, TOKEN_STRING, start, (size_t)(lx->at - start));
}

static size_t
digits_len(const char *at, const char *end, const char *set)
{
	const char *start = at;

	while (
	    at < end && ((*at != '\0' && strchr(set, *at) != NULL) ||
			    (*at == '_' && at > start && at + 1 < end &&
				at[1] != '\0' && strchr(set, at[1]) != NULL)))
		at++;
	return (size_t)(at - start);
}

static size_t
prefixed_len(const char *at, const char *end)
{
	const char *set;
	size_t skip = 2;
	size_t len;

	if (end - at < 3 || at[0] != '0')
		return 0;
	switch (at[1] | 0x20) {
	case 'x':
		set = "0123456789abcdefABCDEF";
		break;
	case 'o':
		set = "01234567";
		break;
	case 'b':
		set = "01";
		break;
	default:
		return 0;
	}
	if (at[2] == '_')
		skip = 3;
	len = digits_len(at + skip, end, set);
	return len == 0 ? 0 : len + skip;
}

static size_t
exponent_len(const char *at, const char *end)
{
	size_t len = 1;
	size_t digits;

	if (at >= end || (*at != 'e' && *at != 'E'))
		return 0;
	if (at + 1 < end && (at[1] == '+' || at[1] == '-'))
		len++;
	if (at + len >= end)
		return 0;
	digits = digits_len(at + len, end, "0123456789");
	return digits == 0 ? 0 : len + digits;
}

static int
lex_number(struct lexer *lx)
{
	static const char decimal[] = "0123456789";
	const char *start = lx->at;
	const char *end = lx->end;
	size_t len = prefixed_len(start, end);
	size_t more;
	bool is_float = false;

	if (len == 0) {
		len = digits_len(start, end, decimal);
		if (start + len + 1 < end && start[len] == '.' &&
		    is_digit(start[len + 1])) {
			len += 1 + digits_len(start + len + 1, end, decimal);
			is_float = true;
		}
		more = exponent_len(start + len, end);
		len += more;
		is_float = is_float || more > 0;
	}
	lx->at += len;
	if (!is_float && len > 1 && start[0] == '0' && is_digit(start[1]) &&
	    strspn(start, "0_") < len)
		return fail(
		    lx, start, "a number does not start with 0; octal is 0o17");
	return push(lx, is_float ? TOKEN_FLOAT : TOKEN_INT, start, len);
}

static int
lex_name(struct lexer *lx)
{
	const char *start = lx->at;

	while (lx->at < lx->end && is_name_char(*lx->at))
		lx->at++;
	return push(lx, TOKEN_NAME, start, (size_t)(lx->at - start));
}

static int
lex_operator(struct lexer *lx)
{
	static const struct {
		char text[3];
		int op;
	} pairs[] = {{"**", OP_POW}, {"//", OP_FLOORDIV}, {"==", OP_EQ},
	    {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}};
	char c = *lx->at;

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (lx->end - lx->at >= 2 &&
		    memcmp(lx->at, pairs[i].text, 2) == 0)
			return push_op(lx, pairs[i].op, 2);
	switch (c) {
	case '(':
		return open_brace(lx, ')');
	case '[':
		return open_brace(lx, ']');
	case '{':
		return open_brace(lx, '}');
	case ')':
	case ']':
	case '}':
		return close_brace(lx);
	default:
		break;
	}
	if (c == '\0' || strchr("+-*/%~<>=|.,:;", c) == NULL)
		return fail(lx, lx->at, "this character has no meaning here");
	return push_op(lx, c, 1);
}

static int
lex_token(struct lexer *lx)
{
	char c = *lx->at;

	if (is_name_start(c))
		return lex_name(lx);
	if (is_digit(c))
		return lex_number(lx);
	if (c == '"' || c == '\'')
		return lex_string(lx);
	return lex_operator(lx);
}

/* At a possible end of the tag: its length with its sign, else 0. */
static size_t
tag_end(const struct lexer *lx, const char *close, char *ret_sign)
{
	const char *at = lx->at;
	size_t sign = 0;

	*ret_sign = '\0';
	if (lx->depth > 0)
		return 0;
	if (*at == '-' || (*at == '+' && close[0] == '%'))
		sign = 1;
	if ((size_t)(lx->end - at) < sign + 2 ||
	    memcmp(at + sign, close, 2) != 0)
		return 0;
	if (sign == 1)
		*ret_sign = *at;
	return sign + 2;
}

static int
lex_tag(struct lexer *lx, const char *open)
{
	bool output = open[1] == '{';
	const char *close = output ? "}}" : "%}";
	char sign = '\0';
	int ret;

	ret =
	    push(lx, output ? TOKEN_OUTPUT_BEGIN : TOKEN_BLOCK_BEGIN, open, 2);
	lx->at = open + 2;
	if (lx->at < lx->end && (*lx->at == '-' || *lx->at == '+'))
		lx->at++;
	lx->depth = 0;
	while (ret == 0) {
		size_t len;

		while (lx->at < lx->end && is_space(*lx->at))
			lx->at++;
		if (lx->at >= lx->end)
			return fail(lx, open, "this tag is never closed");
		len = tag_end(lx, close, &sign);
		if (len > 0) {
			ret = push(lx,
			    output ? TOKEN_OUTPUT_END : TOKEN_BLOCK_END, lx->at,
			    len);
			lx->at += len;
			break;
		}
		ret = lex_token(lx);
	}
	if (output)
		lx->strip_next = sign == '-';
	else
		after_block(lx, sign);
	return ret;
}

/* One piece: the text up to the next tag, and that tag. */
static int
lex_piece(struct lexer *lx)
{
	const char *data;
	const char *tag;
	const char *stop;
	size_t raw_len = 0;
	char sign = '\0';
	int ret = 0;

	skip_after_tag(lx);
	data = lx->at;
	tag = find_tag(data, lx->end);
	stop = tag == NULL ? lx->end : strip_before(lx, data, tag);
	if (stop > data)
		ret = push(lx, TOKEN_DATA, data, (size_t)(stop - data));
	if (ret != 0 || tag == NULL) {
		lx->at = lx->end;
		return ret;
	}
	lx->at = tag;
	if (tag[1] == '#')
		return lex_comment(lx);
	if (tag[1] == '%')
		raw_len = raw_tag(tag, lx->end, "raw", &sign);
	if (raw_len > 0)
		return lex_raw(lx, tag, raw_len, sign);
	return lex_tag(lx, tag);
}

static int
check_text(struct lexer *lx)
{
	size_t len = (size_t)(lx->end - lx->at);
	size_t valid = str_utf8_valid_len(lx->at, len);
	const char *nul = memchr(lx->at, '\0', len);

	if (nul != NULL)
		return fail(lx, nul, "there is a NUL byte in the template");
	if (valid < len)
		return fail(lx, lx->at + valid, "the template is not UTF-8");
	return 0;
}

static void
lexer_init(struct lexer *lx, const char *name, const char *text, size_t len)
{
	*lx = (struct lexer){.name = name,
	    .at = text,
	    .end = text + len,
	    .start = text,
	    .line_start = text,
	    .counted = text,
	    .line = 1,
	    .first_line = 1};
}

int
lex_template(const char *name, const char *text, size_t len,
    const struct lex_options *options, struct tokens *ret_tokens,
    struct err *err)
{
	struct lexer lx;
	int ret;

	lexer_init(&lx, name, text, len);
	lx.options = *options;
	lx.line = options->first_line;
	lx.first_line = options->first_line;
	lx.tokens = ret_tokens;
	lx.err = err;
	ret = check_text(&lx);
	while (ret == 0 && lx.at < lx.end)
		ret = lex_piece(&lx);
	if (ret == 0)
		ret = push(&lx, TOKEN_END, lx.end, 0);
	return ret;
}

int
lex_expression(const char *name, const char *text, struct tokens *ret_tokens,
    struct err *err)
{
	struct lexer lx;
	int ret;

	lexer_init(&lx, name, text, strlen(text));
	lx.tokens = ret_tokens;
	lx.err = err;
	ret = check_text(&lx);
	while (ret == 0) {
		while (lx.at < lx.end && is_space(*lx.at))
			lx.at++;
		if (lx.at >= lx.end)
			break;
		ret = lex_token(&lx);
	}
	if (ret == 0)
		ret = push(&lx, TOKEN_END, lx.end, 0);
	return ret;
}

void
lex_done(struct tokens *tokens)
{
	free(tokens->items);
	*tokens = (struct tokens){0};
}
