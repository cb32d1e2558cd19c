#include "core/event.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "core/record.h"

enum field_id {
	F_STAGE,
	F_ARCH,
	F_CLIENT,
	F_ADDR,
	F_MAC,
	F_NAME,
	F_DECISION,
	F_RULE,
	F_GENERATION,
	F_ATTEMPT,
	F_TOKEN,
	F_REPORT_TOKEN,
	F_EXPIRES,
	F_OVERWRITE,
	F_BYTES,
	F_MS,
	F_ORIGIN,
	F_EVENT_TYPE,
	F_RESULT,
	F_DESCRIPTION,
	F_PERCENT,
	F_CODE,
	F_EVIDENCE,
	F_BY,
	F_REASON,
	F_CONTENT,
	F_SERIAL,
	F_UUID,
	F_VENDOR,
	F_PRODUCT,
	F_TOTAL,
	F_HOST_RSA,
	F_HOST_ECDSA,
	F_HOST_ED25519,
	F_RUN_SEQ,
	F_CA,
	F_COUNT
};

static const struct record_field fields[F_COUNT] = {
    [F_STAGE] = RECORD_FIELD_TEXT(struct event, stage),
    [F_ARCH] = RECORD_FIELD_TEXT(struct event, arch),
    [F_CLIENT] = RECORD_FIELD_TEXT(struct event, client),
    [F_ADDR] = RECORD_FIELD_TEXT(struct event, addr),
    [F_MAC] = RECORD_FIELD_TEXT(struct event, mac),
    [F_NAME] = RECORD_FIELD_TEXT(struct event, name),
    [F_DECISION] = RECORD_FIELD_TEXT(struct event, decision),
    [F_RULE] = RECORD_FIELD_TEXT(struct event, rule),
    [F_GENERATION] = RECORD_FIELD_U64(struct event, generation),
    [F_ATTEMPT] = RECORD_FIELD_U64(struct event, attempt),
    [F_TOKEN] = RECORD_FIELD_TEXT(struct event, token),
    [F_REPORT_TOKEN] = RECORD_FIELD_TEXT(struct event, report_token),
    [F_EXPIRES] = RECORD_FIELD_I64(struct event, expires_ms),
    [F_OVERWRITE] = RECORD_FIELD_BOOL(struct event, overwrite),
    [F_BYTES] = RECORD_FIELD_U64(struct event, bytes),
    [F_MS] = RECORD_FIELD_U64(struct event, ms),
    [F_ORIGIN] = RECORD_FIELD_TEXT(struct event, origin),
    [F_EVENT_TYPE] = RECORD_FIELD_TEXT(struct event, event_type),
    [F_RESULT] = RECORD_FIELD_TEXT(struct event, result),
    [F_DESCRIPTION] = RECORD_FIELD_TEXT(struct event, description),
    [F_PERCENT] = RECORD_FIELD_U64(struct event, percent),
    [F_CODE] = RECORD_FIELD_TEXT(struct event, code),
    [F_EVIDENCE] = RECORD_FIELD_TEXT(struct event, evidence),
    [F_BY] = RECORD_FIELD_TEXT(struct event, by),
    [F_REASON] = RECORD_FIELD_TEXT(struct event, reason),
    [F_CONTENT] = RECORD_FIELD_TEXT(struct event, content),
    [F_SERIAL] = RECORD_FIELD_TEXT(struct event, serial),
    [F_UUID] = RECORD_FIELD_TEXT(struct event, uuid),
    [F_VENDOR] = RECORD_FIELD_TEXT(struct event, vendor),
    [F_PRODUCT] = RECORD_FIELD_TEXT(struct event, product),
    [F_TOTAL] = RECORD_FIELD_U64(struct event, total),
    [F_HOST_RSA] = RECORD_FIELD_TEXT(struct event, host_rsa),
    [F_HOST_ECDSA] = RECORD_FIELD_TEXT(struct event, host_ecdsa),
    [F_HOST_ED25519] = RECORD_FIELD_TEXT(struct event, host_ed25519),
    [F_RUN_SEQ] = RECORD_FIELD_U64(struct event, run_seq),
    [F_CA] = RECORD_FIELD_TEXT(struct event, ca),
};

