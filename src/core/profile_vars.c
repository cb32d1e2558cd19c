/* The variables that a node's templates see. */
#include "core/profile.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "core/release.h"
#include "inventory/known.h"
#include "template/template.h"

#define URL_MAX 2048
#define KERNEL_ARGS_MAX 2048 /* COMMAND_LINE_SIZE of x86 and arm64 */
#define PREVIEW_TOKEN "TOKEN"

static void
set_text(struct value map, const char *key, const char *text)
{
	value_map_set(map, key, value_string(text == NULL ? "" : text));
}

/* Takes the buffer's text. */
static void
set_buf(struct value map, const char *key, struct buf *buf)
{
	value_map_set(map, key, value_string_len(buf->data, buf->len));
	buf_done(buf);
}

static void
url_init(struct buf *url, const struct profile_site *site, uint16_t port)
{
	buf_init(url, URL_MAX);
	buf_addf(url, "http://%s:%u", site->address, (unsigned)port);
}

static void
files_url_init(struct buf *url, const struct profile_site *site)
{
	if (site->files_url == NULL) {
		url_init(url, site, site->files_port);
		return;
	}
	buf_init(url, URL_MAX);
	buf_adds(url, site->files_url);
}

struct value
profile_provisioner_vars(const struct profile_site *site)
{
	struct value map = value_map_new();
	struct buf url;

	set_text(map, "address", site->address);
	value_map_set(map, "http_port", value_int(site->http_port));
	value_map_set(map, "files_port", value_int(site->files_port));
	url_init(&url, site, site->http_port);
	set_buf(map, "url", &url);
	files_url_init(&url, site);
	set_buf(map, "files_url", &url);
	files_url_init(&url, site);
	buf_adds(&url, "/artifacts");
	set_buf(map, "artifacts_url", &url);
	return map;
}

/* A seed's address ends in a slash: old cloud-init only joins strings. */
static void
set_own_url(struct value map, const char *key, const struct profile_site *site,
    const char *path, const char *token)
{
	struct buf url;

	url_init(&url, site, site->http_port);
	buf_adds(&url, path);
	buf_adds(&url, token == NULL ? PREVIEW_TOKEN : token);
	if (strcmp(path, "/seed/") == 0)
		buf_addc(&url, '/');
	set_buf(map, key, &url);
}

static struct value
node_vars(const struct profile_input *input)
{
	struct value map = value_map_new();
	const struct hwaddr *mac = NULL;
	char text[HWADDR_STRLEN];

	set_text(map, "name", input->name);
	value_map_set(map, "generation", value_int((int64_t)input->generation));
	value_map_set(map, "overwrite", value_bool(input->overwrite));
	set_text(map, "taken", input->taken);
	set_text(map, "image", input->image ? input->image->name : "");
	set_text(map, "arch", input->image ? input->image->arch : "");
	set_own_url(map, "seed_url", input->site, "/seed/", input->boot_token);
	set_own_url(
	    map, "report_url", input->site, "/report/", input->report_token);
	set_text(map, "firstboot_token",
	    input->firstboot_token == NULL ? PREVIEW_TOKEN
					   : input->firstboot_token);
	set_own_url(
	    map, "logs_url", input->site, "/logs/", input->report_token);
	if (input->mac_index < input->nmacs)
		mac = &input->macs[input->mac_index];
	if (mac == NULL)
		return map;
	set_text(map, "mac", hwaddr_format(mac, text));
	set_own_url(map, "boot_url", input->site, "/boot/", text);
	set_text(map, "mac_dashes", hwaddr_format_sep(mac, '-', text));
	return map;
}

static void
set_file_url(struct value map, const char *key,
    const struct profile_input *input, const struct image_file *file)
{
	struct buf url;

	buf_init(&url, URL_MAX);
	if (file->file[0] != '\0') {
		buf_done(&url);
		files_url_init(&url, input->site);
		buf_adds(&url, "/images/");
		escape_url(
		    &url, input->image->name, strlen(input->image->name));
		buf_addc(&url, '/');
		escape_url(&url, file->file, strlen(file->file));
	}
	set_buf(map, key, &url);
}

static struct value
image_vars(const struct profile_input *input)
{
	const struct image *image = input->image;
	struct value map = value_map_new();

	set_text(map, "name", image->name);
	set_text(map, "kind", image_kind_name(image->kind));
	set_text(map, "release", image->release);
	set_text(map, "version", image->version);
	set_text(map, "arch", image->arch);
	set_file_url(map, "kernel_url", input, &image->kernel);
	set_file_url(map, "initrd_url", input, &image->initrd);
	set_file_url(map, "iso_url", input, &image->iso);
	value_map_set(map, "installer",
	    release_known(release_of_image(image->version, image->release)));
	return map;
}

static void
set_macs(struct value vars, const struct profile_input *input)
{
	struct value list = value_list_new();
	char text[HWADDR_STRLEN];

	for (size_t i = 0; i < input->nmacs; i++)
		value_list_add(
		    list, value_string(hwaddr_format(&input->macs[i], text)));
	if (input->nmacs > 0)
		set_text(vars, "mac", hwaddr_format(&input->macs[0], text));
	value_map_set(vars, "macs", list);
}

