/* What an inspection reports: whatever is taken is bounded and can be shown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "core/hardware.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct value details;
	struct value again;
	struct buf text;

	if (hardware_parse((const char *)data, size, &details, NULL) < 0)
		return 0;
	buf_init(&text, 8 * HARDWARE_BODY_MAX);
	hardware_summary(details, &text);
	if (str_utf8_valid_len(text.data, text.len) != text.len)
		abort();
	buf_reset(&text);
	value_write_json(details, -1, false, &text);
	/* It is stored as it is written, and read again. */
	if (buf_bad(&text) ||
	    (text.len <= HARDWARE_BODY_MAX &&
		hardware_parse(text.data, text.len, &again, NULL) < 0))
		abort();
	if (text.len <= HARDWARE_BODY_MAX) {
		if (!value_equal(details, again))
			abort();
		value_unref(again);
	}
	buf_done(&text);
	value_unref(details);
	return 0;
}