static const struct record_field head[] = {
    RECORD_FIELD_U64(struct event, seq),
    RECORD_FIELD_I64(struct event, time_ms),
    RECORD_FIELD_TEXT(struct event, node),
};

#define HEAD_COUNT (sizeof head / sizeof head[0])

#define BIT(id) (UINT64_C(1) << (id))
#define BITS_CALLBACK                                                          \
	(BIT(F_GENERATION) | BIT(F_ORIGIN) | BIT(F_NAME) | BIT(F_EVENT_TYPE) | \
	    BIT(F_RESULT) | BIT(F_DESCRIPTION) | BIT(F_PERCENT) |              \
	    BIT(F_STAGE) | BIT(F_CODE) | BIT(F_ADDR) | BIT(F_CLIENT) |         \
	    BIT(F_ATTEMPT) | BIT(F_EVIDENCE) | BIT(F_RUN_SEQ) | BIT(F_CA))
#define BITS_MACHINE                                                           \
	(BIT(F_MAC) | BIT(F_ADDR) | BIT(F_SERIAL) | BIT(F_UUID) |              \
	    BIT(F_VENDOR) | BIT(F_PRODUCT))
/* Hashes: no use to anybody who reads, so not shown. */
#define BITS_HIDDEN (BIT(F_TOKEN) | BIT(F_REPORT_TOKEN) | BIT(F_CONTENT))

/*
 * `text`: {member} is its value; a part in [..] goes when a member in it is
 * unset.
 */
struct kind {
	const char *name;
	uint64_t fields;
	const char *text;
};

