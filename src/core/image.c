#include "core/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "core/release.h"
#include "inventory/value.h"
#include "inventory/yaml.h"

/*
 * Kernel lines. iPXE hands words over as they are: no quotes around ds=. The
 * seed's address ends in a slash, since cloud-init before 23.1 only joins
 * strings. cloud-config-url keeps cloud-init from fetching the ISO of url= a
 * second time. What follows "---" would stay on the installed system's line.
 */
#define AUTOINSTALL_LINE(ds)                                                   \
	"ip=dhcp url={{ image.iso_url }} cloud-config-url=/dev/null "          \
	"autoinstall ds=" ds ";s={{ node.seed_url }} "                         \
	"BOOTIF=01-{{ node.mac_dashes }} console=tty0 "                        \
	"console=ttyS0,115200n8 ---"
#define LIVE_LINE                                                              \
	"ip=dhcp ds=nocloud-net;s={{ node.seed_url }} "                        \
	"cloud-config-url=/dev/null"
/* Read by the image's /init; see src/ctl/inspect-build. */
#define INSPECT_LINE                                                           \
	"console=tty0 console=ttyS0,115200n8 "                                 \
	"convect.report={{ machine.report_url }} "                             \
	"convect.poll={{ machine.poll_url }} convect.mac={{ machine.mac }}"

static const char *const kind_names[] = {
    [IMAGE_AUTOINSTALL] = "autoinstall",
    [IMAGE_LIVE] = "live",
    [IMAGE_INSPECT] = "inspect",
};

const char *
image_kind_name(enum image_kind kind)
{
	unsigned index = (unsigned)kind;

	return kind_names[index < IMAGE_KINDS ? index : IMAGE_AUTOINSTALL];
}

const char *
image_release_of(const char *version)
{
	const struct release *release = release_find(version);

	return release == NULL ? "" : release->name;
}

const char *
image_kernel_args(const struct image *image)
{
	const struct release *release =
	    release_of_image(image->version, image->release);

	if (image->kernel_args[0] != '\0')
		return image->kernel_args;
	if (image->kind == IMAGE_LIVE)
		return LIVE_LINE;
	if (image->kind == IMAGE_INSPECT)
		return INSPECT_LINE;
	return strcmp(release->seed, "nocloud") == 0
		   ? AUTOINSTALL_LINE("nocloud")
		   : AUTOINSTALL_LINE("nocloud-net");
}

int
image_check_name(const char *name, struct err *err)
{
	size_t len =
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._-");

	if (len > 0 && name[len] == '\0' && name[0] != '.' && name[0] != '-')
		return 0;
	err_set(err, "'%s' can not be a name of an image or its file", name);
	err_hint(err, "use letters, digits, '.', '_' and '-'; the first is a "
		      "letter, a digit or '_'");
	return -EBADMSG;
}

static int
read_text(
    struct value map, const char *key, char *out, size_t size, struct err *err)
{
	struct value value = value_map_get(map, key);

	if (value.type == VALUE_UNDEFINED || value.type == VALUE_NULL)
		return 0;
	if (value.type != VALUE_STRING || value_str_len(value) >= size ||
	    strlen(value_str(value)) != value_str_len(value)) {
		err_set(err, "'%s' is not a string of less than %zu bytes", key,
		    size);
		err_hint(err, "numbers such as 24.04 need quotes");
		return -EBADMSG;
	}
	str_copy(out, size, value_str(value));
	return 0;
}

