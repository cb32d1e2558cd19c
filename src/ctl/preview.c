#include "ctl/preview.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/hostvars.h"
#include "core/mask.h"

#define DEFAULT_STATE_DIR "/var/lib/convect-pxed"
#define DEFAULT_HTTP_PORT 8080
#define DEFAULT_FILES_PORT 8081

const char *
preview_state_dir(struct ctl *ctl, struct value info)
{
	const char *named = ctl->args->global[ARGS_STATE_DIR];
	const char *known = value_str(value_map_get(info, "state_dir"));

	if (named != NULL)
		return named;
	return *known != '\0' ? known : DEFAULT_STATE_DIR;
}

/* ---- images ------------------------------------------------------------- */

static int
image_read(
    int dirfd, const char *name, struct image *ret_image, struct err *err)
{
	char *path = mem_printf("%s/image.yaml", name);
	int fd = file_open_beneath(dirfd, path, O_RDONLY | O_CLOEXEC, 0);
	struct buf text;
	int ret = fd < 0 ? fd : 0;

	buf_init(&text, IMAGE_YAML_MAX);
	if (ret == 0)
		ret = file_read_fd(fd, path, &text, err);
	if (ret == 0)
		ret = image_parse(text.data, text.len, path, ret_image, err);
	if (fd >= 0)
		close(fd);
	buf_done(&text);
	free(path);
	return ret;
}

