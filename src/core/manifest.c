#include "core/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "base/str.h"

#define LINE_MAX_LEN 2048
#define FIELDS 7

/* ---- one artifact -------------------------------------------------------- */

int
artifact_check_name(const char *name, struct err *err)
{
	size_t len =
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._-+~");

	if (len > 0 && len < sizeof((struct artifact *)0)->name &&
	    name[len] == '\0' && strchr(".-~+", name[0]) == NULL &&
	    strcmp(name, MANIFEST_FILE) != 0)
		return 0;
	err_set(err, "'%.150s' can not be the name of an artifact", name);
	err_hint(err, "use letters, digits and '._-+~'; the first is a letter, "
		      "a digit or '_'");
	return -EBADMSG;
}

static bool
is_word(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

int
artifact_check(const struct artifact *artifact, struct err *err)
{
	const char *const words[] = {artifact->kind, artifact->arch,
	    artifact->version, artifact->url, artifact->sums};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (is_word(words[i]))
			continue;
		err_set(
		    err, "'%.200s' holds what is no printable ASCII", words[i]);
		return -EBADMSG;
	}
	return artifact_check_name(artifact->name, err);
}

/* The first that fits. */
static const struct {
	const char *pattern;
	const char *word;
} kinds[] =
    {
	{"*.deb", "deb"},
	{"*airgap-images*", "images"},
	{"*.tar", "images"},
	{"*.tar.gz", "images"},
	{"*.tar.zst", "images"},
	{"*.tgz", "chart"},
	{"*.sh", "script"},
	{"sha256sum*", "sums"},
	{"k3s*", "binary"},
},
  arches[] = {
      {"*amd64*", "amd64"}, {"*x86_64*", "amd64"}, {"*arm64*", "arm64"},
      {"*aarch64*", "arm64"}, {"*_all.deb", "all"}, {"*.sh", "all"},
      {"*.tgz", "all"}, {"k3s", "amd64"}, /* as its releases call it */
};

void
artifact_guess(struct artifact *artifact)
{
	for (size_t i = 0;
	     artifact->kind[0] == '\0' && i < sizeof kinds / sizeof kinds[0];
	     i++) {
		if (str_glob(kinds[i].pattern, artifact->name))
			str_copy(artifact->kind, sizeof artifact->kind,
			    kinds[i].word);
	}
	for (size_t i = 0;
	     artifact->arch[0] == '\0' && i < sizeof arches / sizeof arches[0];
	     i++) {
		if (str_glob(arches[i].pattern, artifact->name))
			str_copy(artifact->arch, sizeof artifact->arch,
			    arches[i].word);
	}
}

/* ---- fields ---------------------------------------------------------------
 */

struct field {
	const char *key;
	size_t offset;
	size_t size;
};

#define FIELD(member)                                                          \
	{                                                                      \
#member, offsetof(struct artifact, member),                    \
		    sizeof(((struct artifact *)0)->member)                     \
	}

/* Those that are text, in the order of a MANIFEST's line. */
static const struct field fields[] = {
    FIELD(name), FIELD(kind), FIELD(arch), FIELD(version), FIELD(url),
    FIELD(sums), /* list only */
};

#define MANIFEST_TEXTS 5

static int
take_field(struct artifact *artifact, const struct field *field,
    const char *text, struct err *err)
{
	if (strlen(text) >= field->size) {
		err_set(err, "%s of more than %zu bytes", field->key,
		    field->size - 1);
		return -EBADMSG;
	}
	str_copy((char *)artifact + field->offset, field->size,
	    strcmp(text, "-") == 0 ? "" : text);
	return 0;
}

static int
take_sum(struct artifact *artifact, const char *text, struct err *err)
{
	if (sha256_parse(text, artifact->sha256) == 0)
		return 0;
	err_set(err, "a SHA-256 sum has 64 hex digits");
	return -EBADMSG;
}

/* ---- the manifest ------------------------------------------------------- */

