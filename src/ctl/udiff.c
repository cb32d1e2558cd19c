#include "ctl/udiff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CONTEXT 3

struct line {
	const char *text; /* with its '\n', where it has one */
	size_t len;
};

struct lines {
	struct line *at;
	size_t count;
};

/* What to do, line by line: ' ' keep, '-' take out, '+' put in. */
struct step {
	char op;
	struct line line;
};

struct script {
	struct step *at;
	size_t count;
};

static void
split(const struct udiff_text *text, struct lines *ret_lines)
{
	const char *at = text->text;
	const char *end = at + text->len;
	size_t count = 0;

	for (size_t i = 0; i < text->len; i++)
		count += at[i] == '\n';
	ret_lines->at = mem_array(count + 1, sizeof *ret_lines->at);
	ret_lines->count = 0;
	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((eol == NULL ? end : eol + 1) - at);

		ret_lines->at[ret_lines->count++] = (struct line){at, len};
		at += len;
	}
}

static bool
same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static void
step(struct script *script, char op, const struct line *line)
{
	script->at[script->count++] = (struct step){op, *line};
}

/*
 * best[i][j]: how many lines a[i..] and b[j..] can have in common. The walk
 * through it from the start loses none of them.
 */
static void
compare(const struct lines *a, const struct lines *b, struct script *script)
{
	size_t width = b->count + 1;
	uint32_t *best = mem_array((a->count + 1) * width, sizeof *best);
	size_t i;
	size_t j;

	for (i = a->count; i-- > 0;) {
		for (j = b->count; j-- > 0;) {
			uint32_t down = best[(i + 1) * width + j];
			uint32_t right = best[i * width + j + 1];

			best[i * width + j] =
			    same(&a->at[i], &b->at[j])
				? best[(i + 1) * width + j + 1] + 1
				: (down > right ? down : right);
		}
	}
	i = 0;
	j = 0;
	while (i < a->count && j < b->count) {
		if (same(&a->at[i], &b->at[j])) {
			step(script, ' ', &a->at[i++]);
			j++;
		} else if (best[(i + 1) * width + j] >=
			   best[i * width + j + 1]) {
			step(script, '-', &a->at[i++]);
		} else {
			step(script, '+', &b->at[j++]);
		}
	}
	while (i < a->count)
		step(script, '-', &a->at[i++]);
	while (j < b->count)
		step(script, '+', &b->at[j++]);
	free(best);
}

static void
replace(const struct lines *a, const struct lines *b, struct script *script)
{
	for (size_t i = 0; i < a->count; i++)
		step(script, '-', &a->at[i]);
	for (size_t j = 0; j < b->count; j++)
		step(script, '+', &b->at[j]);
}

/* What both begin and end with is not compared again and again. */
static void
make_script(const struct lines *a, const struct lines *b, struct script *script)
{
	size_t least = a->count < b->count ? a->count : b->count;
	size_t head = 0;
	size_t tail = 0;
	struct lines mid_a;
	struct lines mid_b;

	script->at = mem_array(a->count + b->count + 1, sizeof *script->at);
	script->count = 0;
	while (head < least && same(&a->at[head], &b->at[head]))
		head++;
	while (tail < least - head &&
	       same(&a->at[a->count - 1 - tail], &b->at[b->count - 1 - tail]))
		tail++;
	mid_a = (struct lines){a->at + head, a->count - head - tail};
	mid_b = (struct lines){b->at + head, b->count - head - tail};
	for (size_t i = 0; i < head; i++)
		step(script, ' ', &a->at[i]);
	if (mid_a.count > 0 && mid_b.count > UDIFF_CELLS_MAX / mid_a.count)
		replace(&mid_a, &mid_b, script);
	else
		compare(&mid_a, &mid_b, script);
	for (size_t i = a->count - tail; i < a->count; i++)
		step(script, ' ', &a->at[i]);
}

/* The first step behind a hunk that begins with the change at `at`. */
static size_t
hunk_end(const struct script *script, size_t at)
{
	size_t last = at;

	for (size_t i = at; i < script->count && i <= last + 2 * CONTEXT; i++) {
		if (script->at[i].op != ' ')
			last = i;
	}
	last += CONTEXT + 1;
	return last < script->count ? last : script->count;
}

static void
write_range(size_t first, size_t count, struct buf *out)
{
	/* An empty range stands behind the line that it names. */
	buf_addf(out, "%zu", count == 0 ? first : first + 1);
	if (count != 1)
		buf_addf(out, ",%zu", count);
}

/* `a` and `b`: lines before the hunk in each text. */
static void
write_hunk(const struct step *steps, size_t count, const size_t before[2],
    struct buf *out)
{
	size_t counts[2] = {0, 0};

	for (size_t i = 0; i < count; i++) {
		counts[0] += steps[i].op != '+';
		counts[1] += steps[i].op != '-';
	}
	buf_adds(out, "@@ -");
	write_range(before[0], counts[0], out);
	buf_adds(out, " +");
	write_range(before[1], counts[1], out);
	buf_adds(out, " @@\n");
	for (size_t i = 0; i < count; i++) {
		const struct line *line = &steps[i].line;

		buf_addc(out, steps[i].op);
		buf_add(out, line->text, line->len);
		if (line->text[line->len - 1] != '\n')
			buf_adds(out, "\n\\ No newline at end of file\n");
	}
}

static void
write_script(const struct script *script, struct buf *out)
{
	size_t before[2] = {0, 0};
	size_t done = 0; /* steps that `before` counts */

	for (size_t at = 0; at < script->count; at++) {
		size_t start = at < CONTEXT ? 0 : at - CONTEXT;
		size_t end;

		if (script->at[at].op == ' ')
			continue;
		for (; done < start; done++) {
			before[0] += script->at[done].op != '+';
			before[1] += script->at[done].op != '-';
		}
		end = hunk_end(script, at);
		write_hunk(script->at + start, end - start, before, out);
		at = end - 1;
	}
}

void
udiff_write(const struct udiff_text *before, const struct udiff_text *after,
    struct buf *out)
{
	struct script script;
	struct lines a;
	struct lines b;

	if (before->len == after->len &&
	    memcmp(before->text, after->text, before->len) == 0)
		return;
	split(before, &a);
	split(after, &b);
	make_script(&a, &b, &script);
	buf_addf(out, "--- %s\n+++ %s\n", before->name, after->name);
	write_script(&script, out);
	free(script.at);
	free(a.at);
	free(b.at);
}