static const struct kind kinds[EVENT_KINDS] = {
    [EVENT_NONE] = {"none", 0, "nothing"},
    [EVENT_PXE] = {"pxe",
	BIT(F_STAGE) | BIT(F_ARCH) | BIT(F_CLIENT) | BIT(F_ADDR) | BIT(F_MAC) |
	    BIT(F_DECISION) | BIT(F_RULE) | BIT(F_REASON) | BIT(F_NAME),
	"network boot[ ({client})][ on {arch}][ from {mac}][: {decision}]"
	"[ ({rule})][: {reason}]"},
    [EVENT_LOADER] = {"loader",
	BIT(F_NAME) | BIT(F_ADDR) | BIT(F_MAC) | BIT(F_CLIENT) | BIT(F_BYTES),
	"loader asked for[: {name}][ from {addr}]"},
    [EVENT_BOOT_SCRIPT] = {"boot_script",
	BIT(F_DECISION) | BIT(F_RULE) | BIT(F_REASON) | BIT(F_GENERATION) |
	    BIT(F_ATTEMPT) | BIT(F_TOKEN) | BIT(F_REPORT_TOKEN) |
	    BIT(F_EXPIRES) | BIT(F_OVERWRITE) | BIT(F_ADDR) | BIT(F_MAC) |
	    BIT(F_CLIENT) | BIT(F_ARCH) | BIT(F_NAME) | BIT(F_CONTENT),
	"boot script: {decision}[ ({rule})][ {name}]"
	"[, generation {generation}][, attempt {attempt}][: {reason}]"},
    [EVENT_ARTIFACT] = {"artifact",
	BIT(F_NAME) | BIT(F_BYTES) | BIT(F_MS) | BIT(F_ADDR) | BIT(F_RESULT) |
	    BIT(F_GENERATION) | BIT(F_TOTAL),
	"sent {name}[, {bytes} bytes][ of {total}][ in {ms} ms][ ({result})]"},
    [EVENT_SEED] = {"seed",
	BIT(F_NAME) | BIT(F_GENERATION) | BIT(F_TOKEN) | BIT(F_ADDR) |
	    BIT(F_CLIENT) | BIT(F_BYTES) | BIT(F_CONTENT),
	"seed: {name}[ to {client}]"},
    [EVENT_REPORT] = {"report", BITS_CALLBACK,
	"{origin}[: {name}][ {stage}][ {event_type}][ {result}]"
	"[: {description}]"},
    [EVENT_INSTALLED] = {"installed", BITS_CALLBACK,
	"installed[, says {origin}][: {description}]"},
    [EVENT_FIRSTBOOT] = {"firstboot", BITS_CALLBACK,
	"first boot[: {stage}][ {event_type}][: {description}]"},
    [EVENT_READY] = {"ready", BITS_CALLBACK, "ready[: {description}]"},
    [EVENT_FAILED] = {"failed", BITS_CALLBACK | BIT(F_BY),
	"failed: {code}[ in {name}][ in {stage}][: {description}]"
	"[: {evidence}]"},
    [EVENT_REINSTALL] = {"reinstall", BIT(F_BY) | BIT(F_REASON),
	"reinstall wanted[ by {by}][: {reason}]"},
    [EVENT_HOLD] = {"hold", BIT(F_BY) | BIT(F_REASON),
	"held[ by {by}][: {reason}]"},
    [EVENT_RELEASE] = {"release", BIT(F_BY) | BIT(F_REASON),
	"released[ by {by}][: {reason}]"},
    [EVENT_DISCOVERED] = {"discovered",
	BITS_MACHINE | BIT(F_ARCH) | BIT(F_CLIENT) | BIT(F_NAME),
	"unknown machine[ {mac}][ on {arch}][: {vendor}][ {product}]"
	"[, serial number {serial}]"},
    [EVENT_INSPECTED] = {"inspected", BITS_MACHINE | BIT(F_DESCRIPTION),
	"inspected[: {vendor}][ {product}][, serial number {serial}]"
	"[: {description}]"},
    [EVENT_FORGOTTEN] = {"forgotten", BIT(F_BY) | BIT(F_REASON),
	"forgotten[ by {by}][: {reason}]"},
    [EVENT_LOCKED] = {"locked", BIT(F_BY) | BIT(F_REASON),
	"locked[ by {by}][: {reason}]"},
    [EVENT_UNLOCKED] = {"unlocked", BIT(F_BY) | BIT(F_REASON),
	"unlocked[ by {by}][: {reason}]"},
    [EVENT_CANCELLED] = {"cancelled",
	BIT(F_BY) | BIT(F_REASON) | BIT(F_GENERATION),
	"install[ of generation {generation}] cancelled[ by {by}][: {reason}]"},
    [EVENT_ADOPTED] = {"adopted",
	BITS_CALLBACK | BIT(F_UUID) | BIT(F_SERIAL) | BIT(F_BY) | BIT(F_REASON),
	"already installed[, generation {generation}][, machine {uuid}]"
	"[, says {by}][: {reason}][: {description}][: {evidence}]"},
    [EVENT_REFUSED] = {"refused",
	BIT(F_NAME) | BIT(F_ADDR) | BIT(F_CLIENT) | BIT(F_CODE) |
	    BIT(F_GENERATION) | BIT(F_REASON),
	"refused[: {name}][ to {addr}][: {code}][: {reason}]"},
    [EVENT_HOSTKEYS] = {"hostkeys",
	BIT(F_GENERATION) | BIT(F_ORIGIN) | BIT(F_NAME) | BIT(F_ADDR) |
	    BIT(F_HOST_RSA) | BIT(F_HOST_ECDSA) | BIT(F_HOST_ED25519),
	"host keys[ of {name}][, told by {origin}]"},
    [EVENT_CLUSTER] = {"cluster",
	BIT(F_NAME) | BIT(F_CODE) | BIT(F_GENERATION) | BIT(F_ADDR) |
	    BIT(F_RULE) | BIT(F_BY) | BIT(F_REASON),
	"cluster: {code}[ as {name}][, generation {generation}][ by {by}]"
	"[: {reason}]"},
};

