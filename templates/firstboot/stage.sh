#!/bin/sh
# stage.sh NAME check|apply|verify: one action of a stage, for the runner, with
# what all stages share. A stage brings what it needs of the three functions.
set -u
umask 022
etc=$CONVECT_ETC
state=$CONVECT_STATE
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
	say reboot "$1"
	exit 30
}

# classify FILE: ends the stage by the first row of the codes that the file has
# a line for; comes back when there is none.
classify() {
	while IFS='	' read -r how code pattern advice; do
		case $how in
		'' | '#'*) continue ;;
		esac
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

# fetch URL FILE [SHA256]: whole or not at all; goes on where it broke off.
fetch() {
	curl -fsS --retry 8 --retry-connrefused --connect-timeout 10 -C - \
		-o "$2.part" "$1" || {
		status=$?
		[ "$status" -ne 33 ] || rm -f "$2.part" # can not be gone on with
		again download "can not fetch $1 (curl $status)"
	}
	if [ -n "${3:-}" ] &&
		[ "$(sha256sum < "$2.part" | cut -d ' ' -f 1)" != "$3" ]; then
		rm -f "$2.part"
		again artifact_sha "$1 is not the file that was meant"
	fi
	sync "$2.part"
	mv -f "$2.part" "$2"
}

# What a stage leaves out.
check() { return 1; }
apply() { :; }
verify() { :; }

stage=$1
# shellcheck source=/dev/null
. "$etc/stages/$stage"
"$2"
