#include "core/nftrules.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define DEPTH_MAX 16 /* jumps; the kernel's own limit */

/* Of a match, and of the matches of a rule together. */
enum truth {
	NO,
	YES,
	MAYBE
};

/* What became of the packet in a chain. */
enum fate {
	FATE_ON, /* it goes on, behind the chain or the rule */
	FATE_ACCEPT,
	FATE_DROP,
};

struct walk {
	struct value items; /* the list "nftables" */
	const struct nft_packet *packet;
	const char *family;
	const char *table;
	/* What rules that may or may not fit would have done. */
	bool maybe_accepted;
	bool maybe_dropped;
	bool port_named; /* by the rule that is looked at */
	unsigned depth;
};

/* ---- matches ------------------------------------------------------------ */

static enum truth
truth_of(bool yes)
{
	return yes ? YES : NO;
}

/* A number, a name, a range, or any of a set; sets by name are not known. */
static enum truth
equals_number(struct value right, int64_t number)
{
	struct value set = value_map_get(right, "set");
	struct value range = value_map_get(right, "range");
	enum truth any = NO;
	int64_t low;
	int64_t high;

	if (right.type == VALUE_INT)
		return truth_of(right.u.i == number);
	if (value_as_int(value_list_at(range, 0), &low) == 0 &&
	    value_as_int(value_list_at(range, 1), &high) == 0)
		return truth_of(low <= number && number <= high);
	if (set.type != VALUE_LIST)
		return MAYBE;
	for (size_t i = 0; i < value_len(set); i++) {
		struct value item = value_list_at(set, i);
		struct value inner = value_map_get(item, "range");

		if (item.type == VALUE_INT && item.u.i == number)
			return YES;
		if (value_as_int(value_list_at(inner, 0), &low) == 0 &&
		    value_as_int(value_list_at(inner, 1), &high) == 0) {
			if (low <= number && number <= high)
				return YES;
		} else if (item.type != VALUE_INT) {
			any = MAYBE;
		}
	}
	return any;
}

/* One of a name, a list or a set of names; "eth*" is any that begins so. */
static enum truth
equals_name(struct value right, const char *name)
{
	struct value list = right;

	if (right.type == VALUE_STRING && value_str(right)[0] == '@')
		return MAYBE;
	if (right.type == VALUE_STRING)
		return truth_of(str_glob(value_str(right), name));
	if (right.type == VALUE_MAP)
		list = value_map_get(right, "set");
	if (list.type != VALUE_LIST)
		return MAYBE;
	for (size_t i = 0; i < value_len(list); i++) {
		if (str_glob(value_str(value_list_at(list, i)), name))
			return YES;
	}
	return NO;
}

static enum truth
match_payload(
    const struct nft_packet *packet, struct value payload, struct value right)
{
	const char *own = packet->tcp ? "tcp" : "udp";
	const char *protocol = value_str(value_map_get(payload, "protocol"));
	const char *field = value_str(value_map_get(payload, "field"));

	if (strcmp(protocol, "ip") == 0 && strcmp(field, "protocol") == 0)
		return equals_name(right, own);
	if (strcmp(protocol, own) != 0 && strcmp(protocol, "th") != 0)
		return MAYBE;
	if (strcmp(field, "dport") != 0)
		return MAYBE;
	return equals_number(right, packet->port);
}

static enum truth
match_meta(const struct nft_packet *packet, const char *key, struct value right)
{
	if (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0)
		return equals_name(right, packet->interface);
	if (strcmp(key, "l4proto") == 0)
		return equals_name(right, packet->tcp ? "tcp" : "udp");
	if (strcmp(key, "nfproto") == 0)
		return equals_name(right, "ipv4");
	return MAYBE;
}

static enum truth
match_left(
    const struct nft_packet *packet, struct value left, struct value right)
{
	struct value payload = value_map_get(left, "payload");
	struct value meta = value_map_get(left, "meta");
	struct value ct = value_map_get(left, "ct");
	const char *key = value_str(value_map_get(ct, "key"));

	if (payload.type == VALUE_MAP)
		return match_payload(packet, payload, right);
	if (meta.type == VALUE_MAP)
		return match_meta(
		    packet, value_str(value_map_get(meta, "key")), right);
	if (strcmp(key, "state") == 0)
		return equals_name(
		    right, packet->established ? "established" : "new");
	return MAYBE;
}

