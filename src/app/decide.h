/*
 * From a host to a decision: gathers what policy_decide() asks for, and what a
 * template needs to be rendered for it. Every stage comes through here, so
 * every stage sees the same facts.
 */
#ifndef CONVECT_APP_DECIDE_H
#define CONVECT_APP_DECIDE_H

#include "app/app.h"
#include "core/identity.h"
#include "core/policy.h"
#include "core/profile.h"

/* How a client reaches us, and with which of its NICs it came. */
struct decide_via {
	const char *address; /* ours, as the client sees it */
	size_t mac_index;
};

/* What is put into the templates beside the host's own variables. */
struct decide_install {
	uint64_t generation;
	bool overwrite;
	const char *boot_token;	     /* NULL: a preview */
	const char *report_token;    /* NULL: a preview */
	const char *firstboot_token; /* NULL: a preview */
	const char *taken;	     /* struct node; NULL: nothing */
};

/* What a client tells of itself; all may be NULL. */
struct decide_client {
	const char *arch; /* Debian's name of it */
	struct identity_claim claim;
};

/*
 * `token` is for ASK_SEED: the live token that was shown, or NULL. `client`
 * may be NULL.
 */
void decide_host(struct app *app, const struct inv_host *host,
    enum ask_stage stage, const struct node_token *token,
    const struct decide_client *client, struct decision *ret_decision);

/* The same for a machine that no inventory names. `arch` may be NULL. */
void decide_stranger(struct app *app, const struct hwaddr *mac,
    enum ask_stage stage, const char *arch, struct decision *ret_decision);

/*
 * The generation that the policy wants of the host: above node->have an install
 * is due.
 */
uint64_t decide_want(
    struct app *app, const struct inv_host *host, const struct node *node);

/*
 * The host that a live token's node name belongs to; NULL when the inventory
 * does not name it any more.
 */
const struct inv_host *decide_find_host(
    const struct app *app, const char *name);
/* Index of the MAC among the host's, 0 when it is not there. */
size_t decide_mac_index(const struct inv_host *host, const struct hwaddr *mac);

/* The host's image, or NULL with err saying why there is none. */
const struct image *decide_image(
    const struct app *app, const struct inv_host *host, struct err *err);

/* The variables of the host's templates; the caller's. */
int decide_vars(const struct app *app, const struct inv_host *host,
    const struct decide_via *via, const struct decide_install *install,
    struct value *ret_vars, struct err *err);

/* One of its files, rendered with these variables and checked. */
int decide_render(const struct app *app, enum profile_kind kind,
    struct value vars, struct buf *out, struct err *err);

/*
 * Why the host can not be served, or NULL; looked at once for each reading of
 * the files and of the images.
 */
const char *decide_problem(struct app *app, const struct inv_host *host);
/* The same without looking: NULL also when it was not looked at yet. */
const char *decide_known_problem(
    const struct app *app, const struct inv_host *host);
/*
 * A digest of the host's seed as it is now, apart from tokens, generation and
 * address; "" when it was not looked at yet or can not be rendered.
 */
const char *decide_content(const struct app *app, const struct inv_host *host,
    char ret_content[EVENT_CONTENT_SIZE]);

#endif
