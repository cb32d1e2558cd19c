#include "inventory/shsplit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

struct splitter {
	const char *line;
	size_t len;
	size_t pos;
	struct buf word;
	bool quoted; /* the word had quotes, so it may be empty */
	size_t start;
	struct shwords words;
};

static void
end_word(struct splitter *s)
{
	struct shwords *words = &s->words;

	if (s->word.len == 0 && !s->quoted)
		return;
	if (words->count == words->size) {
		words->size = words->size == 0 ? 8 : words->size * 2;
		words->at =
		    mem_resize(words->at, words->size, sizeof words->at[0]);
	}
	words->at[words->count].text = mem_strndup(s->word.data, s->word.len);
	words->at[words->count++].col = s->start;
	buf_reset(&s->word);
	s->quoted = false;
}

/* Up to the closing quote. Only in "..." can a backslash hide anything, and
 * there only a quote or another backslash. */
static const char *
read_quoted(struct splitter *s, char quote)
{
	s->quoted = true;
	while (s->pos < s->len) {
		char c = s->line[s->pos++];

		if (c == quote)
			return NULL;
		if (c == '\\' && quote == '"') {
			if (s->pos == s->len)
				return "a backslash at the end of the line";
			c = s->line[s->pos++];
			if (c != '\\' && c != '"')
				buf_addc(&s->word, '\\');
		}
		buf_addc(&s->word, c);
	}
	return "a quote that is never closed";
}

static const char *
read_char(struct splitter *s)
{
	char c = s->line[s->pos];

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
		end_word(s);
		s->pos++;
		return NULL;
	}
	if (c == '#') {
		end_word(s);
		s->pos = s->len;
		return NULL;
	}
	if (s->word.len == 0 && !s->quoted)
		s->start = s->pos;
	s->pos++;
	if (c == '\'' || c == '"')
		return read_quoted(s, c);
	if (c == '\\') {
		if (s->pos == s->len)
			return "a backslash at the end of the line";
		c = s->line[s->pos++];
	}
	buf_addc(&s->word, c);
	return NULL;
}

const char *
shsplit(
    const char *line, size_t len, struct shwords *ret_words, size_t *ret_col)
{
	struct splitter s = {.line = line, .len = len};
	const char *wrong = NULL;

	buf_init(&s.word, len);
	while (wrong == NULL && s.pos < s.len)
		wrong = read_char(&s);
	if (wrong == NULL) {
		end_word(&s);
		*ret_words = s.words;
	} else {
		*ret_col = s.start;
		shwords_done(&s.words);
	}
	buf_done(&s.word);
	return wrong;
}

void
shwords_done(struct shwords *words)
{
	size_t i;

	for (i = 0; i < words->count; i++)
		free(words->at[i].text);
	free(words->at);
	memset(words, 0, sizeof *words);
}
