/* Filters that break text into lines or cut it short. */
#include <errno.h>
#include <string.h>

#include "template/str.h"
#include "template/utf8.h"

/* The text up to the last blank, or all of it. */
static struct span
before_last_word(struct span text)
{
	for (size_t at = text.len; at-- > 0;)
		if (text.at[at] == ' ')
			return (struct span){text.at, at};
	return text;
}

static int
filter_truncate(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t length;
	int64_t leeway;
	int64_t keep;
	bool kill;
	const char *end;
	struct value text;
	struct span kept;
	struct buf out;
	int ret = call_int(vm, call, 0, 255, &length);

	if (ret == 0)
		ret = call_bool(vm, call, 1, false, &kill);
	if (ret == 0)
		ret = call_str(vm, call, 2, "...", &end);
	if (ret == 0)
		ret = call_int(vm, call, 3, 5, &leeway);
	if (ret == 0)
		ret = call_need_str(vm, call, call->self, "its text");
	if (ret != 0)
		return ret;
	text = call->self;
	kept = str_span(text);
	keep = length - (int64_t)utf8_count(end, strlen(end));
	if (keep < 0 || leeway < 0 || length > TMPL_OUTPUT_MAX)
		return vm_fail(vm, "truncate: no such length");
	if ((int64_t)utf8_count(kept.at, kept.len) <= length + leeway) {
		*ret_value = value_ref(text);
		return 0;
	}
	kept.len = utf8_offset(kept.at, kept.len, (size_t)keep);
	if (!kill)
		kept = before_last_word(kept);
	vm_buf_init(&out);
	buf_add(&out, kept.at, kept.len);
	buf_adds(&out, end);
	return vm_buf_take(vm, &out, ret_value);
}

struct wrapping {
	struct buf *out;
	const char *separator;
	size_t width;
	bool cut_words;
	bool at_hyphens;
	size_t used;	   /* characters in the current line */
	bool any;	   /* some line has been written before */
	struct span blank; /* waits before the next word */
};

static void
new_line(struct wrapping *w)
{
	if (w->used > 0)
		w->any = true;
	w->used = 0;
	w->blank.len = 0;
}

static void
put(struct wrapping *w, struct span piece, size_t count)
{
	if (w->used == 0 && w->any)
		buf_adds(w->out, w->separator);
	buf_add(w->out, w->blank.at, w->blank.len);
	buf_add(w->out, piece.at, piece.len);
	w->used += w->blank.len + count;
	w->blank.len = 0;
}

/* A piece that must stay together, unless it is longer than a line. */
static void
put_piece(struct wrapping *w, struct span piece)
{
	size_t count = utf8_count(piece.at, piece.len);

	if (w->used + w->blank.len + count <= w->width) {
		put(w, piece, count);
		return;
	}
	while (w->cut_words && count > w->width && !buf_bad(w->out)) {
		size_t room = w->used + w->blank.len < w->width
				  ? w->width - w->used - w->blank.len
				  : 0;
		size_t len;

		if (room == 0) {
			new_line(w);
			continue;
		}
		len = utf8_offset(piece.at, piece.len, room);
		put(w, (struct span){piece.at, len}, room);
		new_line(w);
		piece.at += len;
		piece.len -= len;
		count -= room;
	}
	if (w->used + w->blank.len + count > w->width)
		new_line(w);
	if (count > 0)
		put(w, piece, count);
}

static bool
is_letter(char c)
{
	c = (char)(c | 0x20);
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Where a word may be broken: behind a hyphen between letters. */
static size_t
hyphen_len(struct span word)
{
	for (size_t i = 2; i + 2 < word.len; i++)
		if (word.at[i] == '-' && is_letter(word.at[i - 1]) &&
		    is_letter(word.at[i - 2]) && is_letter(word.at[i + 1]) &&
		    is_letter(word.at[i + 2]))
			return i + 1;
	return word.len;
}

static void
wrap_line(struct wrapping *w, struct span line)
{
	w->used = 0;
	w->blank.len = 0;
	while (line.len > 0) {
		size_t len = 0;
		bool blank = line.at[0] == ' ';

		while (len < line.len && (line.at[len] == ' ') == blank)
			len++;
		if (blank && (w->used > 0 || len < line.len)) {
			w->blank = (struct span){line.at, len};
		} else if (!blank) {
			struct span word = {line.at, len};

			while (word.len > 0) {
				size_t part =
				    w->at_hyphens ? hyphen_len(word) : word.len;

				put_piece(w, (struct span){word.at, part});
				word.at += part;
				word.len -= part;
			}
		}
		line.at += len;
		line.len -= len;
	}
}

static int
filter_wordwrap(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct wrapping w = {0};
	struct value text;
	struct span rest;
	struct span line;
	struct buf out;
	int64_t width;
	bool first = true;
	int ret = call_int(vm, call, 0, 79, &width);

	if (ret == 0)
		ret = call_bool(vm, call, 1, true, &w.cut_words);
	if (ret == 0)
		ret = call_str(vm, call, 2, "\n", &w.separator);
	if (ret == 0)
		ret = call_bool(vm, call, 3, true, &w.at_hyphens);
	if (ret == 0 && (width < 1 || width > 100000))
		ret = vm_fail(vm, "wordwrap: a width from 1 to 100000");
	if (ret == 0)
		ret = call_need_str(vm, call, call->self, "its text");
	if (ret != 0)
		return ret;
	text = call->self;
	vm_buf_init(&out);
	w.out = &out;
	w.width = (size_t)width;
	rest = str_span(text);
	ret = vm_work(vm, rest.len / 4);
	while (ret == 0 && str_next_line(&rest, false, &line)) {
		if (!first)
			buf_adds(&out, w.separator);
		first = false;
		w.any = false;
		wrap_line(&w, line);
	}
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

const struct builtin filters_wrap[] = {
    {"truncate", filter_truncate, "length killwords end leeway", 0, 4, 0},
    {"wordwrap", filter_wordwrap,
	"width break_long_words wrapstring break_on_hyphens", 0, 4, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