static const struct kind *
kind_of(const struct event *event)
{
	unsigned kind = (unsigned)event->kind;

	return &kinds[kind < EVENT_KINDS ? kind : EVENT_NONE];
}

void
event_init(struct event *event, enum event_kind kind, const char *node)
{
	memset(event, 0, sizeof *event);
	event->kind = kind;
	event_text(event->node, sizeof event->node, node, strlen(node));
}

/*
 * U+200B to U+200F, U+2028 to U+202E and U+2066 to U+2069: drawn as nothing,
 * as a new line, or turning what follows round, so that one line can be made
 * to look like another.
 */
static bool
is_invisible(const unsigned char *str)
{
	if (str[0] != 0xe2)
		return false;
	if (str[1] == 0x80)
		return (str[2] >= 0x8b && str[2] <= 0x8f) ||
		       (str[2] >= 0xa8 && str[2] <= 0xae);
	return str[1] == 0x81 && str[2] >= 0xa6 && str[2] <= 0xa9;
}

/* One whole character; C1 controls (U+0080 to U+009F) move terminals. */
static bool
is_control(const char *str)
{
	const unsigned char *c = (const unsigned char *)str;

	if (c[0] == '\n' || c[0] == '\t')
		return false;
	if (c[0] < 0x20 || c[0] == 0x7f)
		return true;
	return (c[0] == 0xc2 && c[1] < 0xa0) || is_invisible(c);
}

static size_t
char_len(const char *str)
{
	unsigned char c = (unsigned char)str[0];

	if (c < 0x80)
		return 1;
	if (c < 0xe0)
		return 2;
	return c < 0xf0 ? 3 : 4;
}

void
event_text(char *out, size_t size, const char *str, size_t len)
{
	size_t valid = str_utf8_valid_len(str, len);
	size_t pos = 0;
	size_t used = 0;

	while (pos < len) {
		const char *add = "\xef\xbf\xbd"; /* U+FFFD */
		size_t add_len = 3;
		size_t step = 1;

		if (pos < valid) {
			step = char_len(str + pos);
			add = str + pos;
			add_len = step;
			if (is_control(add)) {
				add = " ";
				add_len = 1;
			}
		}
		if (used + add_len >= size)
			break;
		memcpy(out + used, add, add_len);
		used += add_len;
		pos += step;
		if (pos > valid)
			valid = pos + str_utf8_valid_len(str + pos, len - pos);
	}
	memset(out + used, 0, size - used);
}

static void
clean_field(const struct record_field *field, struct event *event)
{
	char *text = (char *)event + field->offset;
	char copy[sizeof event->evidence]; /* the longest */
	uint64_t number;
	size_t len;

	if (field->type == RECORD_U64) {
		memcpy(&number, text, sizeof number);
		if (number > INT64_MAX)
			number = INT64_MAX;
		memcpy(text, &number, sizeof number);
	}
	if (field->type != RECORD_TEXT || text[0] == '\0')
		return;
	len = strnlen(
	    text, field->size < sizeof copy ? field->size : sizeof copy);
	memcpy(copy, text, len);
	event_text(text, field->size, copy, len);
}

void
event_clean(struct event *event)
{
	for (size_t i = 0; i < HEAD_COUNT; i++)
		clean_field(&head[i], event);
	for (size_t i = 0; i < F_COUNT; i++)
		clean_field(&fields[i], event);
}

const char *
event_kind_name(enum event_kind kind)
{
	unsigned index = (unsigned)kind;

	return kinds[index < EVENT_KINDS ? index : EVENT_NONE].name;
}

