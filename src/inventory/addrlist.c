#include "inventory/addrlist.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/ipv4net.h"
#include "base/str.h"

static int
add_addr(struct addrlist *list, const char *text, size_t len, struct err *err)
{
	char word[INET_ADDRSTRLEN] = "";
	struct in_addr addr;

	if (len < sizeof word)
		memcpy(word, text, len);
	if (inet_pton(AF_INET, word, &addr) != 1 || !ipv4net_is_host(addr)) {
		err_set(err, "\"%.*s\" is not the IPv4 address of a machine",
		    (int)(len < 40 ? len : 40), text);
		err_hint(err, "write it as in 10.0.0.5");
		return -EINVAL;
	}
	if (list->count == ADDRLIST_MAX) {
		err_set(err, "more than %d addresses", ADDRLIST_MAX);
		return -EINVAL;
	}
	list->at[list->count++] = addr;
	return 0;
}

static int
add_text(struct addrlist *list, const char *text, struct err *err)
{
	int ret = 0;

	while (ret == 0 && *text != '\0') {
		size_t len;

		text += strspn(text, ", ");
		len = strcspn(text, ", ");
		if (len > 0)
			ret = add_addr(list, text, len, err);
		text += len;
	}
	return ret;
}

int
addrlist_parse(struct value value, struct addrlist *ret_list, struct err *err)
{
	struct addrlist list = {.count = 0};
	bool many = value.type == VALUE_LIST;
	size_t count = many ? value_len(value) : 1;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i++) {
		struct value item = many ? value_list_at(value, i) : value;

		if (item.type == VALUE_STRING) {
			ret = add_text(&list, value_str(item), err);
		} else {
			err_set(err, "must be IPv4 addresses");
			err_hint(err, "one, several with commas, or a list");
			ret = -EINVAL;
		}
	}
	if (ret == 0)
		*ret_list = list;
	return ret;
}
