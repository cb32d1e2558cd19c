#include "core/release.h"

#include <stddef.h>
#include <string.h>

/* dsmode of plain `nocloud` is local before cloud-init 23.3: the seed would
 * be fetched and then ignored. */
static const struct release releases[] = {
    {"20.04", "focal", "20.1", "nocloud-net", 202004},
    {"20.04.6", "focal", "20.1", "nocloud-net", 202211},
    {"22.04", "jammy", "22.1", "nocloud-net", 202204},
    {"22.04.4", "jammy", "22.1", "nocloud-net", 202310},
    {"24.04", "noble", "24.1", "nocloud", 202404},
    {"24.10", "oracular", "24.3", "nocloud", 202410},
    {"25.04", "plucky", "25.1", "nocloud", 202504},
    {"25.10", "questing", "25.3", "nocloud", 202510},
    {"26.04", "resolute", "26.1", "nocloud", 202604},
};

#define RELEASE_COUNT (sizeof releases / sizeof releases[0])

/*
 * What Ubuntu's installer learned, and when: year and month. Names without a
 * dot are keys of the autoinstall section.
 */
static const struct {
	const char *name;
	int since;
} features[] = {
    {"active-directory", 202303},
    {"apt.disable_suites", 202309},
    {"apt.fallback", 202302},
    {"apt.mirror-selection", 202302},
    {"codecs", 202212},
    {"drivers", 202203},
    {"kernel", 202106},
    {"kernel-crash-dumps", 202409},
    /* The first one wanted the mapping one level deeper, by mistake. */
    {"network.version", 202007},
    {"oem", 202306},
    {"shutdown", 202108},
    {"source", 202205},
    {"storage.layout.sizing-policy", 202304},
    {"storage.layout.zfs", 202307},
    {"storage.match.list", 202408},
    /* Beside a layout; and `grub` with it. */
    {"storage.swap", 202307},
    {"timezone", 202107},
    {"ubuntu-advantage", 202112},
    {"ubuntu-pro", 202203},
    {"updates", 202104},
    {"zdevs", 202503},
};

#define FEATURE_COUNT (sizeof features / sizeof features[0])

/* "24.04.2" is of 24.04. */
static bool
is_version_of(const char *version, const char *release)
{
	size_t len = strlen(release);

	return strncmp(version, release, len) == 0 &&
	       (version[len] == '\0' || version[len] == '.');
}

/* Point releases have one digit. */
static bool
is_row_for(const struct release *row, const char *version)
{
	if (strlen(row->version) > strlen("24.04"))
		return strncmp(version, row->version, strlen("24.04.")) == 0 &&
		       strcmp(version, row->version) >= 0;
	return is_version_of(version, row->version);
}

const struct release *
release_find(const char *version)
{
	for (size_t i = RELEASE_COUNT; i > 0; i--)
		if (is_row_for(&releases[i - 1], version))
			return &releases[i - 1];
	for (size_t i = 0; i < RELEASE_COUNT; i++)
		if (strcmp(releases[i].name, version) == 0)
			return &releases[i];
	return NULL;
}

const struct release *
release_of_image(const char *version, const char *name)
{
	const struct release *found = release_find(version);

	if (found == NULL)
		found = release_find(name);
	return found != NULL ? found : &releases[RELEASE_COUNT - 1];
}

bool
release_knows(const struct release *release, const char *what)
{
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		if (strcmp(features[i].name, what) == 0)
			return features[i].since <= release->installer;
	return true;
}

const char *
release_next_with(const struct release *release, const char *what)
{
	for (; release < releases + RELEASE_COUNT; release++)
		if (release_knows(release, what))
			return release->version;
	return "";
}

struct value
release_known(const struct release *release)
{
	struct value names = value_list_new();

	for (size_t i = 0; i < FEATURE_COUNT; i++)
		if (features[i].since <= release->installer)
			value_list_add(names, value_string(features[i].name));
	return names;
}
