#include "app/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/facts.h"
#include "app/reservation.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/hostvars.h"
#include "core/lint.h"
#include "template/template.h"

/* The trees of templates in the order in which they are searched. */
static const enum priv_tree_kind template_trees[] = {
    PRIV_TREE_OPERATOR,
    PRIV_TREE_TEMPLATES,
    PRIV_TREE_PXE,
};

static int
fetch_texts(struct privsep *priv, enum priv_tree_kind kind, struct texts *texts,
    struct err *err)
{
	struct privsep_files files;
	size_t count;
	int ret = privsep_count(priv, kind, &count, err);

	for (size_t i = 0; ret == 0 && i < count; i++) {
		ret = privsep_fetch(priv, kind, i, &files, err);
		if (ret < 0)
			break;
		for (size_t j = 0; j < files.count; j++)
			texts_add(texts, files.file[j].name, files.file[j].text,
			    files.file[j].len);
		privsep_files_done(&files);
	}
	return ret;
}

/* All inventory trees, and the flat list of their files. */
struct sources {
	struct privsep_files trees[PRIV_TREES_MAX];
	size_t count;
	struct inv_file *files;
	size_t file_count;
};

static void
sources_done(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		privsep_files_done(&sources->trees[i]);
	free(sources->files);
}

static void
sources_add(struct sources *sources, const struct privsep_files *tree)
{
	sources->files = mem_resize(sources->files,
	    sources->file_count + tree->count, sizeof *sources->files);
	for (size_t i = 0; i < tree->count; i++)
		sources->files[sources->file_count++] = (struct inv_file){
		    tree->file[i].path, tree->file[i].text, tree->file[i].len};
}

static int
fetch_sources(struct privsep *priv, struct sources *sources, struct err *err)
{
	size_t count;
	int ret = privsep_count(priv, PRIV_TREE_INVENTORY, &count, err);

	for (size_t i = 0; ret == 0 && i < count && i < PRIV_TREES_MAX; i++) {
		struct privsep_files *tree = &sources->trees[i];

		ret = privsep_fetch(priv, PRIV_TREE_INVENTORY, i, tree, err);
		if (ret < 0)
			break;
		sources->count++;
		sources_add(sources, tree);
	}
	return ret;
}

static int
load_inventory(struct privsep *priv, struct inv_secrets *secrets,
    struct problems *problems, struct inventory **ret_inv, struct err *err)
{
	struct sources sources = {0};
	int ret = fetch_sources(priv, &sources, err);

	if (ret == 0) {
		struct inv_input input = {
		    sources.files, sources.file_count, secrets};

		ret = inventory_load(&input, problems, ret_inv);
	}
	sources_done(&sources);
	return ret;
}

static int
load_templates(struct privsep *priv, const struct site_given *given,
    struct site *site, struct err *err)
{
	struct tmpl_options options;
	int ret = 0;

	for (size_t i = 0;
	     ret == 0 && i < sizeof template_trees / sizeof template_trees[0];
	     i++)
		ret =
		    fetch_texts(priv, template_trees[i], site->templates, err);
	if (ret == 0)
		ret = fetch_texts(priv, PRIV_TREE_HTTP, site->http, err);
	if (ret < 0)
		return ret;
	tmpl_options_init(&options);
	options.load = texts_load;
	options.load_arg = site->templates;
	options.salt_seed = given->salt;
	site->env = tmpl_env_new(&options);
	return 0;
}

/* One environment and where the first mistake goes. */
struct compiling {
	struct tmpl_env *env;
	struct err *err;
};

static int
on_template_cb(void *arg, const char *name)
{
	const struct compiling *compiling = arg;

	if (!str_ends(name, ".j2"))
		return 0;
	return tmpl_check(compiling->env, name, compiling->err);
}

/* As an inventory with a mistake: refused whole, before a node asks. */
static int
check_templates(const struct site *site, struct err *err)
{
	struct compiling compiling = {site->env, err};

	return texts_each(site->templates, on_template_cb, &compiling);
}

static void
add_places(struct site *site, const struct site_given *given)
{
	static const char *const shipped[] = {"templates", "pxe"};

	if (given->templates_dir != NULL)
		texts_add_place(site->templates, given->templates_dir);
	for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
		char *path = mem_printf("%s/%s",
		    given->data_dir == NULL ? "" : given->data_dir, shipped[i]);

		texts_add_place(site->templates, path);
		free(path);
	}
}

int
site_load(struct privsep *priv, const struct site_given *given,
    struct problems *problems, struct site **ret_site, struct err *err)
{
	struct site *site = mem_alloc(sizeof *site);
	int ret;

	site->templates = texts_new();
	site->http = texts_new();
	site->lint = lint_new();
	add_places(site, given);
	ret = load_inventory(priv, given->secrets, problems, &site->inv, err);
	if (ret == 0)
		ret = load_templates(priv, given, site, err);
	if (ret == 0)
		ret = check_templates(site, err);
	if (ret < 0) {
		site_free(site);
		return ret;
	}
	site->checks =
	    mem_array(inventory_host_count(site->inv), sizeof *site->checks);
	site->facts =
	    mem_array(inventory_host_count(site->inv), sizeof *site->facts);
	site->hostvars = hostvars_new(site->inv, site->env, NULL);
	if (given->dhcp_server)
		reservations_check(
		    site->inv, site->hostvars, given->iface, problems);
	if (problems->errors > 0) {
		site_free(site);
		return -EINVAL;
	}
	*ret_site = site;
	return 0;
}

void
site_free(struct site *site)
{
	if (site == NULL)
		return;
	for (size_t i = 0;
	     site->checks != NULL && i < inventory_host_count(site->inv); i++)
		free(site->checks[i].problem);
	for (size_t i = 0;
	     site->facts != NULL && i < inventory_host_count(site->inv); i++)
		facts_done(&site->facts[i]);
	free(site->checks);
	free(site->facts);
	hostvars_free(site->hostvars);
	lint_free(site->lint);
	tmpl_env_free(site->env);
	texts_free(site->templates);
	texts_free(site->http);
	inventory_unref(site->inv);
	free(site);
}
