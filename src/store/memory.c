/* The store that keeps nothing: for tests, and the measure of the others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/store_impl.h"

struct memory_value {
	char *key;
	char *value;
};

struct memory {
	struct store base;
	struct event *events; /* the newest keep_events to twice as many */
	size_t count;
	size_t size;
	uint64_t keep;
	uint64_t last_seq;
	struct memory_value *values;
	size_t nvalues;
};

static struct memory *
memory_of(struct store *store)
{
	return (struct memory *)(void *)store;
}

static uint64_t
last_of(const struct memory *memory, const char *node)
{
	for (size_t i = memory->count; i > 0; i--) {
		if (strcmp(memory->events[i - 1].node, node) == 0)
			return memory->events[i - 1].seq;
	}
	return 0;
}

static void
make_room(struct memory *memory)
{
	size_t old;

	if (memory->count < memory->size)
		return;
	if (memory->count >= 2 * memory->keep) {
		old = memory->count - (size_t)memory->keep;
		memmove(memory->events, memory->events + old,
		    (memory->count - old) * sizeof *memory->events);
		memory->count -= old;
		return;
	}
	memory->size = memory->size == 0 ? 64 : 2 * memory->size;
	memory->events =
	    mem_resize(memory->events, memory->size, sizeof *memory->events);
}

static int
add_events(struct memory *memory, struct store_req *req)
{
	if (req->expected_seq != STORE_ANY_SEQ &&
	    last_of(memory, req->events[0].node) > req->expected_seq)
		return -ESTALE;
	for (size_t i = 0; i < req->n; i++) {
		req->events[i].seq = ++memory->last_seq;
		make_room(memory);
		memory->events[memory->count++] = req->events[i];
	}
	return 0;
}

static struct memory_value *
find_value(struct memory *memory, const char *key)
{
	for (size_t i = 0; i < memory->nvalues; i++) {
		if (strcmp(memory->values[i].key, key) == 0)
			return &memory->values[i];
	}
	return NULL;
}

static void
drop_value(struct memory *memory, struct memory_value *value)
{
	free(value->key);
	free(value->value);
	*value = memory->values[--memory->nvalues];
}

static void
set_value(struct memory *memory, const struct store_value *pair)
{
	struct memory_value *value = find_value(memory, pair->key);

	if (pair->value == NULL) {
		if (value != NULL)
			drop_value(memory, value);
		return;
	}
	if (value == NULL) {
		memory->values = mem_resize(memory->values, memory->nvalues + 1,
		    sizeof *memory->values);
		value = &memory->values[memory->nvalues++];
		value->key = mem_strdup(pair->key);
	} else {
		free(value->value);
	}
	value->value = mem_strdup(pair->value);
}

static void
memory_submit(struct store *store, struct store_req *req)
{
	struct memory *memory = memory_of(store);

	req->error = add_events(memory, req);
	for (size_t i = 0; req->error == 0 && i < req->nvalues; i++)
		set_value(memory, &req->values[i]);
	store_req_done(store, req);
}

static void
memory_wait(struct store *store)
{
	(void)store;
}

static int
memory_load(
    struct store *store, const struct store_loader *loader, struct err *err)
{
	struct memory *memory = memory_of(store);

	(void)err;
	for (size_t i = 0; i < memory->count; i++)
		loader->on_event(loader->arg, &memory->events[i]);
	store->last_seq = memory->last_seq;
	return 0;
}

static bool
is_wanted(const struct store_query *query, const struct event *event)
{
	return event->seq > query->after_seq &&
	       event->time_ms >= query->since_ms &&
	       (query->node == NULL || strcmp(query->node, event->node) == 0);
}

static int
memory_read(struct store *store, const struct store_query *query,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err)
{
	struct memory *memory = memory_of(store);
	size_t limit = store_query_limit(query);
	size_t found = 0;
	size_t skip = 0;

	(void)err;
	for (size_t i = 0; i < memory->count; i++)
		found += is_wanted(query, &memory->events[i]);
	if (query->newest && found > limit)
		skip = found - limit;
	found = 0;
	for (size_t i = 0; i < memory->count && found < limit; i++) {
		if (!is_wanted(query, &memory->events[i]))
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		found++;
		on_event(arg, &memory->events[i]);
	}
	return (int)found;
}

static int
memory_meta_get(struct store *store, const char *key, struct buf *out)
{
	struct memory_value *value = find_value(memory_of(store), key);

	if (value == NULL)
		return -ENOENT;
	buf_adds(out, value->value);
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct memory_value *)a)->key,
	    ((const struct memory_value *)b)->key);
}

static int
memory_meta_each(struct store *store, const char *prefix,
    void (*on_value)(void *arg, const struct store_value *value), void *arg)
{
	struct memory *memory = memory_of(store);

	if (memory->nvalues > 0)
		qsort(memory->values, memory->nvalues, sizeof memory->values[0],
		    by_key);
	for (size_t i = 0; i < memory->nvalues; i++) {
		struct store_value pair = {
		    memory->values[i].key, memory->values[i].value};

		if (str_starts(pair.key, prefix))
			on_value(arg, &pair);
	}
	return 0;
}

static void
memory_free(struct store *store)
{
	struct memory *memory = memory_of(store);

	for (size_t i = 0; i < memory->nvalues; i++) {
		free(memory->values[i].key);
		free(memory->values[i].value);
	}
	free(memory->values);
	free(memory->events);
	store_base_done(store);
	free(memory);
}

static const struct store_backend memory_backend = {
    .submit = memory_submit,
    .wait = memory_wait,
    .load = memory_load,
    .read = memory_read,
    .meta_get = memory_meta_get,
    .meta_each = memory_meta_each,
    .free = memory_free,
};

int
store_memory_open(
    const struct store_opts *opts, struct store **ret_store, struct err *err)
{
	struct memory *memory = mem_alloc(sizeof *memory);
	int ret;

	memory->keep = opts->keep_events;
	ret = store_base_init(&memory->base, &memory_backend, opts);
	if (ret < 0) {
		err_set(err, "eventfd: %s", strerror(-ret));
		memory_free(&memory->base);
		return ret;
	}
	*ret_store = &memory->base;
	return 0;
}
