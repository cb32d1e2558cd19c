#include "app/facts.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/decide.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/hostvars.h"

enum {
	PROBLEM_TEXT_MAX = 1024
};

/* What can not be expanded is the node's problem, which decide_problem() has.
 */
static void
read_variables(
    const struct app *app, const struct inv_host *host, struct facts *facts)
{
	struct hostvars *hostvars = app->site->hostvars;
	struct value word;
	int64_t attempts;

	facts->auto_install = false;
	facts->auto_install_unknown =
	    hostvars_bool(
		hostvars, host, "auto_install", &facts->auto_install, NULL) < 0;
	/* A node that is refused is not to be held, too. */
	facts->install_attempts = 0;
	if (hostvars_int(hostvars, host, "install_attempts", &attempts, NULL) ==
	    0)
		facts->install_attempts = (uint64_t)attempts;
	facts->attempts_window_ms = 0;
	(void)hostvars_ms(hostvars, host, "install_attempts_window",
	    &facts->attempts_window_ms, NULL);
	facts->deadline_factor = 1;
	(void)hostvars_int(
	    hostvars, host, "deadline_factor", &facts->deadline_factor, NULL);
	facts->reinstall_always = false;
	if (hostvars_str(hostvars, host, "reinstall", &word, NULL) < 0)
		return;
	facts->reinstall_always = strcmp(value_str(word), "always") == 0;
	value_unref(word);
}

static enum proxydhcp_style
read_style(const struct app *app, const struct inv_host *host)
{
	enum proxydhcp_style style = PROXYDHCP_STYLE_AUTO;
	struct value name;

	if (hostvars_str(app->site->hostvars, host, "pxe_style", &name, NULL) <
	    0)
		return style;
	if (proxydhcp_style_parse(value_str(name), &style) < 0)
		style = PROXYDHCP_STYLE_AUTO;
	value_unref(name);
	return style;
}

static unsigned
read_delay(const struct app *app, const struct inv_host *host)
{
	int64_t ms;

	if (hostvars_ms(app->site->hostvars, host, "reply_delay", &ms, NULL) <
	    0)
		return 0;
	return (unsigned)ms;
}

static void
read_vendor_class(const struct app *app, const struct inv_host *host,
    char ret_class[PXE_VENDOR_CLASS_MAX + 1])
{
	struct value text;

	ret_class[0] = '\0';
	if (hostvars_str(
		app->site->hostvars, host, "vendor_class", &text, NULL) < 0)
		return;
	str_copy(ret_class, PXE_VENDOR_CLASS_MAX + 1, value_str(text));
	value_unref(text);
}

static enum proxydhcp_loader
read_loader(const struct app *app, const struct inv_host *host)
{
	enum proxydhcp_loader loader = PROXYDHCP_LOADER_AUTO;
	struct value name;

	if (hostvars_str(app->site->hostvars, host, "loader", &name, NULL) < 0)
		return loader;
	if (proxydhcp_loader_parse(value_str(name), &loader) < 0)
		loader = PROXYDHCP_LOADER_AUTO;
	value_unref(name);
	return loader;
}

static void
read_facts(struct app *app, const struct inv_host *host, struct facts *facts)
{
	char text[PROBLEM_TEXT_MAX];
	struct err err = {0};

	facts_done(facts);
	facts->images_version = app->images.version;
	read_variables(app, host, facts);
	facts->style = read_style(app, host);
	facts->delay_ms = read_delay(app, host);
	read_vendor_class(app, host, facts->vendor_class);
	facts->loader = read_loader(app, host);
	facts->image = decide_image(app, host, &err);
	if (facts->image == NULL)
		facts->image_problem =
		    mem_strdup(err_format(&err, text, sizeof text));
}

const struct facts *
facts_of(struct app *app, const struct inv_host *host)
{
	struct facts *facts = &app->site->facts[inv_host_index(host)];

	if (facts->images_version != app->images.version)
		read_facts(app, host, facts);
	return facts;
}

void
facts_done(struct facts *facts)
{
	free(facts->image_problem);
	facts->image_problem = NULL;
}
