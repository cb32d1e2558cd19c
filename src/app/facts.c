#include "app/facts.h"

#include <stdlib.h>

#include "app/app.h"
#include "app/decide.h"
#include "base/mem.h"
#include "core/hostvars.h"

enum {
	PROBLEM_TEXT_MAX = 1024
};

static bool
read_bool(const struct app *app, const struct inv_host *host, const char *name)
{
	bool value = false;

	/* A value that can not be expanded says nothing: leave disks alone. */
	if (hostvars_bool(app->site->hostvars, host, name, &value, NULL) < 0)
		return false;
	return value;
}

static uint64_t
read_attempts(const struct app *app, const struct inv_host *host)
{
	int64_t value;

	if (hostvars_int(app->site->hostvars, host, "install_attempts", &value,
		NULL) < 0)
		return 1;
	return (uint64_t)value;
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

static void
read_facts(struct app *app, const struct inv_host *host, struct facts *facts)
{
	char text[PROBLEM_TEXT_MAX];
	struct err err = {0};

	facts_done(facts);
	facts->images_version = app->images.version;
	facts->auto_install = read_bool(app, host, "auto_install");
	facts->install_attempts = read_attempts(app, host);
	facts->style = read_style(app, host);
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
