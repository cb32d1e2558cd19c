/*
 * Range, If-Range and If-None-Match. Input: eight bytes of size, then the
 * header's text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "wire/httprange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(const char *header, uint64_t size)
{
	struct httprange_span span;
	enum httprange kind = httprange_parse(header, size, &span);

	if (kind == HTTPRANGE_UNSATISFIABLE) {
		if (span.len != 0)
			abort();
		return;
	}
	if (kind == HTTPRANGE_PART && span.len == 0)
		abort();
	if (span.first > size || span.len > size - span.first)
		abort();
	(void)httprange_if_range(header, "\"1-2\"", (time_t)size);
	(void)httprange_etag_listed(header, "\"1-2\"");
	if (!httprange_etag_listed("*", header))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t size;
	struct rd rd;
	char *text;

	rd_init(&rd, data, len);
	size = rd_u32be(&rd);
	size = size << 32 | rd_u32be(&rd);
	if (rd_bad(&rd))
		return 0;
	len = rd_left(&rd);
	text = malloc(len + 1);
	if (text == NULL)
		return 0;
	memcpy(text, rd_bytes(&rd, len), len);
	text[len] = '\0';
	check(text, size);
	free(text);
	return 0;
}
