#include "doctor/doctor.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "doctor/doctor_private.h"

static const struct {
	const char *what;
	void (*check)(struct doctor *doctor);
} checks[] = {
    {"looking at the daemon", doctor_check_daemon},
    {"looking at network interfaces", doctor_check_links},
    {"looking at the ports", doctor_check_ports},
    {"looking at the firewall", doctor_check_firewall},
    {"asking the network as a machine would, and listening", doctor_check_dhcp},
    {"looking at boot loaders", doctor_check_loaders},
    {"loading by TFTP", doctor_check_tftp},
    {"loading by HTTP", doctor_check_http},
    {"looking at the disk", doctor_check_disk},
    {"looking at the clock", doctor_check_clock},
    {"looking at this host", doctor_check_host},
};

/* ---- what the daemon runs with ------------------------------------------ */

/* As the daemon would read it. `inventory` may be NULL. */
static int
read_config_file(struct config *config, const char *path, const char *inventory,
    struct err *err)
{
	const char *words[] = {
	    "convect-pxed", "--config", path, "--inventory", inventory};
	int count = inventory == NULL ? 3 : 5;
	char *argv[6] = {NULL};
	int ret;

	for (int i = 0; i < count; i++)
		argv[i] = mem_strdup(words[i]);
	ret = config_load(config, count, argv, err);
	for (int i = 0; i < count; i++)
		free(argv[i]);
	return ret;
}

struct value
doctor_config_inventory(const char *config_file)
{
	struct value list = value_list_new();
	struct config config;

	config_init(&config);
	if (read_config_file(&config, config_file, NULL, NULL) == 0) {
		for (size_t i = 0; i < config.inventory.count; i++)
			value_list_add(
			    list, value_string(config.inventory.item[i]));
	}
	config_done(&config);
	return list;
}

/* What the command line of doctor itself says, named as in the file. */
static struct value
overrides(const struct doctor_spec *spec)
{
	struct value map = value_map_new();
	struct value names;

	if (spec->state_dir != NULL)
		value_map_set(map, "state-dir", value_string(spec->state_dir));
	if (spec->interface_count == 0)
		return map;
	names = value_list_new();
	for (size_t i = 0; i < spec->interface_count; i++)
		value_list_add(names, value_string(spec->interfaces[i]));
	value_map_set(map, "interface", names);
	return map;
}

static void
choose_config(struct doctor *doctor)
{
	const struct doctor_spec *spec = doctor->spec;
	struct config *config = &doctor->config;
	struct value own = overrides(spec);
	struct err err = {0};
	char text[1024];
	int ret = 0;

	config_init(config);
	if (spec->config_file != NULL)
		/* There may be none in it. */
		ret = read_config_file(
		    config, spec->config_file, "/dev/null", &err);
	else if (doctor->running)
		ret = config_from_value(
		    config, value_map_get(spec->info, "options"), &err);
	if (ret == 0)
		ret = config_from_value(config, own, &err);
	if (ret < 0)
		findings_add(doctor->findings, FIND_DAEMON_CONFIG, "%s",
		    err_format(&err, text, sizeof text));
	value_unref(own);
}

static void
scan_images(struct doctor *doctor)
{
	char *dir = mem_printf("%s/files/images", doctor->config.state_dir);
	struct err err = {0};
	char text[1024];

	if (images_scan(&doctor->images, dir, &err) < 0)
		findings_unchecked(doctor->findings, AREA_INVENTORY,
		    "images: %s", err_format(&err, text, sizeof text));
	free(dir);
}

bool
doctor_is_our_address(const struct doctor *doctor, struct in_addr addr)
{
	for (size_t i = 0; i < doctor->link_count; i++) {
		if (doctor->links[i].addr.s_addr == addr.s_addr)
			return true;
	}
	return false;
}

void
doctor_run(const struct doctor_spec *spec, struct findings *findings)
{
	struct doctor doctor = {.spec = spec,
	    .findings = findings,
	    .running = spec->info.type == VALUE_MAP,
	    .root = geteuid() == 0,
	    .loop = loop_new()};

	/* What is found is told here, not in a log. */
	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	choose_config(&doctor);
	scan_images(&doctor);
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		spec->on_step(spec->arg, checks[i].what);
		checks[i].check(&doctor);
	}
	images_done(&doctor.images);
	config_done(&doctor.config);
	loop_free(doctor.loop);
}
