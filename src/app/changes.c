#include "app/changes.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/profile.h"

/* A host as it was; `known` when its files had been looked at. */
struct was {
	char *name;
	struct site_check check;
	bool known;
	UT_hash_handle hh;
};

struct changes {
	struct was *hosts;
	size_t added;
	size_t removed;
	size_t changed;
};

static struct was *
find(const struct changes *changes, const char *name)
{
	struct was *was;

	HASH_FIND_STR(changes->hosts, name, was);
	return was;
}

/* What it was: by the last reading, or else by one before. */
static void
remember(struct changes *changes, const struct inv_host *host,
    const struct site_check *check, const struct changes *earlier)
{
	const struct was *older =
	    earlier == NULL ? NULL : find(earlier, inv_host_name(host));
	struct was *was = mem_alloc(sizeof *was);

	was->name = mem_strdup(inv_host_name(host));
	if (check->images_version != 0) {
		was->check = *check;
		was->known = true;
	} else if (older != NULL) {
		was->check = older->check;
		was->known = older->known;
	}
	/* Only whether there was one is of interest. */
	was->check.problem = was->check.problem == NULL ? NULL : was->name;
	HASH_ADD_KEYPTR(hh, changes->hosts, was->name, strlen(was->name), was);
}

static void
list_added(struct changes *changes, const struct inventory *inv)
{
	for (size_t i = 0; i < inventory_host_count(inv); i++) {
		const char *name = inv_host_name(inventory_host_at(inv, i));

		if (find(changes, name) == NULL &&
		    changes->added++ < CHANGES_LINES_MAX)
			log_info(name, "reload: added");
	}
}

static void
list_removed(struct changes *changes, const struct inventory *inv)
{
	const struct was *was;
	const struct was *next;

	HASH_ITER (hh, changes->hosts, was, next) {
		if (inventory_find_host(inv, was->name) == NULL &&
		    changes->removed++ < CHANGES_LINES_MAX)
			log_info(was->name, "reload: removed");
	}
}

struct changes *
changes_new(const struct site *before, const struct site *after,
    struct changes *earlier)
{
	struct changes *changes = mem_alloc(sizeof *changes);

	for (size_t i = 0; i < inventory_host_count(before->inv); i++)
		remember(changes, inventory_host_at(before->inv, i),
		    &before->checks[i], earlier);
	changes_free(earlier);
	list_added(changes, after->inv);
	list_removed(changes, after->inv);
	return changes;
}

void
changes_free(struct changes *changes)
{
	struct was *was;
	struct was *next;

	if (changes == NULL)
		return;
	HASH_ITER (hh, changes->hosts, was, next) {
		HASH_DEL(changes->hosts, was);
		free(was->name);
		free(was);
	}
	free(changes);
}

static void
add_kinds(const struct site_check *before, const struct site_check *after,
    struct buf *out)
{
	for (unsigned kind = 0; kind < PROFILE_KINDS; kind++) {
		if (memcmp(before->digest[kind], after->digest[kind],
			SITE_DIGEST_SIZE) == 0)
			continue;
		buf_addf(out, "%s%s", out->len == 0 ? "" : ", ",
		    profile_kind_name((enum profile_kind)kind));
	}
}

void
changes_compare(struct changes *changes, const struct inv_host *host,
    const struct site_check *check)
{
	const struct was *was = find(changes, inv_host_name(host));
	struct buf kinds;

	/* What can not be rendered is logged as that. */
	if (was == NULL || !was->known || check->problem != NULL)
		return;
	buf_init(&kinds, 256);
	if (was->check.problem != NULL)
		buf_adds(&kinds, "can be served again");
	else
		add_kinds(&was->check, check, &kinds);
	if (kinds.len > 0 && changes->changed++ < CHANGES_LINES_MAX)
		log_info(inv_host_name(host), "reload: %s%s", kinds.data,
		    was->check.problem != NULL ? "" : " changed");
	buf_done(&kinds);
}

void
changes_finish(struct changes *changes)
{
	size_t most = changes->added > changes->removed ? changes->added
							: changes->removed;

	if (changes->changed > most)
		most = changes->changed;
	log_info(NULL,
	    "what the reload changed: %zu nodes added, %zu removed, files of "
	    "%zu changed%s",
	    changes->added, changes->removed, changes->changed,
	    most > CHANGES_LINES_MAX ? " (the first of them are named above)"
				     : "");
	changes_free(changes);
}