static int
split_line(char *line, char *words[FIELDS])
{
	char *save = NULL;
	size_t n = 0;

	for (char *word = strtok_r(line, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		if (n == FIELDS)
			return -EBADMSG;
		words[n++] = word;
	}
	return n == FIELDS ? 0 : -EBADMSG;
}

static int
parse_entry(char *line, struct artifact *ret_artifact, struct err *err)
{
	struct artifact artifact = {0};
	char *words[FIELDS];
	int64_t size = 0;
	int ret = 0;

	if (split_line(line, words) < 0 ||
	    str_to_i64(words[1], 0, INT64_MAX, &size) < 0) {
		err_set(err,
		    "not a line of SHA256 SIZE NAME KIND ARCH VERSION URL");
		return -EBADMSG;
	}
	artifact.size = (uint64_t)size;
	ret = take_sum(&artifact, words[0], err);
	for (size_t i = 0; ret == 0 && i < MANIFEST_TEXTS; i++)
		ret = take_field(&artifact, &fields[i], words[2 + i], err);
	if (ret == 0)
		ret = artifact_check(&artifact, err);
	if (ret == 0)
		*ret_artifact = artifact;
	return ret;
}

static int
parse_line(
    struct manifest *manifest, const char *text, size_t len, struct err *err)
{
	struct artifact artifact;
	char line[LINE_MAX_LEN];
	int ret;

	if (len >= sizeof line || memchr(text, '\0', len) != NULL) {
		err_set(err, "a line that is too long, or has a NUL in it");
		return -EBADMSG;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	ret = parse_entry(line, &artifact, err);
	if (ret == 0 && manifest_find(manifest, artifact.name) != NULL) {
		err_set(err, "%s is named twice", artifact.name);
		ret = -EBADMSG;
	}
	return ret == 0 ? manifest_put(manifest, &artifact, err) : ret;
}

int
manifest_parse(const char *text, size_t len, const char *file,
    struct manifest *ret_manifest, struct err *err)
{
	struct manifest manifest = {0};
	const char *end = text + len;
	int ret = 0;
	int number = 0;

	while (ret == 0 && text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((eol == NULL ? end : eol) - text);

		number++;
		ret = parse_line(&manifest, text, line_len, err);
		text += line_len + (eol != NULL);
	}
	if (ret < 0) {
		if (err != NULL)
			err_place(err, file, number, 0);
		manifest_done(&manifest);
		return ret;
	}
	*ret_manifest = manifest;
	return 0;
}

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

void
manifest_write(const struct manifest *manifest, struct buf *out)
{
	for (size_t i = 0; i < manifest->count; i++) {
		const struct artifact *a = &manifest->list[i];

		buf_addf(out, "%s %" PRIu64, a->sha256, a->size);
		for (size_t f = 0; f < MANIFEST_TEXTS; f++)
			buf_addf(out, " %s",
			    or_dash((const char *)a + fields[f].offset));
		buf_addc(out, '\n');
	}
}

void
manifest_done(struct manifest *manifest)
{
	free(manifest->list);
	memset(manifest, 0, sizeof *manifest);
}

struct artifact *
manifest_find(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->count; i++) {
		if (strcmp(manifest->list[i].name, name) == 0)
			return &manifest->list[i];
	}
	return NULL;
}

int
manifest_put(
    struct manifest *manifest, const struct artifact *artifact, struct err *err)
{
	struct artifact *old = manifest_find(manifest, artifact->name);
	size_t at = manifest->count;

	if (old != NULL) {
		*old = *artifact;
		return 0;
	}
	if (manifest->count == MANIFEST_COUNT_MAX) {
		err_set(err, "more than %d artifacts", MANIFEST_COUNT_MAX);
		err_hint(err, "convect-pxectl artifact remove NAME");
		return -E2BIG;
	}
	manifest->list = mem_resize(
	    manifest->list, manifest->count + 1, sizeof *manifest->list);
	for (;
	     at > 0 && strcmp(manifest->list[at - 1].name, artifact->name) > 0;
	     at--)
		manifest->list[at] = manifest->list[at - 1];
	manifest->list[at] = *artifact;
	manifest->count++;
	return 0;
}

bool
manifest_drop(struct manifest *manifest, const char *name)
{
	struct artifact *artifact = manifest_find(manifest, name);
	size_t index;

	if (artifact == NULL)
		return false;
	index = (size_t)(artifact - manifest->list);
	manifest->count--;
	memmove(artifact, artifact + 1,
	    (manifest->count - index) * sizeof *artifact);
	return true;
}

/* ---- a list ------------------------------------------------------------- */

static int
take_word(struct artifact *artifact, const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");

	if (word[len] == '=' && strncmp(word, "sha256=", 7) == 0)
		return take_sum(artifact, word + 7, err);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (word[len] == '=' && strlen(fields[i].key) == len &&
		    strncmp(fields[i].key, word, len) == 0 &&
		    strcmp(fields[i].key, "url") != 0)
			return take_field(
			    artifact, &fields[i], word + len + 1, err);
	}
	err_set(err, "'%.100s' is not known here", word);
	err_hint(err, "URL [sha256=HEX] [name=N] [kind=K] [arch=A] "
		      "[version=V] [sums=FILE]");
	return -EBADMSG;
}

/* The last segment, decoded once: versions hold %2B. */
static void
name_from_url(struct artifact *artifact)
{
	size_t len = strcspn(artifact->url, "?#");
	size_t start = len;
	struct buf name;

	while (start > 0 && artifact->url[start - 1] != '/')
		start--;
	buf_init(&name, sizeof artifact->name - 1);
	if (escape_url_decode(
		&name, artifact->url + start, len - start, false) == 0 &&
	    !buf_bad(&name))
		str_copy(artifact->name, sizeof artifact->name, name.data);
	buf_done(&name);
}

int
artifact_parse_line(
    const char *text, struct artifact *ret_artifact, struct err *err)
{
	struct artifact artifact = {0};
	char line[LINE_MAX_LEN];
	char *save = NULL;
	char *word;
	int ret;

	if (strlen(text) >= sizeof line) {
		err_set(err, "a line of more than %d bytes", LINE_MAX_LEN - 1);
		return -EBADMSG;
	}
	str_copy(line, sizeof line, text);
	word = strtok_r(line, " \t\r\n", &save);
	if (word == NULL || word[0] == '#')
		return 0;
	if (!str_starts(word, "http://") && !str_starts(word, "https://")) {
		err_set(err, "'%.200s' is not an http or https URL", word);
		return -EBADMSG;
	}
	ret = take_field(&artifact, &fields[MANIFEST_TEXTS - 1], word, err);
	while (ret == 0 && (word = strtok_r(NULL, " \t\r\n", &save)) != NULL &&
	       word[0] != '#')
		ret = take_word(&artifact, word, err);
	if (ret == 0 && artifact.name[0] == '\0')
		name_from_url(&artifact);
	if (ret == 0)
		ret = artifact_check(&artifact, err);
	if (ret < 0)
		return ret;
	artifact_guess(&artifact);
	*ret_artifact = artifact;
	return 1;
}