static bool
is_sha256(const char *hex)
{
	return strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

static int
read_file(struct value root, const char *key, struct image_file *file,
    struct err *err)
{
	struct value map = value_map_get(root, key);
	int64_t size = 0;
	int ret;

	if (map.type == VALUE_UNDEFINED || map.type == VALUE_NULL)
		return 0;
	if (map.type != VALUE_MAP) {
		err_set(
		    err, "'%s' is not a mapping with file, size, sha256", key);
		return -EBADMSG;
	}
	ret = read_text(map, "file", file->file, sizeof file->file, err);
	if (ret == 0)
		ret = read_text(
		    map, "sha256", file->sha256, sizeof file->sha256, err);
	if (ret == 0)
		ret = image_check_name(file->file, err);
	if (ret < 0)
		return ret;
	if (value_as_int(value_map_get(map, "size"), &size) == -EINVAL ||
	    size < 0) {
		err_set(err, "size of '%s' is not a number of bytes", key);
		return -EBADMSG;
	}
	if (file->sha256[0] != '\0' && !is_sha256(file->sha256)) {
		err_set(
		    err, "sha256 of '%s' is not 64 lower-case hex digits", key);
		return -EBADMSG;
	}
	file->size = (uint64_t)size;
	return 0;
}

static int
read_kind(struct value root, enum image_kind *ret_kind, struct err *err)
{
	const char *name = value_str(value_map_get(root, "kind"));

	for (unsigned i = 0; i < sizeof kind_names / sizeof kind_names[0];
	     i++) {
		if (strcmp(kind_names[i], name) == 0) {
			*ret_kind = (enum image_kind)i;
			return 0;
		}
	}
	err_set(
	    err, "kind '%s' is none of autoinstall, live and inspect", name);
	return -EBADMSG;
}

struct member {
	const char *name;
	size_t offset;
	size_t size;
};

#define MEMBER(member)                                                         \
	{                                                                      \
#member, offsetof(struct image, member),                       \
		    sizeof(((struct image *)0)->member)                        \
	}

static const struct member text_members[] = {
    MEMBER(name),
    MEMBER(release),
    MEMBER(version),
    MEMBER(arch),
    MEMBER(kernel_args),
};
static const struct member file_members[] = {
    MEMBER(kernel),
    MEMBER(initrd),
    MEMBER(iso),
};

#define TEXT_COUNT (sizeof text_members / sizeof text_members[0])
#define FILE_COUNT (sizeof file_members / sizeof file_members[0])

static bool
is_member(const char *name)
{
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		if (strcmp(text_members[i].name, name) == 0)
			return true;
	}
	for (size_t i = 0; i < FILE_COUNT; i++) {
		if (strcmp(file_members[i].name, name) == 0)
			return true;
	}
	return strcmp(name, "kind") == 0;
}

static int
read_members(struct value root, struct image *image, struct err *err)
{
	int ret = read_kind(root, &image->kind, err);

	for (size_t i = 0; ret == 0 && i < value_len(root); i++) {
		if (!is_member(value_map_key_at(root, i))) {
			err_set(err, "an image has no '%s'",
			    value_map_key_at(root, i));
			ret = -EBADMSG;
		}
	}
	for (size_t i = 0; ret == 0 && i < TEXT_COUNT; i++)
		ret = read_text(root, text_members[i].name,
		    (char *)image + text_members[i].offset,
		    text_members[i].size, err);
	for (size_t i = 0; ret == 0 && i < FILE_COUNT; i++) {
		char *file = (char *)image + file_members[i].offset;

		ret = read_file(root, file_members[i].name,
		    (struct image_file *)(void *)file, err);
	}
	return ret;
}

/* casper takes the value of url= for an ISO only when it ends so. */
static int
check_image(const struct image *image, struct err *err)
{
	int ret = image_check_name(image->name, err);

	if (ret < 0)
		return ret;
	if (image->kernel.file[0] == '\0' || image->initrd.file[0] == '\0') {
		err_set(err, "an image needs 'kernel' and 'initrd'");
		return -EBADMSG;
	}
	if (image->kind == IMAGE_AUTOINSTALL &&
	    !str_ends(image->iso.file, ".iso")) {
		err_set(err,
		    "an image of kind autoinstall needs an 'iso' whose "
		    "file name ends in .iso");
		return -EBADMSG;
	}
	return 0;
}

int
image_parse(const char *text, size_t len, const char *file,
    struct image *ret_image, struct err *err)
{
	struct value root = {0};
	struct image image;
	int ret = -EBADMSG;

