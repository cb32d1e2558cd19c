#include "template/node.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/mem.h"

#define CHUNK_SIZE 8192

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

static void
tmpl_free(struct value_obj *obj)
{
	struct tmpl *tmpl = (struct tmpl *)obj;

	while (tmpl->chunks != NULL) {
		struct arena_chunk *chunk = tmpl->chunks;

		tmpl->chunks = chunk->next;
		free(chunk);
	}
	value_unref(tmpl->values);
	free(tmpl->name);
	free(tmpl);
}

static const struct value_obj_ops tmpl_ops = {
    .name = "template", .free = tmpl_free};

struct tmpl *
tmpl_new(const char *name)
{
	struct tmpl *tmpl = mem_alloc(sizeof *tmpl);

	value_obj_init(&tmpl->obj, &tmpl_ops);
	tmpl->name = mem_strdup(name);
	tmpl->values = value_list_new();
	return tmpl;
}

struct tmpl *
tmpl_ref(struct tmpl *tmpl)
{
	value_ref(value_object_take(&tmpl->obj));
	return tmpl;
}

void
tmpl_unref(struct tmpl *tmpl)
{
	if (tmpl != NULL)
		value_unref(value_object_take(&tmpl->obj));
}

void *
tmpl_alloc(struct tmpl *tmpl, size_t count, size_t size)
{
	struct arena_chunk *chunk = tmpl->chunks;
	size_t align = alignof(max_align_t);
	size_t need = (count * size + align - 1) / align * align;
	void *out;

	if (chunk == NULL || need > chunk->size - chunk->used) {
		size_t room = need > CHUNK_SIZE ? need : CHUNK_SIZE;

		chunk = mem_alloc(sizeof *chunk + room);
		chunk->size = room;
		chunk->next = tmpl->chunks;
		tmpl->chunks = chunk;
	}
	out = chunk->data + chunk->used;
	chunk->used += need;
	return out;
}

struct value
tmpl_keep(struct tmpl *tmpl, struct value value)
{
	value_list_add(tmpl->values, value);
	return value;
}
