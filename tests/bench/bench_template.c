/*
 * What rendering a typical user-data costs once it is compiled: time, and
 * allocations. Usage: bench_template [TEMPLATE VARS.json]. The script
 * template-speed runs it beside python3-jinja2.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "template/template.h"

#define RENDERS 200
#define ROUNDS 500

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
die(const struct err *err)
{
	char text[1024];

	fprintf(
	    stderr, "bench_template: %s\n", err_format(err, text, sizeof text));
	exit(1);
}

static int
load(void *arg, const char *name, struct buf *out, struct err *err)
{
	(void)name;
	return file_read(arg, out, err);
}

static struct value
read_vars(const char *path)
{
	struct value vars = {0};
	struct err err = {0};
	struct buf text;

	buf_init(&text, 1 << 20);
	if (file_read(path, &text, &err) != 0 ||
	    value_parse_json(text.data, text.len, &vars, &err) != 0)
		die(&err);
	buf_done(&text);
	return vars;
}

/* The best of many short rounds: what the machine can do when left alone. */
static double
measure(struct tmpl_env *env, const struct tmpl_input *input, struct buf *out)
{
	struct err err = {0};
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = now_ns();
		double each;

		for (int i = 0; i < RENDERS; i++) {
			buf_reset(out);
			if (tmpl_render(env, "t", input, out, &err) != 0)
				die(&err);
		}
		each = (double)(now_ns() - start) / RENDERS / 1000;
		if (each < best)
			best = each;
	}
	return best;
}

int
main(int argc, char **argv)
{
	char path[] = BENCH_DATA "/user-data.j2";
	struct tmpl_options options;
	struct tmpl_input input = {0};
	struct tmpl_env *env;
	struct buf out;
	double us;

	tmpl_options_init(&options);
	options.load = load;
	options.load_arg = argc > 2 ? argv[1] : path;
	input.vars =
	    read_vars(argc > 2 ? argv[2] : BENCH_DATA "/user-data.json");
	env = tmpl_env_new(&options);
	buf_init(&out, TMPL_OUTPUT_MAX);
	us = measure(env, &input, &out);
	printf("%.2f us a render, %zu bytes of output\n", us, out.len);
	buf_done(&out);
	tmpl_env_free(env);
	value_unref(input.vars);
	return 0;
}
