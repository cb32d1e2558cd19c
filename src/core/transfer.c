#include "core/transfer.h"

#include <errno.h>
#include <string.h>

enum {
	SILENT_MS = 15000, /* news come every second, or every few */
	ETA_MAX = 99 * 3600
};

void
transfer_init(struct transfer *transfer)
{
	memset(transfer, 0, sizeof *transfer);
}

int
transfer_find(
    const struct image *image, const char *name, enum transfer_file *ret_file)
{
	const char *const names[TRANSFER_FILES] = {
	    image->kernel.file, image->initrd.file, image->iso.file};

	for (int i = 0; i < TRANSFER_FILES; i++) {
		if (names[i][0] != '\0' && strcmp(names[i], name) == 0) {
			*ret_file = (enum transfer_file)i;
			return 0;
		}
	}
	return -ENOENT;
}

static uint64_t
total_of(const struct transfer *transfer)
{
	uint64_t total = 0;

	for (int i = 0; i < TRANSFER_FILES; i++)
		total += transfer->sizes[i];
	return total;
}

/*
 * What comes before the file that is being fetched is there: a loader may have
 * had the kernel by TFTP, of which nobody tells.
 */
static void
raise_percent(struct transfer *transfer)
{
	uint64_t total = total_of(transfer);
	uint64_t done = 0;
	unsigned percent;

	for (int i = 0; i < TRANSFER_FILES; i++) {
		uint64_t size = transfer->sizes[i];
		uint64_t most = transfer->done[i];

		if (i < (int)transfer->file || most > size)
			most = size;
		done += most;
	}
	percent =
	    total == 0 ? 0 : (unsigned)((double)done * 100 / (double)total);
	if (percent > transfer->percent)
		transfer->percent = percent;
}

/* Bytes a second, of late more than of old. */
static uint64_t
new_rate(const struct transfer *old, const struct transfer_news *news)
{
	int64_t ms = news->ms - old->ms;
	uint64_t latest;

	if (old->id != news->id || old->rate == 0)
		return news->ms <= 0 ? 0
				     : news->bytes * 1000 / (uint64_t)news->ms;
	if (ms <= 0)
		return old->rate;
	latest = (news->bytes - old->bytes) * 1000 / (uint64_t)ms;
	return (old->rate * 2 + latest) / 3;
}

/* Late news of a transfer, or news of one that another has followed. */
static bool
is_stale(const struct transfer *transfer, const struct transfer_news *news)
{
	if (transfer->state == TRANSFER_NONE)
		return false;
	if (transfer->id == news->id)
		return transfer->state != TRANSFER_RUNNING ||
		       news->bytes < transfer->bytes;
	/* An end of which no beginning was told: a small file. */
	return !news->running && transfer->state == TRANSFER_RUNNING &&
	       news->file <= transfer->file;
}

static enum transfer_state
state_of(const struct transfer_news *news)
{
	if (news->running)
		return TRANSFER_RUNNING;
	return news->complete ? TRANSFER_DONE : TRANSFER_BROKEN;
}

void
transfer_apply(struct transfer *transfer, const struct image *image,
    const struct transfer_news *news, int64_t now_ms)
{
	uint64_t at = news->offset + news->bytes;

	if (is_stale(transfer, news))
		return;
	transfer->sizes[TRANSFER_KERNEL] = image->kernel.size;
	transfer->sizes[TRANSFER_INITRD] = image->initrd.size;
	transfer->sizes[TRANSFER_ISO] = image->iso.size;
	transfer->rate = new_rate(transfer, news);
	transfer->state = state_of(news);
	if (transfer->state == TRANSFER_BROKEN)
		transfer->breaks++;
	transfer->file = news->file;
	transfer->id = news->id;
	transfer->begin = news->offset;
	transfer->bytes = news->bytes;
	transfer->length = news->length;
	transfer->ms = news->ms;
	transfer->told_ms = now_ms;
	if (at > transfer->done[news->file])
		transfer->done[news->file] = at;
	raise_percent(transfer);
}

int64_t
transfer_eta(const struct transfer *transfer, int64_t now_ms)
{
	uint64_t at = transfer->begin + transfer->bytes;
	uint64_t left = 0;

	if (transfer->state != TRANSFER_RUNNING || transfer->rate == 0 ||
	    now_ms - transfer->told_ms > SILENT_MS)
		return -1;
	if (transfer->sizes[transfer->file] > at)
		left = transfer->sizes[transfer->file] - at;
	for (int i = (int)transfer->file + 1; i < TRANSFER_FILES; i++)
		left += transfer->sizes[i];
	left = (left + transfer->rate - 1) / transfer->rate;
	return left > ETA_MAX ? -1 : (int64_t)left;
}

const char *
transfer_file_name(enum transfer_file file)
{
	static const char *const names[TRANSFER_FILES] = {
	    "kernel", "initrd", "iso"};

	return names[file];
}

const char *
transfer_state_name(enum transfer_state state)
{
	static const char *const names[] = {
	    [TRANSFER_NONE] = "none",
	    [TRANSFER_RUNNING] = "running",
	    [TRANSFER_DONE] = "done",
	    [TRANSFER_BROKEN] = "broken",
	};

	return names[state];
}
