/* The table of core/finding.h. */
#include <string.h>

#include "core/finding.h"

#define MDOC_WIDTH 78
#define LATE_FIX                                                               \
	"let the server answer at once: dnsmasq --no-ping, ISC dhcpd "         \
	"ping-check false; for relays and switches look at their load"

static const struct finding_kind kinds[FINDING_KINDS] = {
    /* ---- the daemon ---- */
    [FIND_DAEMON_DOWN] = {"daemon-down", AREA_DAEMON, FINDING_WARNING,
	"No machine is answered, and what the daemon would hand out could "
	"not be read back.",
	"systemctl start convect-pxed, then run doctor again"},
    [FIND_DAEMON_UNIT_FAILED] = {"daemon-unit-failed", AREA_DAEMON,
	FINDING_BLOCKER, "The service was started and ended with an error.",
	"journalctl -u convect-pxed -n 50 says why"},
    [FIND_DAEMON_VERSION] = {"daemon-version", AREA_DAEMON, FINDING_WARNING,
	"An update was installed and the old program still runs.",
	"systemctl restart convect-pxed"},
    [FIND_DAEMON_CONFIG] = {"daemon-config", AREA_DAEMON, FINDING_BLOCKER,
	"The daemon would refuse to start with it.",
	"correct the file; convect-pxed --help lists the options"},
    [FIND_DAEMON_SILENT] = {"daemon-silent", AREA_DAEMON, FINDING_BLOCKER,
	"A request of this host did not reach the daemon on port 67, or its "
	"answer was dropped: machines would not be answered either.",
	"look for a firewall rule on UDP ports 67 and 68, and at the daemon's "
	"log"},
    /* ---- interfaces ---- */
    [FIND_INTERFACE_NONE] = {"interface-none", AREA_INTERFACES, FINDING_BLOCKER,
	"The daemon serves interfaces that are up and have an IPv4 address.",
	"give the interface to the machines an address: ip address add "
	"192.0.2.2/24 dev NAME"},
    [FIND_INTERFACE_MISSING] = {"interface-missing", AREA_INTERFACES,
	FINDING_BLOCKER, "It is to be served, and nothing can be.",
	"correct the name; \"ip link\" lists the interfaces"},
    [FIND_INTERFACE_DOWN] = {"interface-down", AREA_INTERFACES, FINDING_BLOCKER,
	"No packet comes or goes.", "ip link set NAME up"},
    [FIND_INTERFACE_NO_CARRIER] = {"interface-no-carrier", AREA_INTERFACES,
	FINDING_WARNING, "Nothing is connected, or the other end is off.",
	"look at cable, switch port and, for a bridge, at its ports"},
    [FIND_INTERFACE_NO_ADDRESS] = {"interface-no-address", AREA_INTERFACES,
	FINDING_BLOCKER,
	"Machines are told to load from our address on their network.",
	"ip address add 192.0.2.2/24 dev NAME, with an address of your "
	"network"},
    [FIND_INTERFACE_BRIDGE_PORT] = {"interface-bridge-port", AREA_INTERFACES,
	FINDING_BLOCKER,
	"The kernel gives what arrives on a port to the bridge: a server on "
	"the port hears nothing.",
	"serve the bridge, and move the address there"},
    [FIND_INTERFACE_MTU] = {"interface-mtu", AREA_INTERFACES, FINDING_WARNING,
	"Boot loaders go by TFTP in packets of up to 1500 bytes. Over a "
	"smaller MTU they are fragmented, and firmware does not put "
	"fragments together: the load stops at its first block.",
	"ip link set NAME mtu 1500; in a tunnel, raise the MTU below it"},
    [FIND_BRIDGE_DELAY] = {"bridge-delay", AREA_INTERFACES, FINDING_WARNING,
	"A port of the bridge is silent for twice that time whenever its link "
	"comes up, as it does when firmware starts; its first requests are "
	"lost and some firmware gives up.",
	"ip link set NAME type bridge stp_state 0, or forward_delay 0; on "
	"switches: portfast"},
    /* ---- ports ---- */
    [FIND_PORT_TAKEN] = {"port-taken", AREA_PORTS, FINDING_BLOCKER,
	"The daemon needs this port and can not start, or does not get what "
	"machines send to it.",
	"stop that program, or give it other interfaces"},
    [FIND_PORT_SHARED] = {"port-shared", AREA_PORTS, FINDING_WARNING,
	"Both get a copy of broadcasts, but only the one that came later gets "
	"packets to this host's address: renewals of leases may be lost.",
	"run the DHCP server on another host, or serve other interfaces"},
    [FIND_PORT_CLOSED] = {"port-closed", AREA_PORTS, FINDING_BLOCKER,
	"The daemon runs but does not listen there.",
	"look at its log: journalctl -u convect-pxed"},
    /* ---- firewall ---- */
    [FIND_FIREWALL_DROPS] = {"firewall-drops", AREA_FIREWALL, FINDING_BLOCKER,
	"What machines send to that port does not reach the daemon.",
	"accept UDP 67, 69 and 4011 and the TCP ports of HTTP and files on "
	"the served interfaces"},
    [FIND_FIREWALL_UNSURE] = {"firewall-unsure", AREA_FIREWALL, FINDING_WARNING,
	"Rules that doctor does not follow to their end decide about that "
	"port.",
	"see that UDP 67, 69 and 4011 and the TCP ports of HTTP and files are "
	"accepted: nft list ruleset"},
    [FIND_FIREWALL_TFTP_DATA] = {"firewall-tftp-data", AREA_FIREWALL,
	FINDING_WARNING,
	"in.tftpd sends from a port of its own choice and the client's "
	"acknowledgements come back to that one: accepting port 69 is not "
	"enough.",
	"accept established connections (ct state established,related) before "
	"the rule that drops"},
    /* ---- DHCP ---- */
    [FIND_DHCP_ADDRESS_TAKEN] = {"dhcp-address-taken", AREA_DHCP,
	FINDING_WARNING,
	"Two machines with one address reach each other's connections, so "
	"ours is not given it and does not boot.",
	"find the other one by its hardware address in the switches' tables; "
	"switch it off, or change the address of either"},
    [FIND_DHCP_NONE] = {"dhcp-none", AREA_DHCP, FINDING_BLOCKER,
	"We only add what to boot; a machine also needs an address, and "
	"without one its firmware never starts to load.",
	"run the site's DHCP server on this network, or let its relay forward "
	"to it; look for DHCP snooping on the switch"},
    [FIND_DHCP_NONE_HERE] = {"dhcp-none-here", AREA_DHCP, FINDING_NOTE,
	"Other networks of this host have one. The daemon serves every "
	"interface unless some are named, so this may be one without machines.",
	"nothing, if no machine boots there; else see dhcp-none. Naming the "
	"others with --interface leaves this one out"},
    [FIND_DHCP_RIVAL] = {"dhcp-rival", AREA_DHCP, FINDING_BLOCKER,
	"With dhcp=server we are the DHCP server of this network: the daemon "
	"does not start beside another, and which one a machine takes would be "
	"luck.",
	"switch the other server off, or leave addresses to it: dhcp=proxy"},
    [FIND_DHCP_SEVERAL] = {"dhcp-several", AREA_DHCP, FINDING_WARNING,
	"A machine takes the offer that comes first or suits it best: which "
	"one is luck, unless they are a failover pair with equal settings.",
	"keep one server a network, or see that all of them agree"},
    [FIND_DHCP_BINL] = {"dhcp-binl", AREA_DHCP, FINDING_BLOCKER,
	"UEFI firmware takes that for a boot server, asks it on port 4011 and "
	"gives up when it does not answer; it does so before it looks at our "
	"offer. This is the classic \"option 60 on the DHCP server\" fault.",
	"remove option 60 (vendor class \"PXEClient\") from that server's "
	"scope or host options"},
    [FIND_DHCP_DISCOVERY] = {"dhcp-discovery", AREA_DHCP, FINDING_BLOCKER,
	"UEFI firmware prefers a server that gives the address and PXE boot "
	"options in one offer: ours is not looked at.",
	"remove options 60 and 43 from that server, or leave the machines to "
	"it"},
    [FIND_DHCP_HTTP_URI] = {"dhcp-http-uri", AREA_DHCP, FINDING_BLOCKER,
	"UEFI HTTP boot takes a URL from the DHCP server before one from a "
	"proxy.",
	"remove the HTTPClient options (60 and 67) from that server"},
    [FIND_DHCP_BOOT_FILE] = {"dhcp-boot-file", AREA_DHCP, FINDING_WARNING,
	"UEFI firmware still prefers us, but some BIOS boot ROMs load the "
	"file of the offer with the address, and shim then looks for GRUB at "
	"that server.",
	"remove boot file and next-server (options 66, 67, 150 and the header "
	"fields) from that server for these networks"},
    [FIND_DHCP_NEXT_SERVER] = {"dhcp-next-server", AREA_DHCP, FINDING_WARNING,
	"GRUB and some boot ROMs load from the next-server (siaddr) of the "
	"DHCP server's offer and not from ours.",
	"remove next-server from that server, or point it to this host"},
    [FIND_DHCP_SIADDR] = {"dhcp-siaddr", AREA_DHCP, FINDING_NOTE,
	"dnsmasq and ISC dhcpd name themselves when nobody tells them "
	"otherwise. iPXE and firmware do not mind; GRUB that was loaded by "
	"TFTP asks that address and not us.",
	"nothing, unless machines boot by shim and GRUB: then point "
	"next-server to this host"},
    [FIND_DHCP_NO_PROXY] = {"dhcp-no-proxy", AREA_DHCP, FINDING_BLOCKER,
	"It tells iPXE not to wait for proxies such as this one: iPXE has an "
	"address and nothing to boot.",
	"remove option 175 sub-option 176 (no-pxedhcp) from that server"},
    [FIND_DHCP_OPTION_176] = {"dhcp-option-176", AREA_DHCP, FINDING_NOTE,
	"It is meant for telephones, or for iPXE by somebody who forgot that "
	"iPXE looks for no-pxedhcp inside option 175.",
	"nothing, unless it was meant for iPXE: then remove it"},
    [FIND_DHCP_NOT_FOR_PXE] = {"dhcp-not-for-pxe", AREA_DHCP, FINDING_BLOCKER,
	"A machine that boots from the network gets no address, and so does "
	"not boot from us either.",
	"look for a rule on the vendor class (option 60) in that server's "
	"settings: a deny, a policy or a pool of its own"},
    [FIND_DHCP_LATE_UEFI] = {"dhcp-late-uefi", AREA_DHCP, FINDING_WARNING,
	"UEFI firmware looks at what it has after 4 seconds, then 8, 16 and "
	"32: each start takes longer, and some firmware does not ask again.",
	LATE_FIX},
    [FIND_DHCP_LATE_IPXE] = {"dhcp-late-ipxe", AREA_DHCP, FINDING_WARNING,
	"iPXE asks after 1 and 2 seconds and expects address and boot file "
	"together: starts take longer, and may fail by chance.",
	LATE_FIX},
    [FIND_DHCP_OTHER_NETWORK] = {"dhcp-other-network", AREA_DHCP,
	FINDING_WARNING,
	"Machines load from our address on that interface, which is not in "
	"the network of theirs: everything goes by the router, and must be "
	"allowed there.",
	"give this host an address of that network, or correct the server's "
	"range"},
    [FIND_DHCP_NO_ROUTE] = {"dhcp-no-route", AREA_DHCP, FINDING_BLOCKER,
	"The machines' address is of another network than ours, and the server "
	"names no router (option 3): they can not reach us.",
	"give this host an address of that network, or correct the server's "
	"range"},
    [FIND_DHCP_RELAYED] = {"dhcp-relayed", AREA_DHCP, FINDING_NOTE,
	"Requests of this network are forwarded. That is fine for machines on "
	"this link; for those behind other relays this host must be named as a "
	"second helper address.",
	"nothing, as long as the machines are on this link; else the helper "
	"address, and relay-allow in the daemon's configuration"},
    [FIND_PROXY_DISCOVERY] = {"proxy-discovery", AREA_DHCP, FINDING_BLOCKER,
	"Another boot server answers on this network in the form that UEFI "
	"firmware prefers to ours: the first such offer wins.",
	"switch its PXE service off for these machines"},
    [FIND_PROXY_OTHER] = {"proxy-other", AREA_DHCP, FINDING_BLOCKER,
	"Another boot server answers on this network: which of us boots a "
	"machine is luck.",
	"switch its PXE service off for these machines"},
    [FIND_PROXY_NO_CLASS] = {"proxy-no-class", AREA_DHCP, FINDING_WARNING,
	"Firmware drops such an offer, but EDK2 remembers that there was a "
	"proxy and may then not boot from anybody.",
	"find out what sends it, and switch it off"},
    /* ---- loaders ---- */
    [FIND_LOADER_MISSING] = {"loader-missing", AREA_LOADERS, FINDING_BLOCKER,
	"Machines of that kind get no answer: there is nothing to hand them.",
	"apt-get install ipxe, then systemctl restart convect-pxed"},
    [FIND_LOADER_NO_PACKAGE] = {"loader-no-package", AREA_LOADERS, FINDING_NOTE,
	"No package of this distribution has a loader for them; machines of "
	"that kind get no answer.",
	"nothing, if you have no such machines; else build it from iPXE's "
	"source and put it into the loader directory"},
    [FIND_LOADER_UNREADABLE] = {"loader-unreadable", AREA_LOADERS,
	FINDING_BLOCKER,
	"in.tftpd hands out only what everybody may read, and answers "
	"\"Permission denied\" for the rest.",
	"chmod 644 the file, or restart the daemon, which puts it right"},
    [FIND_LOADER_DAMAGED] = {"loader-damaged", AREA_LOADERS, FINDING_BLOCKER,
	"Firmware refuses to start it, or hangs.",
	"apt-get install --reinstall ipxe, then systemctl restart "
	"convect-pxed"},
    [FIND_LOADER_STALE] = {"loader-stale", AREA_LOADERS, FINDING_NOTE,
	"The package was updated after the daemon had taken its copy.",
	"systemctl restart convect-pxed"},
    [FIND_SECURE_BOOT_NONE] = {"secure-boot-none", AREA_SECURE_BOOT,
	FINDING_NOTE,
	"iPXE of the distributions is not signed: machines that enforce "
	"Secure Boot refuse it with an access or security violation.",
	"apt-get install shim-signed grub-efi-amd64-signed, restart "
	"convect-pxed and let these machines boot by UEFI HTTP; or switch "
	"Secure Boot off in their firmware"},
    /* ---- TFTP ---- */
    [FIND_TFTPD_MISSING] = {"tftpd-missing", AREA_TFTP, FINDING_BLOCKER,
	"It hands out the boot loaders; the daemon does not start without it.",
	"apt-get install tftpd-hpa, and systemctl disable --now tftpd-hpa: the "
	"daemon runs its own"},
    [FIND_TFTPD_WRONG] = {"tftpd-wrong", AREA_TFTP, FINDING_BLOCKER,
	"The daemon starts in.tftpd with options of tftp-hpa, built with its "
	"file name remapping; another one does not take them.",
	"apt-get install tftpd-hpa, which takes the place of tftpd and atftpd"},
    [FIND_TFTP_NO_ANSWER] = {"tftp-no-answer", AREA_TFTP, FINDING_BLOCKER,
	"Firmware loads its first program by TFTP: without it nothing boots "
	"but UEFI HTTP and iPXE in ROM.",
	"look at the daemon's log for in.tftpd, and at the firewall for UDP "
	"port 69"},
    [FIND_TFTP_REFUSED] = {"tftp-refused", AREA_TFTP, FINDING_BLOCKER,
	"Firmware gets the same answer and gives up.",
	"look at the file's mode and at those of the directories above it; a "
	"restart of the daemon sets them"},
    [FIND_TFTP_DIFFERS] = {"tftp-differs", AREA_TFTP, FINDING_BLOCKER,
	"Something else answers on port 69, or the file is damaged on its "
	"way.",
	"see under ports who holds 69"},
    /* ---- HTTP ---- */
    [FIND_HTTP_NO_ANSWER] = {"http-no-answer", AREA_HTTP, FINDING_BLOCKER,
	"Boot scripts, seeds, kernels and images come over HTTP.",
	"look at the daemon's log, and at the firewall"},
    [FIND_HTTP_WRONG] = {"http-wrong", AREA_HTTP, FINDING_BLOCKER,
	"Something answers there that is not this daemon, or it is broken.",
	"see under ports who holds it"},
    [FIND_HTTP_DIFFERS] = {"http-differs", AREA_HTTP, FINDING_BLOCKER,
	"Machines get other bytes than those on the disk: a proxy is between, "
	"or another program answers.",
	"see under ports who holds it, and leave proxies out"},
    [FIND_HTTP_RANGE] = {"http-range", AREA_HTTP, FINDING_WARNING,
	"Downloads that break can not go on where they stopped.",
	"see whether a proxy is between"},
    /* ---- disk ---- */
    [FIND_DISK_NO_STATE] = {"disk-no-state", AREA_DISK, FINDING_NOTE,
	"The daemon makes it when it starts for the first time.",
	"nothing, before the first start; else name it with --state-dir"},
    [FIND_DISK_READ_ONLY] = {"disk-read-only", AREA_DISK, FINDING_BLOCKER,
	"What happens to nodes is only answered when it is on the disk: no "
	"install can go on.",
	"look at the file system: dmesg, mount, and the disk's health"},
    [FIND_DISK_FULL] = {"disk-full", AREA_DISK, FINDING_BLOCKER,
	"The daemon can not record what nodes report, and installs stop.",
	"remove images (convect-pxectl image list), or enlarge the file "
	"system"},
    [FIND_DISK_LOW] = {"disk-low", AREA_DISK, FINDING_WARNING,
	"An Ubuntu image takes about 3 GiB, and twice that while it is added.",
	"remove images (convect-pxectl image list), or enlarge the file "
	"system"},
    [FIND_DISK_INODES] = {"disk-inodes", AREA_DISK, FINDING_BLOCKER,
	"No file can be made although there is room.",
	"remove files below the state directory's file system"},
    /* ---- clock ---- */
    [FIND_CLOCK_WRONG] = {"clock-wrong", AREA_CLOCK, FINDING_BLOCKER,
	"Certificates and signatures of packages are judged by the time, and "
	"tokens of nodes expire by it.",
	"set the time: timedatectl set-ntp true"},
    [FIND_CLOCK_BEHIND] = {"clock-behind", AREA_CLOCK, FINDING_WARNING,
	"The clock was set back: boot tokens live longer than they should and "
	"time lines are out of order.",
	"set the time: timedatectl set-ntp true"},
    [FIND_CLOCK_NOT_SYNCED] = {"clock-not-synced", AREA_CLOCK, FINDING_WARNING,
	"Installed machines are told the time by NTP; when ours is off, time "
	"lines do not fit together and tokens may seem expired.",
	"timedatectl set-ntp true, or install chrony"},
    /* ---- host ---- */
    [FIND_HOST_USER] = {"host-user", AREA_HOST, FINDING_NOTE,
	"The daemon takes \"nobody\" instead, which it may have to share.",
	"systemd-sysusers, or make install"},
    [FIND_HOST_SERVICE] = {"host-service", AREA_HOST, FINDING_WARNING,
	"It takes a port of ours at the next start of this host, before the "
	"daemon does.",
	"systemctl disable --now the service"},
    /* ---- inventory ---- */
    [FIND_INVENTORY_NONE] = {"inventory-none", AREA_INVENTORY, FINDING_WARNING,
	"Only machines that an inventory names are booted.",
	"give one with --inventory, or write /etc/convect-pxed/macs.ini"},
    [FIND_INVENTORY_ERRORS] = {"inventory-errors", AREA_INVENTORY,
	FINDING_BLOCKER, "Nodes that have errors are not installed.",
	"convect-pxectl check lists all of them"},
    [FIND_INVENTORY_WARNINGS] = {"inventory-warnings", AREA_INVENTORY,
	FINDING_WARNING, "Something may not mean what it seems to.",
	"convect-pxectl check lists all of them"},
    [FIND_IMAGE_NONE] = {"image-none", AREA_INVENTORY, FINDING_BLOCKER,
	"There is nothing to install.",
	"convect-pxectl image add ubuntu-24.04.1-live-server-amd64.iso"},
};

const struct finding_kind *
finding_kind(enum finding_id id)
{
	return &kinds[id];
}

static void
write_wrapped(const char *text, size_t len, struct buf *out)
{
	while (len > 0) {
		size_t part = len;

		if (part > MDOC_WIDTH)
			for (part = MDOC_WIDTH; part > 0 && text[part] != ' ';)
				part--;
		buf_add(out, text, part);
		buf_addc(out, '\n');
		part += part < len; /* the blank */
		text += part;
		len -= part;
	}
}

/* Each sentence begins a line, as mdoc(7) wants it. */
static void
write_sentences(const char *text, struct buf *out)
{
	const char *end;

	while ((end = strstr(text, ". ")) != NULL) {
		write_wrapped(text, (size_t)(end + 1 - text), out);
		text = end + 2;
	}
	write_wrapped(text, strlen(text), out);
}

void
finding_write_mdoc(struct buf *out)
{
	buf_adds(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < FINDING_KINDS; i++) {
		buf_addf(out, ".It Cm %s Pq %s\n", kinds[i].id,
		    finding_severity_name(kinds[i].severity));
		write_sentences(kinds[i].why, out);
	}
	buf_adds(out, ".El\n");
}