/* A field of another protocol: such a rule never fits, whatever it asks. */
static bool
is_of_others(const struct nft_packet *packet, struct value left)
{
	struct value payload = value_map_get(left, "payload");
	const char *protocol = value_str(value_map_get(payload, "protocol"));

	return strcmp(protocol, packet->tcp ? "udp" : "tcp") == 0 ||
	       str_starts(protocol, "icmp") || strcmp(protocol, "ip6") == 0;
}

static enum truth
match(const struct nft_packet *packet, struct value match)
{
	const char *op = value_str(value_map_get(match, "op"));
	struct value left = value_map_get(match, "left");
	enum truth truth =
	    match_left(packet, left, value_map_get(match, "right"));

	if (is_of_others(packet, left))
		return NO;
	if (strcmp(op, "!=") == 0 && truth != MAYBE)
		return truth == YES ? NO : YES;
	if (strcmp(op, "==") != 0 && strcmp(op, "in") != 0 &&
	    strcmp(op, "!=") != 0)
		return MAYBE;
	return truth;
}

/* ---- rules and chains --------------------------------------------------- */

static enum fate walk_chain(struct walk *walk, const char *name);

static bool
has(struct value statement, const char *key)
{
	return value_map_get(statement, key).type != VALUE_UNDEFINED;
}

/* Those that neither match nor decide. */
static bool
is_idle(struct value statement)
{
	static const char *const names[] = {
	    "counter", "log", "comment", "mangle", "notrack"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (has(statement, names[i]))
			return true;
	}
	return false;
}

/* What a rule does with a packet that it fits; *ret_ends: not by falling on. */
static enum fate
/* NOLINTNEXTLINE(misc-no-recursion): see DEPTH_MAX */
apply_verdict(struct walk *walk, struct value statement, bool *ret_ends)
{
	struct value jump = value_map_get(statement, "jump");
	struct value go = value_map_get(statement, "goto");
	enum fate fate;

	*ret_ends = true;
	if (has(statement, "drop") || has(statement, "reject"))
		return FATE_DROP;
	if (has(statement, "accept"))
		return FATE_ACCEPT;
	if (has(statement, "return"))
		return FATE_ON;
	if (go.type == VALUE_MAP)
		return walk_chain(walk, value_str(value_map_get(go, "target")));
	*ret_ends = false;
	if (jump.type != VALUE_MAP)
		return FATE_ON;
	fate = walk_chain(walk, value_str(value_map_get(jump, "target")));
	*ret_ends = fate != FATE_ON;
	return fate;
}

/* "ct state vmap { established : accept, invalid : drop }" */
static enum fate
/* NOLINTNEXTLINE(misc-no-recursion): see DEPTH_MAX */
walk_vmap(struct walk *walk, struct value vmap, bool *ret_ends)
{
	struct value key = value_map_get(vmap, "key");
	struct value pairs = value_map_get(value_map_get(vmap, "data"), "set");

	*ret_ends = false;
	for (size_t i = 0; i < value_len(pairs); i++) {
		struct value pair = value_list_at(pairs, i);

		if (match_left(walk->packet, key, value_list_at(pair, 0)) ==
		    YES)
			return apply_verdict(
			    walk, value_list_at(pair, 1), ret_ends);
	}
	return FATE_ON;
}

static bool
decides(struct value statement)
{
	return has(statement, "drop") || has(statement, "reject") ||
	       has(statement, "accept") || has(statement, "return") ||
	       has(statement, "goto") || has(statement, "jump");
}

static bool
names_port(struct value matched)
{
	struct value payload =
	    value_map_get(value_map_get(matched, "left"), "payload");

	return strcmp(value_str(value_map_get(payload, "field")), "dport") == 0;
}

static void
note_maybe(struct walk *walk, enum fate fate)
{
	if (fate == FATE_ACCEPT)
		walk->maybe_accepted = true;
	/* Lists of bad addresses are not about us. */
	if (fate == FATE_DROP && walk->port_named)
		walk->maybe_dropped = true;
}

/* Matches only narrow: *fits goes from YES to MAYBE. False: it does not fit. */
static bool
walk_match(struct walk *walk, struct value matched, enum truth *fits)
{
	enum truth truth = match(walk->packet, matched);

	if (truth != NO && names_port(matched))
		walk->port_named = true;
	if (truth == MAYBE)
		*fits = MAYBE;
	return truth != NO;
}

