#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/decide.h"
#include "base/mem.h"
#include "core/hostvars.h"

/* What `--check` has found so far. */
struct check {
	struct app app;
	size_t errors;
	size_t warnings;
};

static void
print_problem(struct check *check, enum problem_severity severity,
    const char *node, const char *text)
{
	bool is_error = severity == PROBLEM_ERROR;

	if (is_error)
		check->errors++;
	else
		check->warnings++;
	printf("%s: %s%s%s\n", is_error ? "error" : "warning",
	    node == NULL ? "" : node, node == NULL ? "" : ": ", text);
}

static void
print_problems(struct check *check, const struct problems *problems)
{
	char text[1024];

	for (size_t i = 0; i < problems->count; i++)
		print_problem(check, problems->list[i].severity, NULL,
		    err_format(&problems->list[i].err, text, sizeof text));
}

static void
check_host(struct check *check, const struct inv_host *host)
{
	const char *name = inv_host_name(host);
	struct err err = {0};
	char mac[HWADDR_STRLEN];
	char text[1024];
	const struct image *image;
	size_t nmacs;
	const struct hwaddr *macs = inv_host_macs(host, &nmacs);
	bool install = false;

	if (nmacs == 0) {
		printf("%s: no mac: does not boot from here\n", name);
		return;
	}
	image = decide_image(&check->app, host, &err);
	if (image == NULL) {
		print_problem(check, PROBLEM_ERROR, name,
		    err_format(&err, text, sizeof text));
		return;
	}
	if (decide_problem(&check->app, host) != NULL) {
		print_problem(check, PROBLEM_ERROR, name,
		    decide_problem(&check->app, host));
		return;
	}
	(void)hostvars_bool(
	    check->app.site->hostvars, host, "auto_install", &install, NULL);
	printf("%s: %s%s, image %s, %s\n", name, hwaddr_format(&macs[0], mac),
	    nmacs > 1 ? " and others" : "", image->name,
	    install ? "installs when it is new"
		    : "installs only when asked to");
}

static void
check_site(struct check *check)
{
	const struct inventory *inv = check->app.site->inv;

	for (size_t i = 0; i < inventory_host_count(inv); i++)
		check_host(check, inventory_host_at(inv, i));
}

static void
check_images(struct check *check, const char *state_dir)
{
	struct images *images = &check->app.images;
	char *dir = mem_printf("%s/files/images", state_dir);
	struct err err = {0};
	char text[1024];

	if (images_scan(images, dir, &err) < 0)
		print_problem(check, PROBLEM_WARNING, NULL,
		    err_format(&err, text, sizeof text));
	free(dir);
	if (images->count > 0)
		return;
	/* The templates are worth a look all the same. */
	print_problem(check, PROBLEM_WARNING, NULL,
	    "there is no image yet (convect-pxectl image add ISO)");
	if (images->list == NULL)
		images->list = mem_array(1, sizeof *images->list);
	image_placeholder(&images->list[0]);
	images->count = 1;
	images->version++;
}

int
engine_check(const struct engine_args *args)
{
	const struct site_places places = {args->templates_dir, args->data_dir};
	struct check check = {.app = {.args = args, .clock = &clock_system}};
	struct problems problems;
	struct err err = {0};
	char text[1024];
	int ret;

	problems_init(&problems);
	ret = site_load(args->priv, &places, &problems, &check.app.site, &err);
	print_problems(&check, &problems);
	if (ret < 0 && problems.errors == 0)
		print_problem(&check, PROBLEM_ERROR, NULL,
		    err_format(&err, text, sizeof text));
	if (ret == 0) {
		check_images(&check, args->state_dir);
		check_site(&check);
	}
	printf("%zu error%s, %zu warning%s\n", check.errors,
	    check.errors == 1 ? "" : "s", check.warnings,
	    check.warnings == 1 ? "" : "s");
	problems_done(&problems);
	images_done(&check.app.images);
	site_free(check.app.site);
	return check.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
