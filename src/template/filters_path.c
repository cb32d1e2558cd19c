/* Paths, URLs, units and other text that follows a form. */
#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "template/str.h"

static int
self_text(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return text_of(vm, call->self, ret_value);
}

/* The length up to the last "/" and behind it, 0 when there is none. */
static size_t
head_len(struct span path)
{
	while (path.len > 0 && path.at[path.len - 1] != '/')
		path.len--;
	return path.len;
}

static int
filter_basename(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value path = {0};
	struct span text;
	size_t head;
	int ret = self_text(vm, call, &path);

	if (ret != 0)
		return ret;
	text = str_span(path);
	head = head_len(text);
	ret = vm_string(vm, text.at + head, text.len - head, ret_value);
	value_unref(path);
	return ret;
}

static int
filter_dirname(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value path = {0};
	struct span text;
	size_t head;
	int ret = self_text(vm, call, &path);

	if (ret != 0)
		return ret;
	text = str_span(path);
	text.len = head_len(text);
	head = text.len;
	while (head > 0 && text.at[head - 1] == '/')
		head--;
	if (head == 0) /* "/" and "//" stay */
		head = text.len;
	ret = vm_string(vm, text.at, head, ret_value);
	value_unref(path);
	return ret;
}

static int
filter_splitext(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value path = {0};
	struct value parts[2] = {{0}};
	struct span text;
	size_t start;
	size_t dot;
	int ret = self_text(vm, call, &path);

	if (ret != 0)
		return ret;
	text = str_span(path);
	start = head_len(text);
	while (start < text.len && text.at[start] == '.')
		start++; /* leading dots belong to the name */
	dot = text.len;
	while (dot > start && text.at[dot - 1] != '.')
		dot--;
	dot = dot > start ? dot - 1 : text.len;
	ret = vm_string(vm, text.at, dot, &parts[0]);
	if (ret == 0) {
		ret = vm_string(vm, text.at + dot, text.len - dot, &parts[1]);
		if (ret == 0)
			*ret_value = seq_pair(parts[0], parts[1]);
		else
			value_unref(parts[0]);
	}
	value_unref(path);
	return ret;
}

