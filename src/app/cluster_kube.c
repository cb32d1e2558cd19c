/* The kubeconfig: what of it is kept, and the file for kubectl. */
#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "app/cluster_private.h"
#include "base/escape.h"
#include "base/mem.h"
#include "core/cluster_config.h"
#include "inventory/yaml.h"

char *
cluster_base64(const char *text, size_t *ret_len)
{
	size_t len = strlen(text);
	char *out;
	int n;

	if (len == 0 || len % 4 != 0 || len > CLUSTER_KUBECONFIG_MAX)
		return NULL;
	out = mem_alloc(len + 1);
	n = EVP_DecodeBlock(
	    (unsigned char *)out, (const unsigned char *)text, (int)len);
	if (n < 0) {
		free(out);
		return NULL;
	}
	n -= text[len - 1] == '=';
	n -= text[len - 2] == '=';
	out[n] = '\0';
	if (ret_len != NULL)
		*ret_len = (size_t)n;
	return out;
}

void
cluster_secret_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
cluster_kube_done(struct cluster_kube *kube)
{
	free(kube->ca);
	free(kube->cert);
	cluster_secret_free(kube->key);
	memset(kube, 0, sizeof *kube);
}

void
cluster_kube_write(const struct cluster_kube *kube, struct buf *out)
{
	buf_adds(out, "{\"ca\":");
	escape_json(out, kube->ca, strlen(kube->ca));
	buf_adds(out, ",\"cert\":");
	escape_json(out, kube->cert, strlen(kube->cert));
	buf_adds(out, ",\"key\":");
	escape_json(out, kube->key, strlen(kube->key));
	buf_addc(out, '}');
}

/* Only what is base64 of something gets in, so nothing else comes out. */
static char *
take_base64(const char *text)
{
	size_t len;
	char *plain = text == NULL ? NULL : cluster_base64(text, &len);

	if (plain == NULL)
		return NULL;
	cluster_secret_free(plain);
	return mem_strdup(text);
}

static int
kube_complete(struct cluster_kube *kube, struct cluster_kube *ret_kube)
{
	if (kube->ca == NULL || kube->cert == NULL || kube->key == NULL) {
		cluster_kube_done(kube);
		return -EINVAL;
	}
	*ret_kube = *kube;
	return 0;
}

int
cluster_kube_parse(const char *text, size_t len, struct cluster_kube *ret_kube)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	struct cluster_kube kube = {
	    .ca = take_base64(json_string_value(json_object_get(object, "ca"))),
	    .cert =
		take_base64(json_string_value(json_object_get(object, "cert"))),
	    .key =
		take_base64(json_string_value(json_object_get(object, "key"))),
	};

	json_decref(object);
	return kube_complete(&kube, ret_kube);
}

/* The first of a list's entries, its member, and a text of that. */
static char *
first_of(
    struct value doc, const char *list, const char *member, const char *key)
{
	struct value first = value_list_at(value_map_get(doc, list), 0);
	struct value text = value_map_get(value_map_get(first, member), key);

	return text.type == VALUE_STRING ? take_base64(value_str(text)) : NULL;
}

int
cluster_kube_read(const char *text, size_t len, struct cluster_kube *ret_kube,
    struct err *err)
{
	struct cluster_kube kube;
	struct value doc;
	int ret = yaml_parse_value(text, len, "kubeconfig", &doc, err);

	if (ret < 0)
		return ret;
	kube = (struct cluster_kube){
	    .ca = first_of(
		doc, "clusters", "cluster", "certificate-authority-data"),
	    .cert = first_of(doc, "users", "user", "client-certificate-data"),
	    .key = first_of(doc, "users", "user", "client-key-data"),
	};
	value_unref(doc);
	ret = kube_complete(&kube, ret_kube);
	if (ret < 0)
		err_set(err, "the kubeconfig has no cluster with its CA and a "
			     "client's certificate and key");
	return ret;
}

void
cluster_kube_render(
    const struct cluster_kube *kube, const char *addr, struct buf *out)
{
	buf_adds(out, "apiVersion: v1\nkind: Config\nclusters:\n"
		      "- name: default\n  cluster:\n"
		      "    certificate-authority-data: ");
	buf_adds(out, kube->ca);
	buf_adds(out, "\n    server: ");
	cluster_api_url(addr, out);
	buf_adds(out, "\ncontexts:\n- name: default\n  context:\n"
		      "    cluster: default\n    user: default\n"
		      "current-context: default\nusers:\n- name: default\n"
		      "  user:\n    client-certificate-data: ");
	buf_adds(out, kube->cert);
	buf_adds(out, "\n    client-key-data: ");
	buf_adds(out, kube->key);
	buf_addc(out, '\n');
}
