#include "inventory/yaml_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WORD_MIN 200
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* A word's name is this and its number, in as many digits. */
static const char mark[] = "convectLongWord";
#define MARK_LEN (sizeof mark - 1)
#define NUMBER_LEN 8
#define NUMBER_END 100000000u
#define NAME_LEN (MARK_LEN + NUMBER_LEN)

struct yaml_word {
	const char *at;
	size_t len;
};

/* ---- out ---------------------------------------------------------------- */

/* The long word at the end of a line: where it begins, or NULL. */
static const char *
long_word(const char *line, const char *end)
{
	const char *word;

	if (end - line <= WORD_MIN)
		return NULL;
	word = memrchr(line, ' ', (size_t)(end - line));
	if (word == NULL || end - ++word < WORD_MIN ||
	    strchr(LETTERS, *word) == NULL ||
	    word + strspn(word, LETTERS DIGITS "+/=") != end)
		return NULL;
	return word;
}

static void
add_word(struct yaml_words *words, const char *word, size_t len)
{
	if (words->count == words->size) {
		words->size = 2 * words->size + 8;
		words->list =
		    mem_resize(words->list, words->size, sizeof *words->list);
	}
	buf_addf(&words->out, "%s%0*zu", mark, NUMBER_LEN, words->count);
	words->list[words->count++] = (struct yaml_word){word, len};
}

/*
 * Whether a quoted text may give our mark though it does not have it: by a
 * character's number, or by a line's end that is escaped within a word.
 */
static bool
may_spell(const char *from, const char *to)
{
	const char *at = from;

	while ((at = memchr(at, '\\', (size_t)(to - at))) != NULL) {
		char before = at > from ? at[-1] : ' ';
		char after = ++at < to ? *at : '\n';

		if (after == 'x' || after == 'u' || after == 'U')
			return true;
		if ((after < ' ' || after > '~') &&
		    strchr(LETTERS DIGITS, before) != NULL)
			return true;
	}
	return false;
}

/* False when something in the text could be taken for a name of ours. */
static bool
add_rest(struct yaml_words *words, const char *from, const char *to)
{
	size_t len = (size_t)(to - from);

	buf_add(&words->out, from, len);
	return memmem(from, len, mark, MARK_LEN) == NULL &&
	       !may_spell(from, to);
}

static bool
take_out(struct yaml_words *words)
{
	const char *end = words->text + words->len;
	const char *done = words->text; /* up to here it is in words->out */
	const char *line = words->text;
	const char *line_end;

	while (line < end && words->count < NUMBER_END &&
	       (line_end = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		const char *word = long_word(line, line_end);

		line = line_end + 1;
		if (word == NULL)
			continue;
		if (!add_rest(words, done, word))
			return false;
		add_word(words, word, (size_t)(line_end - word));
		done = line_end;
	}
	return words->count > 0 && add_rest(words, done, end);
}

bool
yaml_words_open(struct yaml_words *words, yaml_parser_t *parser,
    const char *text, size_t len)
{
	if (yaml_parser_initialize(parser) == 0)
		return false;
	memset(words, 0, sizeof *words);
	words->text = text;
	words->len = len;
	words->whole = len;
	buf_init(&words->out, len);
	if (take_out(words)) {
		words->text = words->out.data;
		words->len = words->out.len;
	} else {
		words->count = 0;
	}
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    parser, (const unsigned char *)words->text, words->len);
	return true;
}

/* ---- in ----------------------------------------------------------------- */

/* The first word that is named in the text, and where; NULL: none. */
static const struct yaml_word *
find_name(const struct yaml_words *words, const char *text, const char *end,
    const char **ret_name)
{
	char number[NUMBER_LEN + 1] = "";
	const char *name = memmem(text, (size_t)(end - text), mark, MARK_LEN);
	size_t i;

	if (name == NULL || (size_t)(end - name) < NAME_LEN)
		return NULL;
	memcpy(number, name + MARK_LEN, NUMBER_LEN);
	i = strtoul(number, NULL, 10);
	if (i >= words->count)
		return NULL;
	*ret_name = name;
	return &words->list[i];
}

static void
put_back(const struct yaml_words *words, yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *end = text + event->data.scalar.length;
	const char *name;
	const struct yaml_word *word = find_name(words, text, end, &name);
	struct buf out;

	if (word == NULL)
		return;
	/* An escape may stand for more bytes than it has, not for twice. */
	buf_init(&out, 2 * words->whole);
	for (; word != NULL; word = find_name(words, text, end, &name)) {
		buf_add(&out, text, (size_t)(name - text));
		buf_add(&out, word->at, word->len);
		text = name + NAME_LEN;
	}
	buf_add(&out, text, (size_t)(end - text));
	free(event->data.scalar.value);
	event->data.scalar.value =
	    (yaml_char_t *)buf_take(&out, &event->data.scalar.length);
}

bool
yaml_words_parse(const struct yaml_words *words, yaml_parser_t *parser,
    yaml_event_t *ret_event)
{
	if (yaml_parser_parse(parser, ret_event) == 0)
		return false;
	if (words->count > 0 && ret_event->type == YAML_SCALAR_EVENT &&
	    ret_event->data.scalar.length >= NAME_LEN)
		put_back(words, ret_event);
	return true;
}

void
yaml_words_close(struct yaml_words *words, yaml_parser_t *parser)
{
	yaml_parser_delete(parser);
	buf_done(&words->out);
	free(words->list);
	memset(words, 0, sizeof *words);
}
