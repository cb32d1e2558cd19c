#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/decide.h"
#include "app/dhcp.h"
#include "base/escape.h"
#include "base/mem.h"
#include "core/check.h"
#include "core/cluster_config.h"
#include "core/hostvars.h"

enum {
	GROUP_TEXT_MAX = 4096
};

/* `--check` on its way. */
struct checker {
	struct app app;
	struct check check;
};

static void
print_node(struct checker *checker, const struct inv_host *host,
    const struct image *image)
{
	char mac[HWADDR_STRLEN];
	size_t nmacs;
	const struct hwaddr *macs = inv_host_macs(host, &nmacs);
	bool install = false;

	(void)hostvars_bool(
	    checker->app.site->hostvars, host, "auto_install", &install, NULL);
	printf("%s: %s%s, image %s, %s\n", inv_host_name(host),
	    hwaddr_format(&macs[0], mac), nmacs > 1 ? " and others" : "",
	    image->name,
	    install ? "installs when it is new"
		    : "installs only when asked to");
}

/* 0: the files were looked at; else err says why they can not be rendered. */
static int
check_files(struct checker *checker, const struct inv_host *host,
    const struct image **ret_image, struct err *err)
{
	struct app *app = &checker->app;
	struct decide_via via = {"192.0.2.1", 0};
	struct decide_install install = {.generation = 1};
	struct check_node node = {.host = host,
	    .hostvars = app->site->hostvars,
	    .env = app->site->env,
	    .lint = app->site->lint};
	int ret = hostvars_check(app->site->hostvars, host, err);

	if (ret < 0)
		return ret;
	*ret_image = decide_image(app, host, err);
	if (*ret_image == NULL)
		return -ENOENT;
	ret = decide_vars(app, host, &via, &install, &node.vars, err);
	if (ret < 0)
		return ret;
	check_node(&checker->check, &node);
	value_unref(node.vars);
	return 0;
}

static void
check_host(struct checker *checker, const struct inv_host *host)
{
	size_t errors = checker->check.errors;
	const struct image *image = NULL;
	struct err err = {0};
	size_t nmacs;

	(void)inv_host_macs(host, &nmacs);
	if (nmacs == 0) {
		printf("%s: no mac: does not boot from here\n",
		    inv_host_name(host));
	} else if (check_files(checker, host, &image, &err) < 0) {
		checker->check.nodes++;
		check_add(
		    &checker->check, PROBLEM_ERROR, inv_host_name(host), &err);
	} else if (checker->check.errors == errors) {
		print_node(checker, host, image);
	}
}

static void
check_site(struct checker *checker)
{
	const struct inventory *inv = checker->app.site->inv;
	struct problems problems;

	for (size_t i = 0; i < inventory_host_count(inv); i++)
		check_host(checker, inventory_host_at(inv, i));
	problems_init(&problems);
	cluster_lint(inv, checker->app.site->hostvars, &problems);
	check_add_problems(&checker->check, &problems);
	problems_done(&problems);
}

static void
check_images(struct checker *checker, const char *state_dir)
{
	struct images *images = &checker->app.images;
	char *dir = mem_printf("%s/files/images", state_dir);
	struct err err = {0};

	if (images_scan(images, dir, &err) < 0)
		check_add(&checker->check, PROBLEM_WARNING, NULL, &err);
	free(dir);
	if (images->count > 0)
		return;
	/* The templates are worth a look all the same. */
	err_clear(&err);
	err_set(&err, "there is no image yet");
	err_hint(&err, "convect-pxectl image add ISO");
	check_add(&checker->check, PROBLEM_WARNING, NULL, &err);
	if (images->list == NULL)
		images->list = mem_array(1, sizeof *images->list);
	image_placeholder(&images->list[0]);
	images->count = 1;
	images->version++;
}

static void
print_groups(const struct check *check, enum problem_severity severity)
{
	struct buf plain;
	struct buf text;

	buf_init(&plain, GROUP_TEXT_MAX);
	buf_init(&text, GROUP_TEXT_MAX);
	for (size_t i = 0; i < check->count; i++) {
		if (check->groups[i].severity != severity)
			continue;
		buf_reset(&plain);
		buf_reset(&text);
		check_group_text(&check->groups[i], &plain);
		escape_log(&text, plain.data, plain.len);
		printf("%s: %s\n",
		    severity == PROBLEM_ERROR ? "error" : "warning", text.data);
	}
	buf_done(&plain);
	buf_done(&text);
}

static void
print_all(const struct check *check)
{
	struct buf text;

	print_groups(check, PROBLEM_ERROR);
	print_groups(check, PROBLEM_WARNING);
	buf_init(&text, GROUP_TEXT_MAX);
	check_summary(check, &text);
	puts(text.data);
	buf_done(&text);
}

int
engine_check(const struct engine_args *args)
{
	struct site_given given = {.templates_dir = args->templates_dir,
	    .data_dir = args->data_dir,
	    .dhcp_server = args->dhcp_server,
	    .salt = ""};
	struct checker checker = {
	    .app = {.args = args, .clock = &clock_system}};
	const char *names[ENGINE_DHCP_MAX / 2];
	struct iface *iface =
	    iface_new(names, dhcp_interface_names(args, names));
	struct problems problems;
	struct err err = {0};
	int ret;
	bool ok;

	given.iface = iface;
	if (iface_read(iface) < 0)
		given.iface = NULL;
	problems_init(&problems);
	check_init(&checker.check);
	ret = passwords_fetch(&checker.app.passwords, args->priv,
	    args->vault_files, args->vault_count, &err);
	given.secrets = checker.app.passwords.secrets;
	if (ret == 0)
		ret = site_load(
		    args->priv, &given, &problems, &checker.app.site, &err);
	check_add_problems(&checker.check, &problems);
	if (ret < 0 && problems.errors == 0)
		check_add(&checker.check, PROBLEM_ERROR, NULL, &err);
	if (ret == 0) {
		check_images(&checker, args->state_dir);
		check_site(&checker);
	}
	print_all(&checker.check);
	ok = checker.check.errors == 0;
	check_done(&checker.check);
	problems_done(&problems);
	images_done(&checker.app.images);
	site_free(checker.app.site);
	passwords_done(&checker.app.passwords);
	iface_free(iface);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