int
event_kind_parse(const char *name, enum event_kind *ret_kind)
{
	for (unsigned i = EVENT_NONE + 1; i < EVENT_KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*ret_kind = (enum event_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void
write_fields(
    const struct event *event, uint64_t mask, bool first, struct buf *out)
{
	for (unsigned i = 0; i < F_COUNT; i++) {
		if ((mask & BIT(i)) != 0 && record_is_set(&fields[i], event))
			record_write(&fields[i], event, &first, out);
	}
}

void
event_write_json(const struct event *event, struct buf *out)
{
	const struct kind *kind = kind_of(event);
	bool first = true;

	buf_addc(out, '{');
	for (size_t i = 0; i < HEAD_COUNT; i++)
		record_write(&head[i], event, &first, out);
	buf_addf(out, ",\"kind\":\"%s\"", kind->name);
	write_fields(event, kind->fields, false, out);
	buf_addc(out, '}');
}

void
event_write_fields(const struct event *event, struct buf *out)
{
	buf_addc(out, '{');
	write_fields(event, kind_of(event)->fields & ~BITS_HIDDEN, true, out);
	buf_addc(out, '}');
}

static int
parse_member(
    struct event *event, const char *name, json_t *value, struct err *err)
{
	const struct record_field *field;

	if (strcmp(name, "kind") == 0)
		return 0;
	field = record_find(head, HEAD_COUNT, name);
	if (field == NULL) {
		field = record_find(fields, F_COUNT, name);
		if (field != NULL &&
		    (kind_of(event)->fields & BIT(field - fields)) == 0)
			field = NULL;
	}
	if (field == NULL) {
		err_set(err, "an event of kind %s has no '%s'",
		    kind_of(event)->name, name);
		return -EBADMSG;
	}
	return record_parse(field, value, event, err);
}

static int
parse_object(json_t *root, struct event *event, struct err *err)
{
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const char *name;
	json_t *value;
	int ret;

	if (kind == NULL || event_kind_parse(kind, &event->kind) < 0) {
		err_set(err, "unknown kind of event '%s'",
		    kind == NULL ? "" : kind);
		return -EBADMSG;
	}
	json_object_foreach(root, name, value)
	{
		ret = parse_member(event, name, value, err);
		if (ret < 0)
			return ret;
	}
	if (event->node[0] == '\0') {
		err_set(err, "an event without 'node'");
		return -EBADMSG;
	}
	return 0;
}

int
event_parse_json(
    const char *text, size_t len, struct event *ret_event, struct err *err)
{
	struct event event;
	json_t *root;
	int ret;

	root = record_load(text, len, EVENT_JSON_MAX, err);
	if (root == NULL)
		return -EBADMSG;
	memset(&event, 0, sizeof event);
	ret = parse_object(root, &event, err);
	json_decref(root);
	if (ret == 0)
		*ret_event = event;
	return ret;
}

/* One "{member}" or plain character of a kind's text; false: it is unset. */
static bool
describe_item(const struct event *event, const char **pos, struct buf *out)
{
	const struct record_field *field;
	const char *end;
	char name[32];

	if (**pos != '{') {
		buf_addc(out, *(*pos)++);
		return true;
	}
	end = strchr(*pos, '}');
	str_copy(name, sizeof name, *pos + 1);
	name[end - *pos - 1] = '\0';
	*pos = end + 1;
	field = record_find(fields, F_COUNT, name);
	if (field == NULL || !record_is_set(field, event))
		return false;
	record_write_text(field, event, out);
	return true;
}

void
event_describe(const struct event *event, struct buf *out)
{
	const char *pos = kind_of(event)->text;
	struct buf part;
	bool keep;

	buf_init(&part, 2048);
	while (*pos != '\0') {
		if (*pos != '[') {
			describe_item(event, &pos, out);
			continue;
		}
		buf_reset(&part);
		keep = true;
		for (pos++; *pos != ']';)
			keep &= describe_item(event, &pos, &part);
		pos++;
		if (keep)
			buf_add(out, part.data, part.len);
	}
	buf_done(&part);
}