/* One that may or may not fit leaves the packet going on. */
static enum fate
/* NOLINTNEXTLINE(misc-no-recursion): see DEPTH_MAX */
walk_statements(struct walk *walk, struct value statements, bool *ret_ends)
{
	enum truth fits = YES;

	*ret_ends = false;
	for (size_t i = 0; i < value_len(statements); i++) {
		struct value statement = value_list_at(statements, i);
		struct value matched = value_map_get(statement, "match");
		struct value vmap = value_map_get(statement, "vmap");
		enum fate fate = FATE_ON;

		if (matched.type == VALUE_MAP) {
			if (!walk_match(walk, matched, &fits))
				return FATE_ON;
			continue;
		}
		if (vmap.type == VALUE_MAP)
			fate = walk_vmap(walk, vmap, ret_ends);
		else if (decides(statement))
			fate = apply_verdict(walk, statement, ret_ends);
		else if (!is_idle(statement))
			fits = MAYBE;
		if (*ret_ends && fits == YES)
			return fate;
		if (*ret_ends)
			note_maybe(walk, fate);
		*ret_ends = false;
	}
	return FATE_ON;
}

static enum fate
/* NOLINTNEXTLINE(misc-no-recursion): see DEPTH_MAX */
walk_rule(struct walk *walk, struct value rule, bool *ret_ends)
{
	bool named = walk->port_named;
	enum fate fate =
	    walk_statements(walk, value_map_get(rule, "expr"), ret_ends);

	walk->port_named = named;
	return fate;
}

static bool
is_here(const struct walk *walk, struct value item)
{
	return strcmp(value_str(value_map_get(item, "family")), walk->family) ==
		   0 &&
	       strcmp(value_str(value_map_get(item, "table")), walk->table) ==
		   0;
}

static enum fate
/* NOLINTNEXTLINE(misc-no-recursion): see DEPTH_MAX */
walk_chain(struct walk *walk, const char *name)
{
	enum fate fate = FATE_ON;
	bool ends = false;

	if (walk->depth == DEPTH_MAX)
		return FATE_ON;
	walk->depth++;
	for (size_t i = 0; !ends && i < value_len(walk->items); i++) {
		struct value rule =
		    value_map_get(value_list_at(walk->items, i), "rule");

		if (rule.type == VALUE_MAP && is_here(walk, rule) &&
		    strcmp(value_str(value_map_get(rule, "chain")), name) == 0)
			fate = walk_rule(walk, rule, &ends);
	}
	walk->depth--;
	return ends ? fate : FATE_ON;
}

static bool
is_looked_at(struct value chain)
{
	const char *hook = value_str(value_map_get(chain, "hook"));
	const char *type = value_str(value_map_get(chain, "type"));
	const char *family = value_str(value_map_get(chain, "family"));

	return strcmp(type, "filter") == 0 &&
	       (strcmp(hook, "input") == 0 ||
		   strcmp(hook, "prerouting") == 0) &&
	       (strcmp(family, "ip") == 0 || strcmp(family, "inet") == 0);
}

static enum nft_verdict
judge_chain(
    struct value items, struct value chain, const struct nft_packet *packet)
{
	const char *policy = value_str(value_map_get(chain, "policy"));
	struct walk walk = {.items = items,
	    .packet = packet,
	    .family = value_str(value_map_get(chain, "family")),
	    .table = value_str(value_map_get(chain, "table"))};
	enum fate fate =
	    walk_chain(&walk, value_str(value_map_get(chain, "name")));

	if (fate == FATE_ON && strcmp(policy, "drop") == 0)
		fate = FATE_DROP;
	if (fate == FATE_DROP)
		return walk.maybe_accepted ? NFT_UNSURE : NFT_DROP;
	return walk.maybe_dropped ? NFT_UNSURE : NFT_ACCEPT;
}

enum nft_verdict
nftrules_judge(struct value ruleset, const struct nft_packet *packet,
    char ret_where[NFT_WHERE_SIZE])
{
	struct value items = value_map_get(ruleset, "nftables");
	enum nft_verdict verdict = NFT_ACCEPT;

	for (size_t i = 0; i < value_len(items) && verdict != NFT_DROP; i++) {
		struct value chain =
		    value_map_get(value_list_at(items, i), "chain");
		enum nft_verdict now = NFT_ACCEPT;

		if (chain.type == VALUE_MAP && is_looked_at(chain))
			now = judge_chain(items, chain, packet);
		if (now == NFT_ACCEPT)
			continue;
		verdict = now;
		(void)snprintf(ret_where, NFT_WHERE_SIZE, "%.15s %.50s %.50s",
		    value_str(value_map_get(chain, "family")),
		    value_str(value_map_get(chain, "table")),
		    value_str(value_map_get(chain, "name")));
	}
	return verdict;
}
