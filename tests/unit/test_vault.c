/*
 * Vaults made by ansible-vault 2.14: opened with the password, and closed to
 * whoever has it not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "inventory/inv_secrets.h"
#include "inventory/inventory.h"
#include "inventory/vault.h"
#include "template/template.h"

/* The passwords are "hunter 2" and, of v12, "second". */
static const char v11[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "38656266313662656230306135383562376664383735333266623263343064653066653763"
    "663963\n"
    "3864666235643233393062646532333661316539663265660a623639373239656233353865"
    "353435\n"
    "34373231303065383636396232313763366433373032313635633930303363366533613138"
    "313164\n"
    "6261623834316666630a306337303262616261383965656535336661303533323266316334"
    "613463\n"
    "66306431386239646630383636376233333137666238623334666265336238316334\n";

static const char v12[] = "$ANSIBLE_VAULT;1.2;AES256;lab\n"
			  "3636323137663937373339663461336334363861363361303235"
			  "3463383034383361666265663534\n"
			  "3932616634386237306438353763383737356166343037300a30"
			  "3835386139623361653532326435\n"
			  "6236623531393435303864616266336332326137633463326637"
			  "6666613662343566306630613433\n"
			  "6561663464666364630a39656630623431623630336366383036"
			  "3862333931396661613234666538\n"
			  "3762\n";

static const char vars_file[] = "$ANSIBLE_VAULT;1.1;AES256\n"
				"3934373462356233643831633933366462663834333433"
				"6262383563373233646436636562333866\n"
				"3539653130653965663330626366323432336535343432"
				"650a376464613736613862326363383034\n"
				"3261656235626431313136616430323434393338306332"
				"3834303934353665623366326461613836\n"
				"3330366435636530360a35396536333662643433326364"
				"3230393833643237343631653861343430\n"
				"3231306566383436393034306437663364663363626161"
				"3534333336633033313861633635363032\n"
				"3638633836646537623966666262616463393539663339"
				"3761643730376162346330356631643330\n"
				"313964313533393631653462333464313764\n";

static const char ini_file[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "62376537383331353639386363623634363864393066313564343430633235336362316164"
    "316262\n"
    "3639666661656634346636386135366235346536366137310a333031373861313236333638"
    "363062\n"
    "38336139393465373530306332323237656433326334303861613462363565396366343336"
    "373462\n"
    "6238383934646465360a653834646230363236393330376239333164323866396262623665"
    "326233\n"
    "63663433626332346132623264636636336434306433383433323065623063653436\n";

static struct inv_secrets *
secrets_with(const char *spec, const char *password)
{
	struct inv_secrets *secrets = inv_secrets_new();
	struct err err = {0};

	if (inv_secrets_add(secrets, spec, password, strlen(password), &err) <
	    0)
		fail_msg("%s", err.text);
	return secrets;
}

static int
open_text(struct inv_secrets *secrets, const char *vault, char **ret_text,
    struct err *err)
{
	size_t len = 0;
	int ret;

	memset(err, 0, sizeof *err);
	*ret_text = NULL;
	ret = vault_open(secrets, vault, strlen(vault), ret_text, &len, err);
	if (ret == 0)
		assert_int_equal(strlen(*ret_text), len);
	else
		assert_true(err_is_set(err));
	return ret;
}

static void
test_open(void **state)
{
	struct inv_secrets *secrets = secrets_with("pw", " \n hunter 2\r\n");
	struct err err;
	char *text;

	(void)state;
	assert_int_equal(open_text(secrets, v11, &text, &err), 0);
	assert_string_equal(text, "top {{ n }} secret");
	vault_wipe(text, strlen(text));
	assert_int_equal(open_text(secrets, v12, &text, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.hint, "\"lab\""));
	assert_int_equal(
	    inv_secrets_add(secrets, "lab@/x/pw", "second\n", 7, NULL), 0);
	assert_int_equal(open_text(secrets, v12, &text, &err), 0);
	assert_string_equal(text, "two\nlines\n");
	vault_wipe(text, strlen(text));
	inv_secrets_unref(secrets);
}

static void
test_no_password(void **state)
{
	struct inv_secrets *secrets = inv_secrets_new();
	struct err err;
	char *text;

	(void)state;
	assert_int_equal(open_text(secrets, v11, &text, &err), -ENOKEY);
	assert_non_null(strstr(err.hint, "--vault-password-file"));
	assert_non_null(strstr(err.hint, "CONVECT_VAULT_PASSWORD_FILE"));
	inv_secrets_unref(secrets);
}

static void
expect_damage(const char *vault, int want, const char *text, int line)
{
	struct inv_secrets *secrets = secrets_with("pw", "hunter 2");
	struct err err;
	char *plain;

	assert_int_equal(open_text(secrets, vault, &plain, &err), want);
	if (strstr(err.text, text) == NULL)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(err.line, line);
	if (want != -EKEYREJECTED)
		assert_int_equal(vault_check(vault, strlen(vault), NULL), want);
	inv_secrets_unref(secrets);
}

/* Each byte of the text changed, one at a time: never opened. */
static void
test_tampered(void **state)
{
	struct inv_secrets *secrets = secrets_with("pw", "hunter 2");
	char *vault = mem_strdup(v11), *text;
	size_t i, body = strcspn(v11, "\n") + 1;
	struct err err;

	(void)state;
	for (i = strlen(vault) - 40; i < strlen(vault); i++) {
		char was = vault[i];

		if (was == '\n')
			continue;
		vault[i] = was == '1' ? '2' : '1';
		assert_true(open_text(secrets, vault, &text, &err) < 0);
		vault[i] = was;
	}
	vault[body + 1] = vault[body + 1] == '1' ? '2' : '1';
	assert_true(open_text(secrets, vault, &text, &err) < 0);
	free(vault);
	inv_secrets_unref(secrets);
}

static void
test_formats(void **state)
{
	(void)state;
	expect_damage("", -EINVAL, "not encrypted", 1);
	expect_damage("secret", -EINVAL, "not encrypted", 1);
	expect_damage("$ANSIBLE_VAULT", -EINVAL, "first line", 1);
	expect_damage("$ANSIBLE_VAULT;1.1\n30", -EINVAL, "first line", 1);
	expect_damage("$ANSIBLE_VAULT;1.0;AES\n30", -ENOTSUP, "\"1.0\"", 1);
	expect_damage("$ANSIBLE_VAULT;1.1;DES\n30", -ENOTSUP, "\"DES\"", 1);
	expect_damage("$ANSIBLE_VAULT;1.1;AES256", -EINVAL, "cut off", 2);
	expect_damage("$ANSIBLE_VAULT;1.1;AES256\n303", -EINVAL, "cut off", 2);
	expect_damage(
	    "$ANSIBLE_VAULT;1.1;AES256\n30\n3x", -EINVAL, "hex digits", 3);
	expect_damage(
	    "$ANSIBLE_VAULT;1.1;AES256\n300a300a30", -EINVAL, "damaged", 2);
}

static void
test_passwords(void **state)
{
	struct inv_secrets *secrets = inv_secrets_new();
	struct err err = {0};
	size_t len;
	int i;

	(void)state;
	assert_true(inv_secrets_is_empty(secrets));
	assert_int_equal(
	    inv_secrets_add(secrets, "f", " \n", 2, &err), -EINVAL);
	assert_string_equal(err.file, "f");
	assert_int_equal(
	    inv_secrets_add(secrets, "f", v11, strlen(v11), NULL), -EINVAL);
	for (i = 0; i < INV_SECRETS_MAX; i++)
		assert_int_equal(
		    inv_secrets_add(secrets, "f", "p", 1, NULL), 0);
	assert_int_equal(inv_secrets_add(secrets, "f", "p", 1, NULL), -E2BIG);
	assert_string_equal(inv_secrets_path("dev@/a/b", &len), "/a/b");
	assert_int_equal(len, 3);
	assert_string_equal(inv_secrets_path("/a@b/c", &len), "/a@b/c");
	assert_int_equal(len, 0);
	inv_secrets_unref(secrets);
}

/* ---- in inventories ---- */

struct loaded {
	struct problems problems;
	struct inventory *inv;
};

static void
load(struct loaded *loaded, const struct inv_file *files, size_t count,
    struct inv_secrets *secrets)
{
	struct inv_input input = {
	    .files = files, .count = count, .secrets = secrets};

	problems_init(&loaded->problems);
	loaded->inv = NULL;
	(void)inventory_load(&input, &loaded->problems, &loaded->inv);
	inv_secrets_unref(secrets);
}

static void
done(struct loaded *loaded)
{
	problems_done(&loaded->problems);
	inventory_unref(loaded->inv);
}

/* "NAME: !vault |", indented as YAML wants it. */
static char *
tagged(const char *name, const char *vault)
{
	struct buf buf;

	buf_init(&buf, 8192);
	buf_addf(&buf, "%s: !vault |\n", name);
	while (*vault != '\0') {
		size_t len = strcspn(vault, "\n");

		buf_adds(&buf, "  ");
		buf_add(&buf, vault, len);
		buf_addc(&buf, '\n');
		vault += len + (vault[len] == '\n');
	}
	return buf_take(&buf, NULL);
}

static struct inv_file
file_of(const char *path, const char *text)
{
	return (struct inv_file){path, text, strlen(text)};
}

static void
expect_listed(const struct inventory *inv, bool show, const char *want)
{
	struct buf out;

	buf_init(&out, 1u << 16);
	inventory_write_list(inv, show, &out);
	if (strstr(out.data, want) == NULL)
		fail_msg("no %s in %s", want, out.data);
	buf_done(&out);
}

/* The value stays closed in lists and opens in templates, masked if asked. */
static void
expect_rendered(
    const struct inventory *inv, const char *text, bool mask, const char *want)
{
	struct value vars =
	    inventory_host_vars(inv, inventory_find_host(inv, "h1"));
	struct tmpl_input input = {.vars = vars, .mask_secrets = mask};
	struct value source = value_string(text), value = {0};
	struct tmpl_options options;
	struct tmpl_env *env;
	struct err err = {0};

	tmpl_options_init(&options);
	env = tmpl_env_new(&options);
	if (tmpl_eval(env, "t", source, &input, &value, &err) < 0)
		assert_non_null(strstr(err.text, want));
	else
		assert_string_equal(value_str(value), want);
	value_unref(value);
	value_unref(source);
	value_unref(vars);
	tmpl_env_free(env);
}

static void
test_values(void **state)
{
	char *vars = tagged("s", v11);
	struct inv_file files[] = {
	    file_of("hosts", "h1\n"), file_of("group_vars/all", vars)};
	struct loaded loaded;
	struct value value;

	(void)state;
	load(&loaded, files, 2, secrets_with("pw", "hunter 2"));
	assert_int_equal(loaded.problems.count, 0);
	expect_listed(loaded.inv, false,
	    "\"s\": {\n                    \"__ansible_vault\": "
	    "\"$ANSIBLE_VAULT;1.1;AES256\\n");
	value = inventory_host_var(
	    loaded.inv, inventory_find_host(loaded.inv, "h1"), "s");
	assert_true((value.flags & VALUE_SECRET) != 0);
	value_unref(value);
	expect_rendered(loaded.inv, "<{{ s }}>", false, "<top {{ n }} secret>");
	expect_rendered(loaded.inv, "<{{ s }}>", true, "<********>");
	expect_rendered(
	    loaded.inv, "{{ s | upper }}", false, "TOP {{ N }} SECRET");
	done(&loaded);
	free(vars);
}

static void
test_wrong_password(void **state)
{
	char *vars = tagged("a: 1\ns", v11);
	struct inv_file files[] = {
	    file_of("hosts", "h1\n"), file_of("group_vars/all", vars)};
	struct loaded loaded;
	const struct err *err;

	(void)state;
	load(&loaded, files, 2, secrets_with("pw", "hunter2"));
	err = problems_first_error(&loaded.problems);
	assert_non_null(err);
	assert_string_equal(err->file, "group_vars/all");
	assert_int_equal(err->line, 2);
	assert_non_null(strstr(err->text, "another password"));
	done(&loaded);

	load(&loaded, files, 2, inv_secrets_new());
	assert_int_equal(loaded.problems.errors, 0);
	assert_int_equal(loaded.problems.warnings, 1);
	expect_rendered(loaded.inv, "{{ s }}", false, "no password is given");
	done(&loaded);
	free(vars);
}

/* One of another vault, whose password nobody gave: the others matter. */
static void
test_other_label(void **state)
{
	char *vars = tagged("s", v12);
	struct inv_file files[] = {
	    file_of("hosts", "h1\n"), file_of("group_vars/all", vars)};
	struct loaded loaded;

	(void)state;
	load(&loaded, files, 2, secrets_with("pw", "hunter 2"));
	assert_int_equal(loaded.problems.errors, 0);
	assert_int_equal(loaded.problems.warnings, 1);
	expect_rendered(loaded.inv, "{{ s }}", false, "another password");
	done(&loaded);
	load(&loaded, files, 2, secrets_with("lab@pw", "hunter 2"));
	assert_int_equal(loaded.problems.errors, 1);
	done(&loaded);
	free(vars);
}

static void
test_bad_value(void **state)
{
	struct inv_file files[] = {file_of("hosts", "h1\n"),
	    file_of("host_vars/h1", "a: 1\nb: !vault |\n"
				    "  $ANSIBLE_VAULT;1.1;AES256\n  3z\n")};
	struct loaded loaded;
	const struct err *err;

	(void)state;
	load(&loaded, files, 2, NULL);
	err = problems_first_error(&loaded.problems);
	assert_non_null(err);
	assert_int_equal(err->line, 4);
	assert_non_null(strstr(err->text, "hex digits"));
	done(&loaded);
}

static void
test_files(void **state)
{
	struct inv_file files[] = {
	    file_of("hosts", ini_file), file_of("group_vars/all", vars_file)};
	struct loaded loaded;
	const struct err *err;

	(void)state;
	load(&loaded, files, 2, secrets_with("pw", "hunter 2"));
	assert_int_equal(loaded.problems.count, 0);
	expect_listed(loaded.inv, true, "\"b\": \"{{ inventory_hostname }}!\"");
	expect_listed(loaded.inv, true, "\"w\": \"text\"");
	expect_listed(loaded.inv, true, "\"v\": 7");
	expect_listed(loaded.inv, false, "\"v\": \"********\"");
	expect_listed(loaded.inv, false, "\"b\": \"********\"");
	expect_rendered(loaded.inv, "<{{ c[0] }}>", false, "<x>");
	expect_rendered(loaded.inv, "<{{ c[0] }}>", true, "<********>");
	done(&loaded);

	load(&loaded, files, 2, NULL);
	err = problems_first_error(&loaded.problems);
	assert_string_equal(err->file, "hosts");
	assert_non_null(strstr(err->hint, "--vault-password-file"));
	done(&loaded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_no_password),
	    cmocka_unit_test(test_tampered),
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_passwords),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_wrong_password),
	    cmocka_unit_test(test_other_label),
	    cmocka_unit_test(test_bad_value),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
