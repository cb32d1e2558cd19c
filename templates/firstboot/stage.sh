#!/bin/sh
# stage.sh NAME check|apply|verify: one action of a stage, for the runner, with
# what all stages share. A stage brings what it needs of the three functions.
set -u
umask 022
etc=$CONVECT_ETC
state=$CONVECT_STATE
sysroot=${CONVECT_ROOT:-} # of the machine's files; a test's own
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
export NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1
# shellcheck source=/dev/null
. "$etc/config"

# say CODE MESSAGE: what the provisioner is told besides the log.
say() {
	printf 'code=%s\nmsg=%s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')" \
		> "$state/said"
	printf '%s: %s\n' "$1" "$2"
}

again() {
	say "$1" "$2"
	exit 10
}

never() {
	say "$1" "$2"
	exit 20
}

after_reboot() {
	say "$1" "$2"
	exit 30
}

# wait_for SECONDS WHY: that is no try.
wait_for() {
	say "" "$2"
	echo "pause=$1" >> "$state/said"
	exit 40
}

# classify FILE [HOW]: ends the stage by the first row of the codes (of those
# that go on so) that the file has a line for; comes back when there is none.
classify() {
	while IFS='	' read -r how code pattern advice; do
		case $how in
		'' | '#'*) continue ;;
		esac
		[ "${2:-$how}" = "$how" ] || continue
		if grep -q -E -e "$pattern" "$1"; then
			"$how" "$code" "$(grep -E -m 1 -e "$pattern" "$1" |
				cut -c 1-160); $advice"
		fi
	done < "$etc/codes"
}

# run COMMAND...: its output goes to the log; what fails is looked up.
run() {
	# The status of the command, not of the copy.
	rm -f "$state/status"
	{
		"$@" 2>&1
		echo $? > "$state/status"
	} | tee "$state/out"
	status=$(cat "$state/status" 2> /dev/null || echo 1)
	[ "$status" -ne 0 ] || return 0
	classify "$state/out"
	return "$status"
}

# apt COMMAND...: waits for the lock, asks nothing, and is healed first.
apt() {
	run dpkg --configure -a --force-confdef --force-confold ||
		again dpkg_interrupted "dpkg --configure -a failed"
	run apt-get -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 \
		-o APT::Update::Error-Mode=any \
		-o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold --no-install-recommends "$@"
}

# repository NAME URI SUITE COMPONENTS KEYURL: apt's source, with the key that
# came with the seed or is beside it.
repository() {
	keys=$sysroot/etc/apt/keyrings
	install -d -m 0755 "$keys" "$sysroot/etc/apt/sources.list.d"
	if [ -s "$etc/$1.asc" ]; then
		cp "$etc/$1.asc" "$keys/$1.asc"
	else
		fetch "$5" "$keys/$1.asc"
	fi
	chmod 0644 "$keys/$1.asc"
	rm -f "$sysroot/etc/apt/sources.list.d/$1.list"
	cat > "$sysroot/etc/apt/sources.list.d/$1.sources" <<-END
		Types: deb
		URIs: $2
		Suites: $3
		${4:+Components: $4
		}Signed-By: /etc/apt/keyrings/$1.asc
	END
	apt update || again "$1_repo" "apt-get update failed for $2"
}

# One transfer; it goes on where the last one broke off.
transfer() {
	curl -fsS --retry 8 --retry-connrefused --connect-timeout 10 -C - \
		-o "$2.part" "$1" && return 0
	status=$?
	# It can not be gone on with: the server's file is another one.
	case $status in
	22 | 33) rm -f "$2.part" ;;
	esac
	again download "can not fetch $1 (curl $status)"
}

# fetch URL FILE [SHA256]: whole or not at all. A file that is not the one that
# was meant is fetched again, three times at most.
fetch() {
	for attempt in 1 2 3; do
		transfer "$1" "$2"
		if [ -z "${3:-}" ] ||
			[ "$(sha256sum < "$2.part" | cut -d ' ' -f 1)" = "$3" ]; then
			sync "$2.part"
			mv -f "$2.part" "$2"
			return 0
		fi
		rm -f "$2.part"
		echo "$1 is not the file that was meant ($attempt)"
	done
	never artifact_sha "$1 came damaged three times: verify it on the \
provisioner, and look at proxies between"
}

# pci_devices CLASS: NVIDIA's, whose class begins so (0x03: GPUs, 0x0680:
# NVSwitches). No tool is needed.
pci_devices() {
	for device in "$sysroot"/sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor" 2> /dev/null)" = 0x10de ] || continue
		case $(cat "$device/class") in
		"$1"*) echo "$device" ;;
		esac
	done
}

pci_count() { pci_devices "$1" | grep -c .; }

# What a stage leaves out.
check() { return 1; }
apply() { :; }
verify() { :; }

stage=$1
# shellcheck source=/dev/null
. "$etc/stages/$stage"
"$2"