/* Python's os.path.join(): an absolute part starts over. */
static int
filter_path_join(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct buf out;
	int ret = 0;

	if (call->self.type == VALUE_STRING) {
		*ret_value = value_ref(call->self);
		return 0;
	}
	if (call->self.type != VALUE_LIST || value_len(call->self) == 0)
		return vm_fail(vm, "path_join needs a list of paths");
	vm_buf_init(&out);
	for (size_t i = 0; i < value_len(call->self) && ret == 0; i++) {
		struct value part = value_list_at(call->self, i);

		ret = call_need_str(vm, call, part, "every part");
		if (value_str(part)[0] == '/')
			buf_reset(&out);
		else if (i > 0 && out.len > 0 && out.data[out.len - 1] != '/')
			buf_addc(&out, '/');
		buf_add(&out, value_str(part), value_str_len(part));
	}
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

/*
 * The parts of a path without "." and what ".." takes back. -EINVAL: it leads
 * above where it begins, and only the working directory could say where to.
 */
static int
path_parts(struct span path, struct value ret_parts)
{
	bool absolute = path.len > 0 && *path.at == '/';

	while (path.len > 0) {
		size_t len = 0;

		while (len < path.len && path.at[len] != '/')
			len++;
		if (len == 2 && memcmp(path.at, "..", 2) == 0) {
			size_t last = value_len(ret_parts);

			if (last > 0)
				value_unref(
				    value_list_take(ret_parts, last - 1));
			else if (!absolute)
				return -EINVAL;
		} else if (len > 1 || (len == 1 && *path.at != '.')) {
			value_list_add(
			    ret_parts, value_string_len(path.at, len));
		}
		len += len < path.len; /* the slash */
		path.at += len;
		path.len -= len;
	}
	return 0;
}

static int
write_relative(
    struct vm *vm, struct value from, struct value to, struct value *ret_value)
{
	struct buf out;
	size_t same = 0;

	while (same < value_len(from) && same < value_len(to) &&
	       value_equal(value_list_at(from, same), value_list_at(to, same)))
		same++;
	vm_buf_init(&out);
	for (size_t i = same; i < value_len(from); i++)
		buf_adds(&out, i > same ? "/.." : "..");
	for (size_t i = same; i < value_len(to); i++) {
		struct value part = value_list_at(to, i);

		if (out.len > 0)
			buf_addc(&out, '/');
		buf_add(&out, value_str(part), value_str_len(part));
	}
	if (out.len == 0)
		buf_addc(&out, '.');
	return vm_buf_take(vm, &out, ret_value);
}

/* Both from the root, or both from one directory that need not be known. */
static int
filter_relpath(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value parts[2] = {value_list_new(), value_list_new()};
	const char *start;
	int ret = call_need_str(vm, call, call->self, "the path");

	if (ret == 0)
		ret = call_str(vm, call, 0, ".", &start);
	if (ret == 0)
		ret = vm_charge(
		    vm, 64 * value_str_len(call->self) + 64 * strlen(start));
	if (ret == 0 && value_str_len(call->self) == 0)
		ret = vm_fail(vm, "relpath: the path is empty");
	if (ret == 0 && ((*start == '/') != (*value_str(call->self) == '/') ||
			    path_parts(str_span(call->self), parts[0]) != 0 ||
			    path_parts((struct span){start, strlen(start)},
				parts[1]) != 0)) {
		ret = vm_fail(vm, "relpath: this depends on where it is run");
		err_hint(vm->err, "give both paths from the root: "
				  "{{ '/etc/x' | relpath('/etc/y') }}");
	}
	if (ret == 0)
		ret = write_relative(vm, parts[1], parts[0], ret_value);
	value_unref(parts[0]);
	value_unref(parts[1]);
	return ret;
}

static int
filter_urldecode(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct buf out;
	int ret = self_text(vm, call, &text);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	ret =
	    escape_url_decode(&out, value_str(text), value_str_len(text), true);
	value_unref(text);
	if (ret == 0 && str_utf8_valid_len(out.data, out.len) == out.len)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return vm_fail(vm, "urldecode: a broken %%-escape");
}

/* RFC 4122, version 5: SHA-1 over a namespace and a name. */
static int
filter_to_uuid(struct vm *vm, const struct call *call, struct value *ret_value)
{
	/* Ansible's own namespace, 361E6D51-FAEC-444A-9079-341386DA8E2E. */
	static const char ansible[] = "361e6d51faec444a9079341386da8e2e";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned char space[16];
	const char *name;
	char hex[2 * 16 + 1];
	struct value text = {0};
	struct buf all;
	int ok;
	int ret = call_str(vm, call, 0, ansible, &name);

	if (ret != 0)
		return ret;
	buf_init(&all, 40);
	for (; *name != '\0'; name++)
		if (*name != '-')
			buf_addc(&all, *name);
	ok = all.len == 32 && str_unhex(all.data, space, 16) == 0;
	buf_done(&all);
	if (!ok)
		return vm_fail(vm, "to_uuid: the namespace is no UUID");
	ret = self_text(vm, call, &text);
	if (ret != 0)
		return ret;
	vm_buf_init(&all);
	buf_add(&all, space, sizeof space);
	buf_add(&all, value_str(text), value_str_len(text));
	ok = EVP_Digest(all.data, all.len, sum, NULL, EVP_sha1(), NULL);
	value_unref(text);
	buf_reset(&all);
	sum[6] = (unsigned char)((sum[6] & 0x0f) | 0x50);
	sum[8] = (unsigned char)((sum[8] & 0x3f) | 0x80);
	str_hex(sum, 16, hex);
	buf_addf(&all, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	    hex + 16, hex + 20);
	ret = vm_buf_take(vm, &all, ret_value);
	if (ret == 0 && ok != 1) {
		value_unref(*ret_value);
		ret = vm_fail(vm, "to_uuid: SHA-1 can not be made");
	}
	return ret;
}

/* ---- units ---- */

static const struct {
	char letter;
	double size;
} units[] = {{'Y', 0x1p80}, {'Z', 0x1p70}, {'E', 0x1p60}, {'P', 0x1p50},
    {'T', 0x1p40}, {'G', 0x1p30}, {'M', 0x1p20}, {'K', 0x1p10}, {'B', 1}};
#define UNIT_COUNT (sizeof units / sizeof units[0])

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

static int
unit_index(char letter)
{
	for (size_t i = 0; i < UNIT_COUNT; i++)
		if (units[i].letter == upper(letter))
			return (int)i;
	return -1;
}

/* "KB", "Kb" for bits, "B", "byte", "K". */
static bool
is_unit(const char *unit, bool bits)
{
	if (unit_index(unit[0]) < 0)
		return false;
	return unit[1] == '\0' || unit[1] == (bits ? 'b' : 'B') ||
	       strcasestr(unit, bits ? "bit" : "byte") != NULL;
}

static int
filter_human_to_bytes(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	const char *at;
	const char *unit;
	char *end;
	double number;
	bool bits;
	int ret = call_str(vm, call, 0, "", &unit);

	if (ret == 0)
		ret = call_bool(vm, call, 1, false, &bits);
	if (ret == 0)
		ret = self_text(vm, call, &text);
	if (ret != 0)
		return ret;
	at = value_str(text) + strspn(value_str(text), " \t\n");
	number = strtod(at, &end);
	if (end == at || strspn(at, "0123456789.") < (size_t)(end - at)) {
		ret = vm_fail(vm, "human_to_bytes: this is no size");
	} else {
		end += strspn(end, " \t");
		if (*end != '\0')
			unit = end;
		if (unit[0] != '\0' && !is_unit(unit, bits))
			ret = vm_fail(
			    vm, "human_to_bytes: there is no unit '%s'", unit);
		else if (unit[0] != '\0')
			number *= units[unit_index(unit[0])].size;
	}
	value_unref(text);
	if (ret == 0 && number > 9.2e18)
		ret = vm_fail(vm, "human_to_bytes: the size is too big");
	if (ret == 0)
		*ret_value = value_int((int64_t)nearbyint(number));
	return ret;
}

static int
filter_human_readable(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *unit;
	double size;
	size_t at = 0;
	bool bits;
	struct buf out;
	int ret = call_bool(vm, call, 0, false, &bits);

	if (ret == 0)
		ret = call_str(vm, call, 1, "", &unit);
	if (ret != 0)
		return ret;
	if (call->self.type != VALUE_INT && call->self.type != VALUE_FLOAT)
		return vm_fail(vm, "human_readable needs a number");
	size = call->self.type == VALUE_INT ? (double)call->self.u.i
					    : call->self.u.f;
	if (unit[0] != '\0' && (unit[1] != '\0' || unit_index(unit[0]) < 0))
		at = UNIT_COUNT - 1;
	else if (unit[0] != '\0')
		at = (size_t)unit_index(unit[0]);
	else
		while (at < UNIT_COUNT - 1 && size < units[at].size)
			at++;
	vm_buf_init(&out);
	buf_addf(&out, "%.2f ", size / units[at].size);
	if (at == UNIT_COUNT - 1)
		buf_adds(&out, bits ? "bits" : "Bytes");
	else
		buf_addf(&out, "%c%c", units[at].letter, bits ? 'b' : 'B');
	return vm_buf_take(vm, &out, ret_value);
}

/* ---- comment ---- */

static const struct comment_style {
	const char *name, *beginning, *decoration, *end;
} comment_styles[] = {
    {"plain", "", "# ", ""},
    {"erlang", "", "% ", ""},
    {"c", "", "// ", ""},
    {"cblock", "/*", " * ", " */"},
    {"xml", "<!--", " - ", "-->"},
};

/* Each line with the decoration, which loses its blanks on an empty one. */
static void
write_comment(
    const struct comment_style *style, struct span text, struct buf *out)
{
	struct span bare = str_strip(
	    (struct span){style->decoration, strlen(style->decoration)}, NULL,
	    STRIP_RIGHT);

	if (style->beginning[0] != '\0')
		buf_addf(out, "%s\n", style->beginning);
	buf_add(out, bare.at, bare.len);
	buf_addc(out, '\n');
	for (;;) {
		const char *eol = memchr(text.at, '\n', text.len);
		size_t len = eol == NULL ? text.len : (size_t)(eol - text.at);

		if (len == 0 && eol != NULL)
			buf_add(out, bare.at, bare.len);
		else
			buf_adds(out, style->decoration);
		buf_add(out, text.at, len);
		buf_addc(out, '\n');
		if (eol == NULL)
			break;
		text.at += len + 1;
		text.len -= len + 1;
	}
	buf_add(out, bare.at, bare.len);
	if (style->end[0] != '\0')
		buf_addf(out, "\n%s", style->end);
}

static int
filter_comment(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct comment_style style = {0};
	const char *name;
	struct value text = {0};
	struct buf out;
	int ret = call_str(vm, call, 0, "plain", &name);

	if (ret != 0)
		return ret;
	for (size_t i = 0; i < sizeof comment_styles / sizeof comment_styles[0];
	     i++)
		if (strcmp(comment_styles[i].name, name) == 0)
			style = comment_styles[i];
	if (style.name == NULL)
		return vm_fail(vm, "comment: there is no style '%s'", name);
	ret = call_str(vm, call, 1, style.decoration, &style.decoration);
	if (ret == 0)
		ret = self_text(vm, call, &text);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	write_comment(&style, str_span(text), &out);
	value_unref(text);
	return vm_buf_take(vm, &out, ret_value);
}

const struct builtin filters_path[] = {
    {"basename", filter_basename, "", 0, 0, 0},
    {"dirname", filter_dirname, "", 0, 0, 0},
    {"splitext", filter_splitext, "", 0, 0, 0},
    {"relpath", filter_relpath, "start", 0, 1, 0},
    {"path_join", filter_path_join, "", 0, 0, 0},
    {"urldecode", filter_urldecode, "", 0, 0, 0},
    {"to_uuid", filter_to_uuid, "namespace", 0, 1, 0},
    {"human_to_bytes", filter_human_to_bytes, "default_unit isbits", 0, 2, 0},
    {"human_readable", filter_human_readable, "isbits unit", 0, 2, 0},
    {"comment", filter_comment, "style decoration", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
