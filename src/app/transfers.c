#include "app/transfers.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "app/app.h"
#include "app/dashboard.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/transfer.h"

/* One of each node that the inventory names, at most. */
struct entry {
	char node[EVENT_NODE_SIZE];
	struct transfer transfer;
	UT_hash_handle hh;
};

struct transfers {
	struct app *app;
	struct entry *entries;
};

struct transfers *
transfers_new(struct app *app)
{
	struct transfers *transfers = mem_alloc(sizeof *transfers);

	transfers->app = app;
	return transfers;
}

static void
entry_drop(struct transfers *transfers, struct entry *entry)
{
	HASH_DEL(transfers->entries, entry);
	free(entry);
}

void
transfers_free(struct transfers *transfers)
{
	struct entry *entry;
	struct entry *next;

	if (transfers == NULL)
		return;
	HASH_ITER (hh, transfers->entries, entry, next)
		entry_drop(transfers, entry);
	free(transfers);
}

static struct entry *
entry_find(const struct transfers *transfers, const char *node)
{
	struct entry *entry;

	HASH_FIND_STR(transfers->entries, node, entry);
	return entry;
}

static struct entry *
entry_get(struct transfers *transfers, const char *node)
{
	struct entry *entry = entry_find(transfers, node);

	if (entry != NULL)
		return entry;
	entry = mem_alloc(sizeof *entry);
	str_copy(entry->node, sizeof entry->node, node);
	HASH_ADD_STR(transfers->entries, node, entry);
	return entry;
}

/* "/images/NAME/FILE": the image; NULL: it is none of ours. */
static const struct image *
image_of(const struct app *app, const char *path, enum transfer_file *ret_file)
{
	static const char head[] = "/images/";
	const char *file = strrchr(path, '/');
	const struct image *image;
	char *name;

	if (!str_starts(path, head) || file < path + sizeof head)
		return NULL;
	path += sizeof head - 1;
	name = mem_strndup(path, (size_t)(file - path));
	image = images_find(&app->images, name);
	free(name);
	if (image == NULL || transfer_find(image, file + 1, ret_file) < 0)
		return NULL;
	return image;
}

/* To the dashboards: no event, since nothing of it lasts. */
static void
publish(const struct transfers *transfers, const char *name)
{
	const struct node *node = nodes_find(transfers->app->nodes, name);
	struct value transfer = {0};
	struct value map;

	if (node != NULL)
		transfer = transfers_of(transfers, node);
	if (transfer.type == VALUE_UNDEFINED)
		return;
	map = value_map_new();
	value_map_set(map, "name", value_string(name));
	value_map_set(map, "transfer", transfer);
	dashboard_publish_transfer(transfers->app, map);
}

void
transfers_report(struct transfers *transfers, const char *node,
    const struct filesrv_report *report)
{
	enum transfer_file file;
	const struct image *image =
	    image_of(transfers->app, report->path, &file);
	struct transfer_news news = {.id = report->id,
	    .offset = report->offset,
	    .length = report->length,
	    .bytes = report->bytes,
	    .ms = report->ms,
	    .running = report->running,
	    .complete = report->complete};

	if (image == NULL)
		return;
	news.file = file;
	transfer_apply(&entry_get(transfers, node)->transfer, image, &news,
	    clock_mono_ms(transfers->app->clock));
	publish(transfers, node);
}

void
transfers_event(struct transfers *transfers, const struct event *event)
{
	struct entry *entry = entry_find(transfers, event->node);

	if (entry != NULL && event->kind == EVENT_BOOT_SCRIPT)
		entry_drop(transfers, entry);
}

bool
transfers_is_running(const struct transfers *transfers, const struct node *node)
{
	const struct entry *entry = entry_find(transfers, node->name);

	return entry != NULL && node_is_before_install(node->phase) &&
	       transfer_eta(
		   &entry->transfer, clock_mono_ms(transfers->app->clock)) >= 0;
}

struct value
transfers_of(const struct transfers *transfers, const struct node *node)
{
	const struct entry *entry = entry_find(transfers, node->name);
	const struct transfer *transfer;
	struct value map;
	int64_t eta;

	if (entry == NULL || !node_is_before_install(node->phase))
		return (struct value){0};
	transfer = &entry->transfer;
	eta = transfer_eta(transfer, clock_mono_ms(transfers->app->clock));
	map = value_map_new();
	value_map_set(
	    map, "file", value_string(transfer_file_name(transfer->file)));
	value_map_set(
	    map, "state", value_string(transfer_state_name(transfer->state)));
	value_map_set(map, "bytes", value_int((int64_t)transfer->bytes));
	value_map_set(map, "total", value_int((int64_t)transfer->length));
	value_map_set(map, "percent", value_int((int64_t)transfer->percent));
	if (eta >= 0) {
		value_map_set(map, "rate", value_int((int64_t)transfer->rate));
		value_map_set(map, "eta_s", value_int(eta));
	}
	if (transfer->breaks > 0)
		value_map_set(
		    map, "breaks", value_int((int64_t)transfer->breaks));
	return map;
}