static int
is_published(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* What is no image is left out, as the daemon does. */
static void
images_read(struct preview *preview, int dirfd)
{
	struct dirent **names;
	int count = scandirat(dirfd, ".", &names, is_published, alphasort);

	for (int i = 0; i < count; i++) {
		size_t at = preview->image_count;

		if (at < PREVIEW_IMAGES_MAX &&
		    image_read(dirfd, names[i]->d_name, &preview->images[at],
			NULL) == 0)
			preview->image_count++;
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void
stand_in_image(struct preview *preview)
{
	struct image *image = &preview->images[0];

	str_copy(image->name, sizeof image->name, "ubuntu-24.04");
	image->kind = IMAGE_AUTOINSTALL;
	str_copy(image->version, sizeof image->version, "24.04");
	str_copy(image->release, sizeof image->release,
	    image_release_of(image->version));
	str_copy(image->arch, sizeof image->arch, "amd64");
	str_copy(image->kernel.file, sizeof image->kernel.file, "vmlinuz");
	str_copy(image->initrd.file, sizeof image->initrd.file, "initrd");
	str_copy(image->iso.file, sizeof image->iso.file, "ubuntu-24.04.iso");
	preview->image_count = 1;
	preview->stand_in = true;
}

static void
images_open(struct ctl *ctl, struct value info, struct preview *preview)
{
	char *path =
	    mem_printf("%s/files/images", preview_state_dir(ctl, info));
	int fd;

	preview->images =
	    mem_array(PREVIEW_IMAGES_MAX, sizeof *preview->images);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		images_read(preview, fd);
		close(fd);
	}
	if (preview->image_count == 0) {
		ctl_note(ctl,
		    "no images in %s: ubuntu-24.04 stands in for the one to "
		    "come",
		    path);
		stand_in_image(preview);
	}
	free(path);
}

/* ---- templates ---------------------------------------------------------- */

static int
add_dir(struct preview *preview, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len = strlen(preview->places);
	int ret = -errno;

	if (fd < 0) {
		err_at(err, path, 0, 0, "%s", strerror(-ret));
		err_hint(err, "templates are looked for there");
		return ret;
	}
	preview->dir_fds[preview->dirs.count++] = fd;
	snprintf(preview->places + len, sizeof preview->places - len, "%s%s",
	    len == 0 ? "" : ", ", path);
	return 0;
}

/* The daemon's, or where they are installed. */
static int
add_shipped_dir(struct preview *preview, struct value info, const char *key,
    const char *name, struct err *err)
{
	const char *known = value_str(value_map_get(info, key));
	char *data;
	char *path;
	int ret;

	if (*known != '\0')
		return add_dir(preview, known, err);
	data = datadir_find();
	path = mem_printf("%s/%s", data, name);
	ret = add_dir(preview, path, err);
	free(path);
	free(data);
	return ret;
}

/* struct tmpl_options.load, `arg` being the preview. */
static int
load_template(void *arg, const char *name, struct buf *out, struct err *err)
{
	struct preview *preview = arg;
	int ret = tmpl_load_dirs(&preview->dirs, name, out, err);

	if (ret == -ENOENT)
		err_hint(err, "looked for in %s", preview->places);
	return ret;
}

static int
templates_open(struct ctl *ctl, struct value info, struct preview *preview,
    struct err *err)
{
	const char *own = ctl->args->global[ARGS_TEMPLATES_DIR];
	struct tmpl_options options;
	int ret = 0;

	if (own == NULL)
		own = value_str(value_map_get(info, "operator_dir"));
	if (*own != '\0')
		ret = add_dir(preview, own, err);
	if (ret == 0)
		ret = add_shipped_dir(
		    preview, info, "templates_dir", "templates", err);
	if (ret == 0)
		ret = add_shipped_dir(preview, info, "pxe_dir", "pxe", err);
	if (ret < 0)
		return ret;
	preview->dirs.fds = preview->dir_fds;
	tmpl_options_init(&options);
	options.load = load_template;
	options.load_arg = preview;
	(void)salt_read(preview_state_dir(ctl, info), preview->salt, NULL);
	options.salt_seed = preview->salt;
	preview->env = tmpl_env_new(&options);
	return 0;
}

/* ---- the site ----------------------------------------------------------- */

/* "http://10.0.0.1:8080" of the daemon; without one, a name to be seen. */
static void
site_open(struct value info, struct preview *preview)
{
	const char *http = value_str(value_map_get(info, "http_url"));
	const char *files = value_str(value_map_get(info, "files_url"));
	const char *colon = strrchr(http, ':');
	const char *files_colon = strrchr(files, ':');
	int64_t port;

	preview->site.http_port = DEFAULT_HTTP_PORT;
	preview->site.files_port = DEFAULT_FILES_PORT;
	if (str_starts(http, "http://") && colon > http + 7) {
		preview->address =
		    mem_strndup(http + 7, (size_t)(colon - http - 7));
		if (str_to_i64(colon + 1, 1, UINT16_MAX, &port) == 0)
			preview->site.http_port = (uint16_t)port;
		if (files_colon != NULL &&
		    str_to_i64(files_colon + 1, 1, UINT16_MAX, &port) == 0)
			preview->site.files_port = (uint16_t)port;
	} else {
		preview->address = mem_strdup("PROVISIONER");
	}
	preview->site.address = preview->address;
}

static struct value
mask_vars(struct value vars)
{
	return mask_secrets(vars, MASK_RENDERED);
}

int
preview_open(struct ctl *ctl, struct value info, struct inventory *inv,
    struct preview *ret_preview, struct err *err)
{
	struct preview *preview = ret_preview;
	int ret;

	memset(preview, 0, sizeof *preview);
	preview->inv = inv;
	preview->mask = ctl->args->global[ARGS_SHOW_SECRETS] == NULL;
	preview->lint = lint_new();
	site_open(info, preview);
	images_open(ctl, info, preview);
	ret = templates_open(ctl, info, preview, err);
	if (ret == 0)
		preview->hostvars = hostvars_new(
		    inv, preview->env, preview->mask ? mask_vars : NULL);
	return ret;
}

void
preview_share(const struct preview *preview, struct inventory *inv, bool mask,
    struct preview *ret_preview)
{
	*ret_preview = *preview;
	ret_preview->inv = inv;
	ret_preview->mask = mask;
	ret_preview->hostvars =
	    hostvars_new(inv, preview->env, mask ? mask_vars : NULL);
}

void
preview_unshare(struct preview *preview)
{
	hostvars_free(preview->hostvars);
	preview->hostvars = NULL;
}

void
preview_done(struct preview *preview)
{
	hostvars_free(preview->hostvars);
	tmpl_env_free(preview->env);
	lint_free(preview->lint);
	for (size_t i = 0; i < preview->dirs.count; i++)
		close(preview->dir_fds[i]);
	free(preview->images);
	free(preview->address);
	memset(preview, 0, sizeof *preview);
}

/* ---- one node ----------------------------------------------------------- */

static int
choose_image(struct preview *preview, const struct inv_host *host,
    const struct image **ret_image, struct err *err)
{
	struct value name;
	int ret = hostvars_str(preview->hostvars, host, "image", &name, err);

	if (ret < 0)
		return ret;
	/* The stand-in answers to any name. */
	ret = image_choose(preview->images, preview->image_count,
	    preview->stand_in ? "" : value_str(name), ret_image, err);
	value_unref(name);
	return ret;
}

int
preview_vars(struct preview *preview, const struct inv_host *host,
    struct value *ret_vars, struct err *err)
{
	struct value own = hostvars_map(preview->hostvars, host);
	struct profile_input input = {
	    .name = inv_host_name(host),
	    .vars = own,
	    .group_names = value_map_get(own, "group_names"),
	    .groups = value_map_get(own, "groups"),
	    .site = &preview->site,
	    .generation = 1,
	    .lookup = hostvars_lookup,
	    .lookup_arg = preview->hostvars,
	};
	int ret = hostvars_check(preview->hostvars, host, err);

	if (ret == 0)
		ret = choose_image(preview, host, &input.image, err);
	input.macs = inv_host_macs(host, &input.nmacs);
	if (ret == 0)
		ret = profile_vars(&input, preview->env, ret_vars, err);
	value_unref(own);
	return ret;
}

int
preview_render(struct preview *preview, enum profile_kind kind,
    struct value vars, struct buf *out, struct err *err)
{
	struct tmpl_input input = {.vars = vars,
	    .lookup = hostvars_lookup,
	    .lookup_arg = preview->hostvars};

	/* Stars in the place of secrets are of another type. */
	return profile_render_input(kind, &input, preview->env,
	    preview->mask ? NULL : preview->lint, out, err);
}

int
preview_render_unchecked(struct preview *preview, enum profile_kind kind,
    struct value vars, struct buf *out, struct err *err)
{
	struct tmpl_input input = {.vars = vars,
	    .lookup = hostvars_lookup,
	    .lookup_arg = preview->hostvars};

	return profile_render_unchecked(kind, &input, preview->env, out, err);
}