static struct value
base_vars(const struct profile_input *input)
{
	struct value vars = value_map_new();
	size_t dot = strcspn(input->name, ".");

	for (size_t i = 0; i < value_len(input->vars); i++) {
		const char *key = value_map_key_at(input->vars, i);
		struct value value = value_map_at(input->vars, i);

		/* Null takes a group's value back, as everywhere else. */
		if (value.type != VALUE_NULL || known_find(key) == NULL)
			value_map_set(vars, key, value_ref(value));
	}
	set_text(vars, "inventory_hostname", input->name);
	value_map_set(vars, "inventory_hostname_short",
	    value_string_len(input->name, dot));
	value_map_set(vars, "group_names", value_ref(input->group_names));
	value_map_set(vars, "groups", value_ref(input->groups));
	set_macs(vars, input);
	value_map_set(
	    vars, "provisioner", profile_provisioner_vars(input->site));
	value_map_set(vars, "node", node_vars(input));
	return vars;
}

/* The host's `kernel_args`, expanded; "" when it has none. */
static int
host_kernel_args(struct tmpl_env *env, const struct tmpl_input *input,
    struct buf *out, struct err *err)
{
	struct value own = value_map_get(input->vars, "kernel_args");
	struct value text;
	int ret;

	if (own.type == VALUE_UNDEFINED || own.type == VALUE_NULL)
		return 0;
	ret = tmpl_eval(env, "kernel_args", own, input, &text, err);
	if (ret < 0)
		return ret;
	if (text.type == VALUE_STRING) {
		buf_add(out, value_str(text), value_str_len(text));
	} else {
		err_set(err, "kernel_args is a %s, not a string",
		    value_type_name(text));
		ret = -EINVAL;
	}
	value_unref(text);
	return ret;
}

static void
trim(struct buf *buf)
{
	size_t blank = strspn(buf->data, " \t\r\n");

	buf->len -= blank;
	memmove(buf->data, buf->data + blank, buf->len + 1);
	while (buf->len > 0 && strchr(" \t\r\n", buf->data[buf->len - 1]))
		buf->data[--buf->len] = '\0';
}

/*
 * Our words go before the "---", behind which they would be the installed
 * system's; one that the host's own words bring replaces it.
 */
static void
join_kernel_args(struct buf *line, struct buf *own)
{
	bool carried;

	trim(line);
	trim(own);
	line->bad |= own->bad;
	if (own->len == 0)
		return;
	carried = str_ends(line->data, " ---");
	if (carried) {
		line->len -= strlen(" ---");
		line->data[line->len] = '\0';
	}
	buf_addf(line, " %s", own->data);
	if (carried && strstr(own->data, "---") == NULL)
		buf_adds(line, " ---");
}

/* iPXE ends a command at these when they stand alone. */
static bool
is_separator(const char *at, const char *start)
{
	return (strncmp(at, "||", 2) == 0 || strncmp(at, "&&", 2) == 0) &&
	       (at == start || at[-1] == ' ') &&
	       (at[2] == ' ' || at[2] == '\0');
}

static int
check_kernel_args(const struct buf *line, struct err *err)
{
	for (size_t i = 0; i < line->len; i++) {
		if (is_separator(line->data + i, line->data)) {
			err_set(err,
			    "the kernel arguments have a \"%.2s\" in "
			    "them, which ends the command for iPXE",
			    line->data + i);
			return -EINVAL;
		}
		if (strncmp(line->data + i, "${", 2) == 0) {
			err_set(err, "the kernel arguments have a \"${\" in "
				     "them, which iPXE would expand");
			return -EINVAL;
		}
		if ((unsigned char)line->data[i] >= ' ')
			continue;
		err_set(err, "the kernel arguments have a control character "
			     "or a line break in them");
		return -EINVAL;
	}
	if (!buf_bad(line))
		return 0;
	err_set(err, "the kernel arguments are longer than %d bytes",
	    KERNEL_ARGS_MAX);
	return -EINVAL;
}

/* Renders the line with `vars`, then puts it into them. */
static int
set_kernel_args(const struct profile_input *profile, struct value vars,
    struct value image_map, struct tmpl_env *env, struct err *err)
{
	struct tmpl_input input = {.vars = vars,
	    .lookup = profile->lookup,
	    .lookup_arg = profile->lookup_arg};
	struct value value;
	struct buf line;
	struct buf own;
	int ret;

	buf_init(&line, KERNEL_ARGS_MAX);
	buf_init(&own, KERNEL_ARGS_MAX);
	ret = tmpl_render_text(env, "kernel_args of the image",
	    image_kernel_args(profile->image), &input, &line, err);
	if (ret == 0)
		ret = host_kernel_args(env, &input, &own, err);
	if (ret == 0) {
		join_kernel_args(&line, &own);
		ret = check_kernel_args(&line, err);
	}
	if (ret == 0) {
		value = value_string_len(line.data, line.len);
		value.flags |= VALUE_SAFE;
		value_map_set(image_map, "kernel_args", value_ref(value));
		value_map_set(vars, "kernel_args", value);
	}
	buf_done(&own);
	buf_done(&line);
	return ret;
}

int
profile_image_vars(const struct profile_site *site, const struct image *image,
    struct value vars, struct tmpl_env *env, struct err *err)
{
	struct profile_input input = {.site = site, .image = image};
	struct value map = image_vars(&input);

	value_map_set(vars, "image", map);
	return set_kernel_args(&input, vars, map, env, err);
}

int
profile_vars(const struct profile_input *input, struct tmpl_env *env,
    struct value *ret_vars, struct err *err)
{
	struct value vars = base_vars(input);
	struct value image;
	int ret = 0;

	if (input->image != NULL) {
		image = image_vars(input);
		value_map_set(vars, "image", image);
		ret = set_kernel_args(input, vars, image, env, err);
	}
	if (ret < 0) {
		value_unref(vars);
		return ret;
	}
	*ret_vars = vars;
	return 0;
}
