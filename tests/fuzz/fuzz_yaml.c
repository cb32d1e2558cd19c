/* YAML to a value: what is taken can be written as JSON, and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_value(struct value value)
{
	struct value copy = value_copy(value);
	struct buf out;

	buf_init(&out, 1u << 20);
	value_write_json(value, 2, true, &out);
	buf_done(&out);
	value_unref(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct problems problems;
	struct yaml_doc doc;
	struct err err = {0};
	size_t i;

	problems_init(&problems);
	if (yaml_parse_doc(
		(const char *)data, len, "f", &problems, &doc, &err) < 0) {
		if (!err_is_set(&err))
			abort();
	} else {
		check_value(doc.value);
		for (i = 0; i < value_len(doc.value); i++)
			(void)yaml_doc_place(
			    &doc, value_map_name_at(doc.value, i));
		yaml_doc_done(&doc);
	}
	problems_done(&problems);
	return 0;
}
