/* A node as JSON text and back: the store's snapshot. */
#include <errno.h>
#include <string.h>

#include "core/node.h"
#include "core/record.h"

static const char *
phase_name(unsigned value)
{
	return node_phase_name((enum node_phase)value);
}

static const char *
kind_name(unsigned value)
{
	return event_kind_name((enum event_kind)value);
}

static const char *
evidence_name(unsigned value)
{
	return node_evidence_name((enum node_evidence)value);
}

static const struct record_field fields[] = {
    RECORD_FIELD_TEXT(struct node, name),
    RECORD_FIELD_U64(struct node, seq),
    {"phase", RECORD_ENUM, offsetof(struct node, phase), NODE_PHASES,
	phase_name},
    RECORD_FIELD_I64(struct node, phase_ms),
    {"rest", RECORD_ENUM, offsetof(struct node, rest), NODE_PHASES, phase_name},
    RECORD_FIELD_U64(struct node, want),
    RECORD_FIELD_U64(struct node, have),
    RECORD_FIELD_U64(struct node, withdrawn),
    RECORD_FIELD_U64(struct node, attempts),
    RECORD_FIELD_I64(struct node, attempts_ms),
    RECORD_FIELD_U64(struct node, ran),
    RECORD_FIELD_U64(struct node, adopted),
    RECORD_FIELD_BOOL(struct node, held),
    RECORD_FIELD_TEXT(struct node, hold_reason),
    RECORD_FIELD_BOOL(struct node, locked),
    RECORD_FIELD_TEXT(struct node, lock_reason),
    RECORD_FIELD_BOOL(struct node, overwrite),
    RECORD_FIELD_TEXT(struct node, taken),
    RECORD_FIELD_I64(struct node, taken_ms),
    RECORD_FIELD_U64(struct node, percent),
    RECORD_FIELD_U64(struct node, percent_generation),
    RECORD_FIELD_TEXT(struct node, step),
    RECORD_FIELD_I64(struct node, step_ms),
    RECORD_FIELD_TEXT(struct node, line),
    RECORD_FIELD_U64(struct node, run_seq),
    {"evidence", RECORD_ENUM, offsetof(struct node, evidence), EVIDENCE_COUNT,
	evidence_name},
    RECORD_FIELD_U64(struct node, evidence_bytes),
    {"last_kind", RECORD_ENUM, offsetof(struct node, last_kind), EVENT_KINDS,
	kind_name},
    RECORD_FIELD_I64(struct node, last_ms),
    RECORD_FIELD_TEXT(struct node, last_event),
    RECORD_FIELD_I64(struct node, last_seen_ms),
    RECORD_FIELD_TEXT(struct node, addr),
    RECORD_FIELD_TEXT(struct node, arch),
    RECORD_FIELD_TEXT(struct node, serial),
    RECORD_FIELD_TEXT(struct node, uuid),
    RECORD_FIELD_TEXT(struct node, vendor),
    RECORD_FIELD_TEXT(struct node, product),
    RECORD_FIELD_I64(struct node, inspected_ms),
    RECORD_FIELD_TEXT(struct node, hardware),
    RECORD_FIELD_TEXT(struct node, fail_code),
    RECORD_FIELD_TEXT(struct node, fail_evidence),
    RECORD_FIELD_TEXT(struct node, fail_name),
    RECORD_FIELD_TEXT(struct node, fail_hint),
    RECORD_FIELD_TEXT(struct node, host_rsa),
    RECORD_FIELD_TEXT(struct node, host_ecdsa),
    RECORD_FIELD_TEXT(struct node, host_ed25519),
    RECORD_FIELD_U64(struct node, host_generation),
    RECORD_FIELD_TEXT(struct node, served),
    RECORD_FIELD_TEXT(struct node, content),
};

static const struct record_field token_fields[] = {
    RECORD_FIELD_TEXT(struct node_token, sha256),
    RECORD_FIELD_TEXT(struct node_token, report_sha256),
    RECORD_FIELD_U64(struct node_token, generation),
    RECORD_FIELD_I64(struct node_token, expires_ms),
    RECORD_FIELD_BOOL(struct node_token, used),
};

#define FIELD_COUNT (sizeof fields / sizeof fields[0])
#define TOKEN_FIELD_COUNT (sizeof token_fields / sizeof token_fields[0])

static void
write_record(const struct record_field *table, size_t count, const void *record,
    struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		if (record_is_set(&table[i], record))
			record_write(&table[i], record, &first, out);
	}
}

void
node_write_json(const struct node *node, struct buf *out)
{
	buf_addc(out, '{');
	write_record(fields, FIELD_COUNT, node, out);
	for (size_t i = 0; i < node->ntokens; i++) {
		buf_adds(out, i == 0 ? ",\"tokens\":[{" : ",{");
		write_record(
		    token_fields, TOKEN_FIELD_COUNT, &node->tokens[i], out);
		buf_adds(out, i + 1 == node->ntokens ? "}]" : "}");
	}
	buf_addc(out, '}');
}

static int
parse_record(json_t *object, const struct record_field *table, size_t count,
    void *record, struct err *err)
{
	const struct record_field *field;
	const char *name;
	json_t *value;
	int ret;

	json_object_foreach(object, name, value)
	{
		if (table == fields && strcmp(name, "tokens") == 0)
			continue;
		field = record_find(table, count, name);
		if (field == NULL) {
			err_set(err, "a node has no '%s'", name);
			return -EBADMSG;
		}
		ret = record_parse(field, value, record, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int
parse_tokens(json_t *list, struct node *node, struct err *err)
{
	size_t count = json_array_size(list);
	int ret;

	if ((list != NULL && !json_is_array(list)) || count > NODE_TOKENS_MAX) {
		err_set(err, "'tokens' is not a list of at most %d",
		    NODE_TOKENS_MAX);
		return -EBADMSG;
	}
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(list, i);

		if (!json_is_object(item)) {
			err_set(err, "a token is not an object");
			return -EBADMSG;
		}
		ret = parse_record(item, token_fields, TOKEN_FIELD_COUNT,
		    &node->tokens[i], err);
		if (ret < 0)
			return ret;
	}
	node->ntokens = count;
	return 0;
}

int
node_parse_json(
    const char *text, size_t len, struct node *ret_node, struct err *err)
{
	struct node node;
	json_t *root;
	int ret;

	root = record_load(text, len, NODE_JSON_MAX, err);
	if (root == NULL)
		return -EBADMSG;
	memset(&node, 0, sizeof node);
	ret = parse_record(root, fields, FIELD_COUNT, &node, err);
	if (ret == 0)
		ret = parse_tokens(json_object_get(root, "tokens"), &node, err);
	if (ret == 0 && node.name[0] == '\0') {
		err_set(err, "a node without 'name'");
		ret = -EBADMSG;
	}
	json_decref(root);
	if (ret == 0)
		*ret_node = node;
	return ret;
}
