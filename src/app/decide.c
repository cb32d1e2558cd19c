#include "app/decide.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "app/facts.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/hostvars.h"
#include "template/template.h"

enum {
	PROBLEM_TEXT_MAX = 1024
};

const struct inv_host *
decide_find_host(const struct app *app, const char *name)
{
	return inventory_find_host(app->site->inv, name);
}

size_t
decide_mac_index(const struct inv_host *host, const struct hwaddr *mac)
{
	size_t count;
	const struct hwaddr *macs = inv_host_macs(host, &count);

	for (size_t i = 0; i < count; i++) {
		if (hwaddr_eq(&macs[i], mac))
			return i;
	}
	return 0;
}

const struct image *
decide_image(
    const struct app *app, const struct inv_host *host, struct err *err)
{
	const struct image *image = NULL;
	struct value name;

	if (hostvars_str(app->site->hostvars, host, "image", &name, err) < 0)
		return NULL;
	if (image_choose(app->images.list, app->images.count, value_str(name),
		&image, err) < 0)
		image = NULL;
	value_unref(name);
	return image;
}

int
decide_vars(const struct app *app, const struct inv_host *host,
    const struct decide_via *via, const struct decide_install *install,
    struct value *ret_vars, struct err *err)
{
	struct profile_site site = {
	    .address = via->address,
	    .http_port = app->args->http_port,
	    .files_port = app->args->files_port,
	};
	struct value own = hostvars_map(app->site->hostvars, host);
	struct profile_input input = {
	    .name = inv_host_name(host),
	    .vars = own,
	    .group_names = value_map_get(own, "group_names"),
	    .groups = value_map_get(own, "groups"),
	    .mac_index = via->mac_index,
	    .site = &site,
	    .image = decide_image(app, host, err),
	    .generation = install->generation,
	    .overwrite = install->overwrite,
	    .taken = install->taken,
	    .boot_token = install->boot_token,
	    .report_token = install->report_token,
	    .firstboot_token = install->firstboot_token,
	    .lookup = hostvars_lookup,
	    .lookup_arg = app->site->hostvars,
	};
	int ret = -ENOENT;

	input.macs = inv_host_macs(host, &input.nmacs);
	if (input.image != NULL)
		ret = profile_vars(&input, app->site->env, ret_vars, err);
	value_unref(own);
	return ret;
}

int
decide_render(const struct app *app, enum profile_kind kind, struct value vars,
    struct buf *out, struct err *err)
{
	struct tmpl_input input = {.vars = vars,
	    .lookup = hostvars_lookup,
	    .lookup_arg = app->site->hostvars};

	return profile_render_input(
	    kind, &input, app->site->env, app->site->lint, out, err);
}

static void
digest_of(const struct buf *text, uint8_t ret_digest[SITE_DIGEST_SIZE])
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	if (EVP_Digest(text->data, text->len, sum, NULL, EVP_sha256(), NULL) !=
	    1)
		abort();
	memcpy(ret_digest, sum, SITE_DIGEST_SIZE);
}

/*
 * Renders all of a host's files, to find out whether they can be, and what
 * they say apart from tokens, generation and address.
 */
static int
render_all(struct app *app, const struct inv_host *host,
    struct site_check *check, struct err *err)
{
	struct decide_via via = {"192.0.2.1", 0};
	struct decide_install install = {.generation = 1};
	struct value vars;
	struct buf out;
	int ret = decide_vars(app, host, &via, &install, &vars, err);

	if (ret < 0)
		return ret;
	buf_init(&out, PROFILE_OUTPUT_MAX);
	for (int kind = 0; ret == 0 && kind < PROFILE_KINDS; kind++) {
		buf_reset(&out);
		ret = decide_render(
		    app, (enum profile_kind)kind, vars, &out, err);
		if (ret == 0)
			digest_of(&out, check->digest[kind]);
	}
	buf_done(&out);
	value_unref(vars);
	return ret;
}

const char *
decide_problem(struct app *app, const struct inv_host *host)
{
	struct site_check *check = &app->site->checks[inv_host_index(host)];
	struct err err = {0};
	char text[PROBLEM_TEXT_MAX];

	if (check->images_version == app->images.version)
		return check->problem;
	free(check->problem);
	check->problem = NULL;
	memset(check->digest, 0, sizeof check->digest);
	check->images_version = app->images.version;
	/* Without an image there is nothing to render; policy tells that. */
	if (hostvars_check(app->site->hostvars, host, &err) == 0 &&
	    (decide_image(app, host, NULL) == NULL ||
		render_all(app, host, check, &err) == 0))
		return NULL;
	check->problem = mem_strdup(err_format(&err, text, sizeof text));
	return check->problem;
}

