#include "app/passwords.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* One after the other, so that the same files give the same digest. */
struct reading {
	struct inv_secrets *secrets;
	EVP_MD_CTX *digest;
};

static int
take_file(struct reading *reading, const char *spec,
    const struct privsep_file *file, struct err *err)
{
	/* Ansible would run it; a parent that is root must not. */
	if (str_starts(file->text, "#!")) {
		err_at(err, file->path, 0, 0,
		    "is a program; a file with the password is wanted");
		return -EINVAL;
	}
	if (EVP_DigestUpdate(reading->digest, spec, strlen(spec) + 1) != 1 ||
	    EVP_DigestUpdate(reading->digest, file->text, file->len + 1) != 1)
		abort();
	return inv_secrets_add(
	    reading->secrets, spec, file->text, file->len, err);
}

static int
fetch_one(struct reading *reading, struct privsep *priv, const char *spec,
    size_t index, struct err *err)
{
	struct privsep_files files;
	int ret = privsep_fetch(priv, PRIV_TREE_VAULT, index, &files, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < files.count; i++) {
		struct privsep_file *file = &files.file[i];

		if (ret == 0)
			ret = take_file(reading, spec, file, err);
		explicit_bzero(file->text, file->len);
	}
	privsep_files_done(&files);
	return ret;
}

int
passwords_fetch(struct passwords *passwords, struct privsep *priv,
    const char *const *specs, size_t count, struct err *err)
{
	struct reading reading = {inv_secrets_new(), EVP_MD_CTX_new()};
	uint8_t digest[EVP_MAX_MD_SIZE];
	int ret = 0;

	if (reading.digest == NULL ||
	    EVP_DigestInit_ex(reading.digest, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = fetch_one(&reading, priv, specs[i], i, err);
	if (EVP_DigestFinal_ex(reading.digest, digest, NULL) != 1)
		abort();
	EVP_MD_CTX_free(reading.digest);
	if (ret == 0 && (passwords->secrets == NULL ||
			    memcmp(digest, passwords->digest,
				sizeof passwords->digest) != 0)) {
		inv_secrets_unref(passwords->secrets);
		passwords->secrets = inv_secrets_ref(reading.secrets);
		memcpy(passwords->digest, digest, sizeof passwords->digest);
	}
	inv_secrets_unref(reading.secrets);
	return ret;
}

void
passwords_done(struct passwords *passwords)
{
	inv_secrets_unref(passwords->secrets);
	memset(passwords, 0, sizeof *passwords);
}
