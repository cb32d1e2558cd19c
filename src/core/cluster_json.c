/* Head and member as JSON and back, and what a token may be. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "core/cluster.h"
#include "core/record.h"

static const char *
role_name(unsigned value)
{
	return cluster_role_name((enum cluster_role)value);
}

static const char *
state_name(unsigned value)
{
	return cluster_state_name((enum cluster_state)value);
}

static const struct record_field head_fields[] = {
    RECORD_FIELD_U64(struct cluster_head, epoch),
    RECORD_FIELD_TEXT(struct cluster_head, init_by),
    RECORD_FIELD_I64(struct cluster_head, init_ms),
    RECORD_FIELD_BOOL(struct cluster_head, up),
    RECORD_FIELD_TEXT(struct cluster_head, ca),
    RECORD_FIELD_TEXT(struct cluster_head, ca_pem_sum),
    RECORD_FIELD_TEXT(struct cluster_head, token),
    RECORD_FIELD_TEXT(struct cluster_head, agent_token),
};

static const struct record_field member_fields[] = {
    RECORD_FIELD_TEXT(struct cluster_member, name),
    RECORD_FIELD_U64(struct cluster_member, epoch),
    {"role", RECORD_ENUM, offsetof(struct cluster_member, role), CLUSTER_ROLES,
	role_name},
    {"state", RECORD_ENUM, offsetof(struct cluster_member, state),
	CLUSTER_STATES, state_name},
    RECORD_FIELD_BOOL(struct cluster_member, init),
    RECORD_FIELD_U64(struct cluster_member, generation),
    RECORD_FIELD_I64(struct cluster_member, since_ms),
    RECORD_FIELD_TEXT(struct cluster_member, addr),
    RECORD_FIELD_TEXT(struct cluster_member, password),
};

#define HEAD_COUNT (sizeof head_fields / sizeof head_fields[0])
#define MEMBER_COUNT (sizeof member_fields / sizeof member_fields[0])

static void
write_fields(const struct record_field *fields, size_t count,
    const void *record, struct buf *out)
{
	bool first = true;

	buf_addc(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (record_is_set(&fields[i], record))
			record_write(&fields[i], record, &first, out);
	}
	buf_addc(out, '}');
}

static int
parse_fields(const char *text, size_t len, const struct record_field *fields,
    size_t count, void *record, struct err *err)
{
	json_t *object = record_load(text, len, CLUSTER_JSON_MAX, err);
	const struct record_field *field;
	const char *name;
	json_t *value;
	int ret = 0;

	if (object == NULL)
		return -EBADMSG;
	json_object_foreach(object, name, value)
	{
		field = record_find(fields, count, name);
		if (field == NULL) {
			err_set(err, "unknown member '%s'", name);
			ret = -EBADMSG;
			break;
		}
		ret = record_parse(field, value, record, err);
		if (ret < 0)
			break;
	}
	json_decref(object);
	return ret;
}

void
cluster_head_write(const struct cluster_head *head, struct buf *out)
{
	write_fields(head_fields, HEAD_COUNT, head, out);
}

int
cluster_head_parse(const char *text, size_t len, struct cluster_head *ret_head,
    struct err *err)
{
	struct cluster_head head = {0};
	int ret = parse_fields(text, len, head_fields, HEAD_COUNT, &head, err);

	if (ret == 0)
		*ret_head = head;
	return ret;
}

void
cluster_member_write(const struct cluster_member *member, struct buf *out)
{
	write_fields(member_fields, MEMBER_COUNT, member, out);
}

int
cluster_member_parse(const char *text, size_t len,
    struct cluster_member *ret_member, struct err *err)
{
	struct cluster_member member = {0};
	int ret =
	    parse_fields(text, len, member_fields, MEMBER_COUNT, &member, err);

	if (ret == 0 && member.name[0] == '\0') {
		err_set(err, "a member has no name");
		return -EBADMSG;
	}
	if (ret == 0)
		*ret_member = member;
	return ret;
}

/* ---- tokens ----------------------------------------------------------------
 */

/* "abcdef.0123456789abcdef": k3s takes that for kubeadm's kind (k3s #7313). */
static bool
is_bootstrap(const char *token)
{
	const char *small = "abcdefghijklmnopqrstuvwxyz0123456789";

	return strlen(token) == 23 && strspn(token, small) == 6 &&
	       token[6] == '.' && strspn(token + 7, small) == 16;
}

int
cluster_token_check(const char *token, struct err *err)
{
	size_t good = 0;

	while (isalnum((unsigned char)token[good]) ||
	       (token[good] != '\0' && strchr("_.-", token[good]) != NULL))
		good++;
	if (token[good] != '\0' || good == 0)
		err_set(err,
		    "convect_token has a character that k3s or a shell "
		    "on the way would take for something else");
	else if (good >= CLUSTER_TOKEN_SIZE)
		err_set(err, "convect_token is longer than %d bytes",
		    CLUSTER_TOKEN_SIZE - 1);
	else if (str_starts(token, "K10"))
		err_set(err, "convect_token begins with K10, as the tokens do "
			     "that k3s makes of it");
	else if (is_bootstrap(token))
		err_set(err,
		    "convect_token looks like kubeadm's bootstrap token, "
		    "and k3s would take it for one");
	else
		return 0;
	err_hint(err, "use letters, digits and _ . -, 16 of them or more");
	return -EINVAL;
}
