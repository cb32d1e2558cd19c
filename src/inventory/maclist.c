#include "inventory/maclist.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SEPARATORS ", \t\r\n"
#define SPELLING_MAX 64

static int
bad_mac(struct err *err, const char *text, size_t len)
{
	err_set(err, "\"%.*s\" is not a MAC address",
	    (int)(len < SPELLING_MAX ? len : SPELLING_MAX), text);
	err_hint(
	    err, "six pairs of hex digits of a NIC, as in 52:54:00:12:34:56");
	return -EINVAL;
}

static int
add_mac(struct maclist *list, const char *text, size_t len, struct err *err)
{
	char spelling[SPELLING_MAX];
	struct hwaddr addr;
	size_t i;

	if (len >= sizeof spelling)
		return bad_mac(err, text, len);
	memcpy(spelling, text, len);
	spelling[len] = '\0';
	if (hwaddr_parse(spelling, &addr) < 0)
		return bad_mac(err, text, len);
	for (i = 0; i < list->count; i++)
		if (hwaddr_eq(&list->at[i], &addr))
			return 0;
	if (list->count == MACLIST_MAX) {
		err_set(err, "more than %d MAC addresses", MACLIST_MAX);
		return -EINVAL;
	}
	list->at[list->count++] = addr;
	return 0;
}

static int
add_text(
    struct maclist *list, const char *text, size_t *ret_offset, struct err *err)
{
	const char *at = text + strspn(text, SEPARATORS);
	int ret;

	while (*at != '\0') {
		size_t len = strcspn(at, SEPARATORS);

		ret = add_mac(list, at, len, err);
		if (ret < 0) {
			*ret_offset = (size_t)(at - text);
			return ret;
		}
		at += len;
		at += strspn(at, SEPARATORS);
	}
	return 0;
}

static int
add_items(struct maclist *list, struct value items, struct err *err)
{
	size_t i, ignored;
	int ret = 0;

	for (i = 0; i < value_len(items) && ret == 0; i++) {
		struct value item = value_list_at(items, i);

		if (item.type == VALUE_STRING) {
			ret = add_text(list, value_str(item), &ignored, err);
			continue;
		}
		err_set(err, "a MAC address that is read as %s",
		    value_type_name(item));
		err_hint(err, "put it in quotes");
		ret = -EINVAL;
	}
	return ret;
}

int
maclist_parse(struct value value, const char *raw, struct maclist *ret_list,
    size_t *ret_offset, struct err *err)
{
	struct maclist list = {.count = 0};
	size_t offset = 0;
	bool tuple = (value.flags & VALUE_TUPLE) != 0;
	int ret;

	if (value.type == VALUE_STRING) {
		ret = add_text(&list, value_str(value), &offset, err);
	} else if (raw != NULL && (value.type != VALUE_LIST || tuple) &&
		   strchr(raw, '(') == NULL && strpbrk(raw, "'\"") == NULL) {
		ret = value.type == VALUE_NULL
			  ? 0
			  : add_text(&list, raw, &offset, err);
	} else if (value.type == VALUE_LIST) {
		ret = add_items(&list, value, err);
	} else if (value.type == VALUE_NULL) {
		ret = 0;
	} else {
		err_set(err, "expected MAC addresses, not %s",
		    value_type_name(value));
		err_hint(err, "put an address in quotes");
		ret = -EINVAL;
	}
	if (ret < 0)
		*ret_offset = offset;
	else
		*ret_list = list;
	return ret;
}
