/* Whether the firewall of this host lets machines through to us. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/nftrules.h"
#include "doctor/doctor_private.h"
#include "wire/dhcp.h"

#define RULESET_MAX (16u << 20)
#define TFTP_PORT 69
#define TFTP_DATA_PORT 40000 /* any that in.tftpd may send from */
#define NAMES_SIZE 128

static const char *const nft_paths[] = {
    "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", NULL};

/* What of one network, or of all, is said in one finding. */
struct verdicts {
	char dropped[NAMES_SIZE]; /* "UDP 67, UDP 69" */
	char unsure[NAMES_SIZE];
	char dropped_by[NFT_WHERE_SIZE];
	char unsure_by[NFT_WHERE_SIZE];
};

static bool
file_has(const char *path, const char *text)
{
	struct buf buf;
	bool has;

	buf_init(&buf, 1u << 20);
	has =
	    file_read(path, &buf, NULL) == 0 && strstr(buf.data, text) != NULL;
	buf_done(&buf);
	return has;
}

/* How the rules are changed here: by whom they are kept. */
static void
add_remedy(struct doctor *doctor, const char *interface)
{
	struct findings *findings = doctor->findings;
	int http = (int)doctor->config.http_port;
	int files = (int)doctor->config.files_port;

	if (file_has("/etc/ufw/ufw.conf", "ENABLED=yes"))
		findings_fix(findings,
		    "ufw allow in on %s to any port 67,69,4011 proto udp; ufw "
		    "allow in on %s to any port %d,%d proto tcp",
		    interface, interface, http, files);
	else if (access("/run/firewalld", F_OK) == 0)
		findings_fix(findings,
		    "firewall-cmd --permanent --zone=trusted "
		    "--add-interface=%s, or --add-port=67/udp and so on for "
		    "69/udp, 4011/udp, %d/tcp and %d/tcp; then firewall-cmd "
		    "--reload",
		    interface, http, files);
	else
		findings_fix(findings,
		    "before the rule that drops: iifname \"%s\" udp dport { "
		    "67, 69, 4011 } accept; iifname \"%s\" tcp dport { %d, "
		    "%d } accept",
		    interface, interface, http, files);
}

static void
add_name(char names[NAMES_SIZE], const struct nft_packet *packet)
{
	size_t used = strlen(names);

	(void)snprintf(names + used, NAMES_SIZE - used, "%s%s %u",
	    used == 0 ? "" : ", ", packet->tcp ? "TCP" : "UDP", packet->port);
}

static void
judge_port(struct value ruleset, const struct nft_packet *packet,
    struct verdicts *verdicts)
{
	char where[NFT_WHERE_SIZE];
	enum nft_verdict verdict = nftrules_judge(ruleset, packet, where);

	if (verdict == NFT_DROP) {
		add_name(verdicts->dropped, packet);
		memcpy(verdicts->dropped_by, where, sizeof where);
	} else if (verdict == NFT_UNSURE) {
		add_name(verdicts->unsure, packet);
		memcpy(verdicts->unsure_by, where, sizeof where);
	}
}

/* The acknowledgements of a transfer that port 69 has begun. */
static void
judge_tftp_data(
    struct doctor *doctor, const char *interface, struct value ruleset)
{
	const struct nft_packet data = {.interface = interface,
	    .port = TFTP_DATA_PORT,
	    .established = true};
	char where[NFT_WHERE_SIZE];

	if (nftrules_judge(ruleset, &data, where) == NFT_DROP)
		findings_add(doctor->findings, FIND_FIREWALL_TFTP_DATA,
		    "%s: the chain %s drops what belongs to a TFTP transfer "
		    "that has begun",
		    interface, where);
}

static void
judge_link(struct doctor *doctor, const char *interface, struct value ruleset)
{
	const struct nft_packet packets[] = {
	    {interface, false, DHCP_PORT_SERVER, false},
	    {interface, false, TFTP_PORT, false},
	    {interface, false, DHCP_PORT_PXE, false},
	    {interface, true, (uint16_t)doctor->config.http_port, false},
	    {interface, true, (uint16_t)doctor->config.files_port, false},
	};
	struct verdicts verdicts = {.dropped = ""};

	for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++)
		judge_port(ruleset, &packets[i], &verdicts);
	if (verdicts.dropped[0] != '\0') {
		findings_add(doctor->findings, FIND_FIREWALL_DROPS,
		    "%s: the chain %s drops %s", interface, verdicts.dropped_by,
		    verdicts.dropped);
		add_remedy(doctor, interface);
	}
	if (verdicts.unsure[0] != '\0')
		findings_add(doctor->findings, FIND_FIREWALL_UNSURE,
		    "%s: the chain %s may drop %s", interface,
		    verdicts.unsure_by, verdicts.unsure);
	judge_tftp_data(doctor, interface, ruleset);
}

static void
judge_ruleset(struct doctor *doctor, struct value ruleset)
{
	size_t before = doctor->findings->count;

	for (size_t i = 0; i < doctor->link_count; i++)
		judge_link(doctor, doctor->links[i].name, ruleset);
	if (doctor->findings->count == before && doctor->link_count > 0)
		findings_ok(doctor->findings, AREA_FIREWALL,
		    "no rule of nftables drops what machines send to us");
}

static void
read_ruleset(struct doctor *doctor, const char *nft)
{
	const char *const argv[] = {nft, "-j", "list", "ruleset", NULL};
	struct value ruleset = {0};
	struct err err = {0};
	struct buf text;
	int code;

	buf_init(&text, RULESET_MAX);
	code = doctor_run_program(doctor, argv, &text);
	if (code != 0 ||
	    value_parse_json(text.data, text.len, &ruleset, &err) < 0)
		findings_unchecked(doctor->findings, AREA_FIREWALL,
		    "the firewall's rules: \"nft -j list ruleset\" says: "
		    "%.200s",
		    code != 0 ? text.data : err.text);
	else
		judge_ruleset(doctor, ruleset);
	value_unref(ruleset);
	buf_done(&text);
}

/* The kernel's older tables, which nft does not list. */
static void
check_old_tables(struct doctor *doctor)
{
	if (!file_has("/proc/net/ip_tables_names", "filter"))
		return;
	findings_add(doctor->findings, FIND_FIREWALL_UNSURE,
	    "rules of iptables-legacy are in force, which doctor does not "
	    "read");
	findings_fix(doctor->findings,
	    "look at them with iptables-legacy-save, or move them to nftables");
}

void
doctor_check_firewall(struct doctor *doctor)
{
	const char *nft = doctor_find_program(nft_paths);

	if (!doctor->root) {
		findings_unchecked(doctor->findings, AREA_FIREWALL,
		    "the firewall's rules: only root can read them");
		return;
	}
	check_old_tables(doctor);
	if (nft != NULL)
		read_ruleset(doctor, nft);
	else
		findings_unchecked(doctor->findings, AREA_FIREWALL,
		    "the firewall's rules, if there are any: apt-get install "
		    "nftables to have them read");
}