	memset(&image, 0, sizeof image);
	if (len > IMAGE_YAML_MAX) {
		err_at(err, file, 0, 0, "%zu bytes, more than %d", len,
		    IMAGE_YAML_MAX);
		return -EBADMSG;
	}
	if (yaml_parse_value(text, len, file, &root, err) < 0)
		goto out;
	if (root.type != VALUE_MAP) {
		err_set(err, "not a mapping");
		goto out;
	}
	ret = read_members(root, &image, err);
	if (ret == 0)
		ret = check_image(&image, err);
	if (ret == 0)
		*ret_image = image;
out:
	value_unref(root);
	if (ret < 0 && err != NULL) {
		err_place(err, file, 0, 0);
		err_hint(err, "remove the image and add it again");
	}
	return ret;
}

static void
write_text(const char *key, const char *text, struct buf *out)
{
	if (text[0] == '\0')
		return;
	buf_addf(out, "%s: ", key);
	escape_json(out, text, strlen(text));
	buf_addc(out, '\n');
}

/* JSON's strings are YAML's. */
static void
write_file(const char *key, const struct image_file *file, struct buf *out)
{
	if (file->file[0] == '\0')
		return;
	buf_addf(out, "%s:\n  file: ", key);
	escape_json(out, file->file, strlen(file->file));
	buf_addf(out, "\n  size: %" PRIu64 "\n", file->size);
	if (file->sha256[0] != '\0')
		buf_addf(out, "  sha256: \"%s\"\n", file->sha256);
}

void
image_write(const struct image *image, struct buf *out)
{
	write_text("name", image->name, out);
	write_text("kind", image_kind_name(image->kind), out);
	write_text("release", image->release, out);
	write_text("version", image->version, out);
	write_text("arch", image->arch, out);
	write_file("kernel", &image->kernel, out);
	write_file("initrd", &image->initrd, out);
	write_file("iso", &image->iso, out);
	write_text("kernel_args", image->kernel_args, out);
}

void
image_placeholder(struct image *ret_image)
{
	memset(ret_image, 0, sizeof *ret_image);
	str_copy(ret_image->name, sizeof ret_image->name, "none-yet");
	ret_image->kind = IMAGE_AUTOINSTALL;
	str_copy(ret_image->arch, sizeof ret_image->arch, "amd64");
	str_copy(
	    ret_image->kernel.file, sizeof ret_image->kernel.file, "vmlinuz");
	str_copy(
	    ret_image->initrd.file, sizeof ret_image->initrd.file, "initrd");
	str_copy(
	    ret_image->iso.file, sizeof ret_image->iso.file, "none-yet.iso");
}

static void
list_names(const struct image *images, size_t count, struct err *err)
{
	struct buf names;

	buf_init(&names, 200);
	for (size_t i = 0; i < count; i++) {
		if (images[i].kind != IMAGE_INSPECT)
			buf_addf(&names, "%s%s", names.len == 0 ? "" : ", ",
			    images[i].name);
	}
	if (names.len == 0)
		err_hint(err, "add one: convect-pxectl image add FILE-or-URL");
	else
		err_hint(err, "set `image` to one of: %s%s", names.data,
		    buf_bad(&names) ? ", ..." : "");
	buf_done(&names);
}

int
image_choose(const struct image *images, size_t count, const char *name,
    const struct image **ret_image, struct err *err)
{
	bool named = name != NULL && name[0] != '\0';
	const struct image *found = NULL;
	size_t fit = 0;

	for (size_t i = 0; i < count; i++) {
		if (images[i].kind == IMAGE_INSPECT ||
		    (named && strcmp(images[i].name, name) != 0))
			continue;
		found = &images[i];
		fit++;
	}
	if (fit == 1) {
		*ret_image = found;
		return 0;
	}
	if (named)
		err_set(err, "there is no image '%s'", name);
	else if (fit == 0)
		err_set(err, "there are no images");
	else
		err_set(err, "there are %zu images and none is chosen", fit);
	list_names(images, count, err);
	return -ENOENT;
}

const struct image *
image_find_inspect(const struct image *images, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (images[i].kind == IMAGE_INSPECT)
			return &images[i];
	}
	return NULL;
}
