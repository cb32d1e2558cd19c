/* Digests and password hashes. */
#include <crypt.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "template/str.h"

#define SALT_LEN 16
#define ROUNDS_DEFAULT 5000
#define ROUNDS_MIN 1000
#define ROUNDS_MAX 200000

static int
digest(struct vm *vm, const struct call *call, const char *name,
    struct value *ret_value)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	const EVP_MD *md = EVP_get_digestbyname(name);
	struct value text = {0};
	unsigned len = 0;
	int ok;
	int ret;

	if (md == NULL)
		return vm_fail(vm, "there is no digest '%s'", name);
	ret = text_of(vm, call->self, &text);
	if (ret == 0)
		ret = vm_work(vm, 10 + value_str_len(text) / 16);
	if (ret != 0)
		return ret;
	ok = EVP_Digest(
	    value_str(text), value_str_len(text), sum, &len, md, NULL);
	value_unref(text);
	if (ok != 1)
		return vm_fail(vm, "the digest '%s' can not be made", name);
	str_hex(sum, len, hex);
	return vm_string(vm, hex, strlen(hex), ret_value);
}

static int
filter_hash(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *name;
	int ret = call_str(vm, call, 0, "sha1", &name);

	return ret == 0 ? digest(vm, call, name, ret_value) : ret;
}

static int
filter_sha1(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return digest(vm, call, "sha1", ret_value);
}

static int
filter_md5(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return digest(vm, call, "md5", ret_value);
}

/*
 * A salt that is not given is made from the password and the environment's
 * seed: rendering again must give the same bytes.
 */
static void
make_salt(const struct vm *vm, const char *method, struct span password,
    char salt[SALT_LEN + 1])
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	const char *seed = vm->env->options.salt_seed;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context != NULL &&
	    EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) {
		EVP_DigestUpdate(context, seed, strlen(seed) + 1);
		EVP_DigestUpdate(context, method, strlen(method) + 1);
		EVP_DigestUpdate(context, password.at, password.len);
		EVP_DigestFinal_ex(context, sum, NULL);
	}
	EVP_MD_CTX_free(context);
	for (size_t i = 0; i < SALT_LEN; i++)
		salt[i] = letters[sum[i] & 63];
	salt[SALT_LEN] = '\0';
}

static bool
is_salt(const char *salt)
{
	size_t len = strspn(salt, "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz");

	return len > 0 && len <= SALT_LEN && salt[len] == '\0';
}

/* "$6$rounds=10000$salt", remembered: hashing takes milliseconds. */
static int
crypt_cached(struct vm *vm, struct value password, const char *setting,
    struct value *ret_value)
{
	struct tmpl_env *env = vm->env;
	struct crypt_data *data;
	struct value key;
	struct value known;
	const char *hash;
	struct buf name;
	int ret = 0;

	buf_init(&name, 4096);
	buf_addf(&name, "%s:", setting);
	buf_add(&name, value_str(password), value_str_len(password));
	key = value_string_len(name.data, name.len);
	buf_done(&name);
	known = value_map_find(env->hashes, key);
	if (known.type != VALUE_UNDEFINED) {
		*ret_value = value_ref(known);
		value_unref(key);
		return 0;
	}
	data = mem_alloc(sizeof *data);
	hash = crypt_r(value_str(password), setting, data);
	if (hash == NULL || hash[0] == '*')
		ret = vm_fail(vm, "the password can not be hashed");
	else
		ret = vm_string(vm, hash, strlen(hash), ret_value);
	if (ret == 0) {
		if (value_len(env->hashes) >= 1024) {
			value_unref(env->hashes);
			env->hashes = value_map_new();
		}
		value_map_put(
		    env->hashes, value_ref(key), value_ref(*ret_value));
	}
	value_unref(key);
	free(data);
	return ret;
}

static int
password_setting(struct vm *vm, const struct call *call, struct buf *out)
{
	static const struct {
		const char *name, *prefix;
	} methods[] = {{"sha512", "$6$"}, {"sha512_crypt", "$6$"},
	    {"sha256", "$5$"}, {"sha256_crypt", "$5$"}};
	const char *method;
	const char *salt;
	const char *prefix = NULL;
	char made[SALT_LEN + 1];
	int64_t rounds;
	int ret = call_str(vm, call, 0, "sha512", &method);

	if (ret == 0)
		ret = call_str(vm, call, 1, NULL, &salt);
	if (ret == 0)
		ret = call_int(vm, call, 3, ROUNDS_DEFAULT, &rounds);
	if (ret != 0)
		return ret;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(method, methods[i].name) == 0)
			prefix = methods[i].prefix;
	if (prefix == NULL)
		return vm_fail(vm, "password_hash knows sha512 and sha256");
	if (rounds < ROUNDS_MIN || rounds > ROUNDS_MAX)
		return vm_fail(vm, "password_hash: rounds are from %d to %d",
		    ROUNDS_MIN, ROUNDS_MAX);
	if (salt == NULL) {
		make_salt(vm, prefix, str_span(call->self), made);
		salt = made;
	}
	if (!is_salt(salt))
		return vm_fail(vm,
		    "password_hash: a salt is 1 to %d of "
		    "A-Z, a-z, 0-9, '.' and '/'",
		    SALT_LEN);
	buf_adds(out, prefix);
	if (rounds != ROUNDS_DEFAULT)
		buf_addf(out, "rounds=%lld$", (long long)rounds);
	buf_adds(out, salt);
	return vm_work(vm, (uint64_t)rounds * 16);
}

static int
filter_password_hash(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value password = {0};
	struct buf setting;
	int ret = text_of(vm, call->self, &password);

	if (ret != 0)
		return ret;
	buf_init(&setting, 100);
	if (value_str_len(password) > 512 ||
	    strlen(value_str(password)) != value_str_len(password))
		ret = vm_fail(vm, "a password has up to 512 bytes, no NUL");
	if (ret == 0)
		ret = password_setting(vm, call, &setting);
	if (ret == 0)
		ret = crypt_cached(vm, password, setting.data, ret_value);
	if (ret == 0)
		ret_value->flags |= VALUE_SECRET;
	buf_done(&setting);
	value_unref(password);
	return ret;
}

const struct builtin filters_hash[] = {
    {"hash", filter_hash, "hashtype", 0, 1, 0},
    {"sha1", filter_sha1, "", 0, 0, 0},
    {"checksum", filter_sha1, "", 0, 0, 0},
    {"md5", filter_md5, "", 0, 0, 0},
    {"password_hash", filter_password_hash,
	"hashtype salt salt_size rounds ident", 0, 5, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
