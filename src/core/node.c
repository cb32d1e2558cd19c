#include "core/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const char *const phases[NODE_PHASES] = {
    [NODE_NEW] = "new",
    [NODE_BOOTING] = "booting",
    [NODE_LOADING] = "loading",
    [NODE_INSTALLING] = "installing",
    [NODE_INSTALLED] = "installed",
    [NODE_FIRSTBOOT] = "firstboot",
    [NODE_READY] = "ready",
    [NODE_DISCOVERED] = "discovered",
    [NODE_FAILED] = "failed",
};

static const char *const evidences[EVIDENCE_COUNT] = {
    [EVIDENCE_NONE] = "none",
    [EVIDENCE_OFFER] = "offer",
    [EVIDENCE_LOADER] = "loader",
    [EVIDENCE_SCRIPT] = "script",
    [EVIDENCE_KERNEL] = "kernel",
    [EVIDENCE_INITRD] = "initrd",
    [EVIDENCE_ISO_CUT] = "iso_cut",
    [EVIDENCE_ISO] = "iso",
    [EVIDENCE_SEED] = "seed",
    [EVIDENCE_REPORT] = "report",
    [EVIDENCE_INSTALLED] = "installed",
    [EVIDENCE_FIRSTBOOT] = "firstboot",
};

void
node_init(struct node *node, const char *name)
{
	memset(node, 0, sizeof *node);
	event_text(node->name, sizeof node->name, name, strlen(name));
}

const char *
node_phase_name(enum node_phase phase)
{
	unsigned index = (unsigned)phase;

	return phases[index < NODE_PHASES ? index : NODE_NEW];
}

int
node_phase_parse(const char *name, enum node_phase *ret_phase)
{
	for (unsigned i = 0; i < NODE_PHASES; i++) {
		if (strcmp(phases[i], name) == 0) {
			*ret_phase = (enum node_phase)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
node_evidence_name(enum node_evidence evidence)
{
	unsigned index = (unsigned)evidence;

	return evidences[index < EVIDENCE_COUNT ? index : EVIDENCE_NONE];
}

bool
node_is_unknown(const struct node *node)
{
	return node->phase == NODE_DISCOVERED;
}

bool
node_drifted(const struct node *node, const char *content)
{
	return node->content[0] != '\0' && content[0] != '\0' &&
	       strcmp(node->content, content) != 0;
}

const struct node_token *
node_token_by_boot(const struct node *node, const char *sha256)
{
	for (size_t i = 0; i < node->ntokens && sha256[0] != '\0'; i++) {
		if (strcmp(node->tokens[i].sha256, sha256) == 0)
			return &node->tokens[i];
	}
	return NULL;
}

const struct node_token *
node_token_by_report(const struct node *node, const char *sha256)
{
	for (size_t i = 0; i < node->ntokens && sha256[0] != '\0'; i++) {
		if (strcmp(node->tokens[i].report_sha256, sha256) == 0)
			return &node->tokens[i];
	}
	return NULL;
}

bool
node_token_is_replaced(const struct node *node, const struct node_token *token)
{
	for (size_t i = 0; i < node->ntokens; i++) {
		uint64_t generation = node->tokens[i].generation;

		if (generation > token->generation && generation <= node->have)
			return true;
	}
	return false;
}