const char *
decide_known_problem(const struct app *app, const struct inv_host *host)
{
	const struct site_check *check =
	    &app->site->checks[inv_host_index(host)];

	return check->images_version == app->images.version ? check->problem
							    : NULL;
}

const char *
decide_content(const struct app *app, const struct inv_host *host,
    char ret_content[EVENT_CONTENT_SIZE])
{
	static const uint8_t nothing[SITE_DIGEST_SIZE];
	const struct site_check *check =
	    &app->site->checks[inv_host_index(host)];
	const uint8_t *seed = check->digest[PROFILE_USER_DATA];
	uint8_t sum[EVP_MAX_MD_SIZE];

	ret_content[0] = '\0';
	if (check->images_version != app->images.version ||
	    check->problem != NULL ||
	    memcmp(seed, nothing, sizeof nothing) == 0)
		return ret_content;
	/* All kinds behind the boot script's. */
	if (EVP_Digest(seed, sizeof check->digest - SITE_DIGEST_SIZE, sum, NULL,
		EVP_sha256(), NULL) != 1)
		abort();
	str_hex(sum, SITE_DIGEST_SIZE, ret_content);
	return ret_content;
}

static void
ask_set_token(struct ask *ask, const struct node_token *token)
{
	if (token == NULL)
		return;
	ask->token_generation = token->generation;
	ask->token_expires_ms = token->expires_ms;
}

static void
ask_set_client(const struct app *app, const struct inv_host *host,
    const struct decide_client *client, struct ask *ask)
{
	const struct inv_host *other;

	ask->name = inv_host_name(host);
	if (client == NULL)
		return;
	ask->client_arch = client->arch;
	other = identity_other(
	    app->site->inv, &client->claim, host, &ask->other_by);
	if (other != NULL)
		ask->other = inv_host_name(other);
}

/* What inventory and images say of the host, for any stage. */
static void
ask_set_facts(const struct facts *facts, struct ask *ask)
{
	ask->auto_install = facts->auto_install;
	ask->auto_install_unknown = facts->auto_install_unknown;
	ask->reinstall_always = facts->reinstall_always;
	ask->install_attempts = facts->install_attempts;
	ask->attempts_window_ms = facts->attempts_window_ms;
	ask->image_problem = facts->image_problem;
	if (facts->image != NULL)
		ask->image_arch = facts->image->arch;
}

uint64_t
decide_want(
    struct app *app, const struct inv_host *host, const struct node *node)
{
	struct ask ask = {.known = true};

	ask_set_facts(facts_of(app, host), &ask);
	return policy_effective_want(&ask, node);
}

void
decide_host(struct app *app, const struct inv_host *host, enum ask_stage stage,
    const struct node_token *token, const struct decide_client *client,
    struct decision *ret_decision)
{
	struct ask ask = {
	    .stage = stage,
	    .known = host != NULL,
	    .now_ms = clock_wall_ms(app->clock),
	};

	if (host == NULL) {
		policy_decide(&ask, NULL, ret_decision);
		return;
	}
	ask_set_client(app, host, client, &ask);
	ask_set_facts(facts_of(app, host), &ask);
	ask.problem = decide_problem(app, host);
	ask_set_token(&ask, token);
	policy_decide(
	    &ask, nodes_find(app->nodes, inv_host_name(host)), ret_decision);
}

void
decide_stranger(struct app *app, const struct hwaddr *mac, enum ask_stage stage,
    const char *arch, struct decision *ret_decision)
{
	const struct image *image =
	    image_find_inspect(app->images.list, app->images.count);
	struct ask ask = {
	    .stage = stage,
	    .enroll = app->args->enroll,
	    .inspect =
		image != NULL && (arch == NULL || image->arch[0] == '\0' ||
				     strcmp(arch, image->arch) == 0),
	    .now_ms = clock_wall_ms(app->clock),
	};
	char name[HWADDR_STRLEN];

	hwaddr_format(mac, name);
	/* A host that has the machine's MAC for its name is another. */
	if (decide_find_host(app, name) != NULL)
		ask.enroll = false;
	policy_decide(&ask, nodes_find(app->nodes, name), ret_decision);
}
