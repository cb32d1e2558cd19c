#!/bin/sh
# Brings an installed machine to ready: runs the stages of the table in their
# order, each until what it wants is there. Can be killed at any line and
# begun again; tells the provisioner what it does.
#
# In $etc: config (shell variables), token (one header line, mode 0600), table,
# codes, stage.sh, stages/NAME. In $state, for each stage: NAME.done (the hash
# of what it was done with), NAME.try, NAME.boots, NAME.log; and spool/, what
# the provisioner has not yet been told.
# A stage ends with 0: done, 10: again later, 20: never, 30: after a reboot,
# 40: when something else has come, however often it takes.
# shellcheck disable=SC2154 # config has them
set -u
umask 077
etc=${CONVECT_ETC:-/etc/convect/firstboot}
state=${CONVECT_STATE:-/var/lib/convect/firstboot}
boot_id_file=${CONVECT_BOOT_ID:-/proc/sys/kernel/random/boot_id}
spool=$state/spool
NEVER=20
REBOOT=30
WAIT=40
BOOTS_MAX=2
SPOOL_MAX=200

# ---- files: whole or not at all ------------------------------------------------

put() {
	printf '%s\n' "$2" > "$1.new" && sync "$1.new" && mv -f "$1.new" "$1"
}

number() {
	n=$(cat "$1" 2> /dev/null) || n=0
	case $n in
	'' | *[!0-9]*) n=0 ;;
	esac
	echo "$n"
}

# ---- telling the provisioner -----------------------------------------------------

# What must not leave the machine in a log: a sed script, so no argument has it.
write_mask() {
	{
		sed 's/^[^:]*: *//' "$etc/token"
		cat "$etc/secrets" 2> /dev/null
	} | grep -v '^$' | sed 's/[][\/.*^$]/\\&/g; s/.*/s\/&\/********\/g/' \
		> "$state/mask"
}

tail_of() {
	tail -c 1000 "$1" 2> /dev/null | tr -d '\000' | sed -f "$state/mask"
}

last_line() {
	tail -c 1000 "$1" 2> /dev/null | tr '\r' '\n' | tr -d '\000' |
		sed -f "$state/mask" | sed '/^[[:space:]]*$/d' | tail -n 1 |
		cut -c 1-200
}

# A field of curl's configuration, which knows \ and " as special.
field() {
	printf 'data-urlencode = "%s"\n' "$(printf '%s' "$1=$2" |
		tr '\001-\037' ' ' | sed 's/[\\"]/\\&/g')"
}

# Sends one entry; 0: it is over and done with, 1: not now.
send() {
	code=$(curl -sS --max-time 10 -o /dev/null -w '%{http_code}' \
		-H @"$etc/token" --config "$1" "$report_url" 2> /dev/null) ||
		code=000
	case $code in
	2?? | 400 | 413) ;;
	401 | 403 | 410) : > "$state/muted" ;; # of an install that is over
	*) return 1 ;;
	esac
	rm -f "$1" "${1%.entry}.log"
}

# Oldest first, so that they come in order; stops at the first that can not go.
flush() {
	for entry in "$spool"/*.entry; do
		[ -e "$entry" ] || return 0
		if [ -e "$state/muted" ]; then
			rm -f "$entry" "${entry%.entry}.log"
		else
			send "$entry" || return 1
		fi
	done
}

tell_rest() {
	(
		flock 8
		flush
	) 8> "$state/lock.tell"
}

trim_spool() {
	set -- "$spool"/*.entry
	while [ $# -gt $SPOOL_MAX ]; do
		rm -f "$1" "${1%.entry}.log"
		shift
	done
}

# tell STATE STAGE [KEY VALUE]...
tell() {
	[ ! -e "$state/muted" ] || return 0
	(
		flock 8
		seq=$(($(number "$state/seq") + 1))
		put "$state/seq" "$seq"
		entry=$spool/$(printf '%08d' "$seq")
		what=$1
		about=$2
		{
			field state "$what"
			field stage "$about"
			field seq "$seq"
			shift 2
			while [ $# -ge 2 ]; do
				field "$1" "$2"
				shift 2
			done
		} > "$entry.new"
		tail_of "$state/$about.log" > "$entry.log"
		echo "data-urlencode = \"log@$entry.log\"" >> "$entry.new"
		mv "$entry.new" "$entry.entry"
		# News that could not be told are no news later.
		flush || [ "$what" != progress ] ||
			rm -f "$entry.entry" "$entry.log"
		trim_spool
	) 8> "$state/lock.tell"
}

# ---- one action of a stage ---------------------------------------------------------

beat() {
	while sleep "${heartbeat:-30}" && kill -0 $$; do
		tell progress "$stage" msg "$(last_line "$state/$stage.log")"
	done
}

said() {
	sed -n "s/^$1=//p" "$state/said" 2> /dev/null
}

# action check|apply|verify: its exit status; what it said is in $code, $msg.
action() {
	[ "$1" = verify ] || rm -f "$state/said"
	printf '== %s %s\n' "$1" "$(date -u +%FT%TZ)" >> "$state/$stage.log"
	beat > /dev/null 2>&1 9>&- &
	beat=$!
	CONVECT_ETC=$etc CONVECT_STATE=$state sh "$etc/stage.sh" "$stage" "$1" \
		>> "$state/$stage.log" 2>&1 < /dev/null
	status=$?
	kill "$beat" 2> /dev/null
	wait "$beat" 2> /dev/null
	code=$(said code)
	msg=$(said msg)
	ca=$(said ca)
	return $status
}

inputs() {
	cat "$etc/config" "$etc/stage.sh" "$etc/codes" "$etc/stages/$stage" |
		sha256sum | cut -d ' ' -f 1
}

finish() {
	put "$state/$stage.done" "$(inputs)"
	rm -f "$state/$stage.try" "$state/$stage.boots"
	set -- msg "$1"
	[ -z "$ca" ] || set -- "$@" ca "$ca"
	tell finish "$stage" "$@"
}

fail() {
	tell failed "$stage" code "$1" msg "$2"
	echo "convect-firstboot: $stage: $1: $2" >&2
	rm -f "$state/$stage.try" "$state/$stage.boots"
	until tell_rest; do
		sleep 30
	done
	exit $NEVER
}

# Doubles from 15 s up to 300 s, with something on top that differs by machine.
back_off() {
	pause=15
	n=1
	while [ "$n" -lt "$1" ] && [ "$pause" -lt 300 ]; do
		pause=$((pause * 2))
		n=$((n + 1))
	done
	[ "$pause" -le 300 ] || pause=300
	sleep $((pause + $(od -A n -N 1 -t u1 /dev/urandom) % 8))
}

again() {
	try=$(($(number "$state/$stage.try") + 1))
	put "$state/$stage.try" "$try"
	if [ "$try" -ge "$tries" ]; then
		fail "${code:-stage_error}" "${msg:-$(last_line "$state/$stage.log")}"
	fi
	tell retry "$stage" code "${code:-stage_error}" attempt "$try" \
		msg "${msg:-$(last_line "$state/$stage.log")}"
	back_off "$try"
}

# Not its own fault, so not one of its tries.
wait_for() {
	pause=$(said pause)
	case $pause in
	'' | *[!0-9]*) pause=10 ;;
	esac
	tell progress "$stage" msg "$msg"
	sleep "$pause"
}

# Does not come back: the machine goes down, or the unit begins again.
reboot() {
	boots=$(number "$state/$stage.boots")
	[ "$boots" -lt $BOOTS_MAX ] ||
		fail reboot_loop "rebooted $boots times for this stage: ${msg:-}"
	put "$state/$stage.boots" $((boots + 1))
	put "$state/reboot.pending" "$stage $(cat "$boot_id_file")"
	tell rebooting "$stage" msg "${msg:-}"
	# Else this network boot is the one that it waits for, and installs.
	until [ "$reinstall" != always ] || tell_rest; do
		sleep 30
	done
	sync
	systemctl reboot || exit 1
	exit 0
}

# A reboot that was asked for and did not come is asked for once more.
after_reboot() {
	[ -e "$state/reboot.pending" ] || return 0
	read -r stage old < "$state/reboot.pending"
	rm -f "$state/reboot.pending"
	[ "$old" = "$(cat "$boot_id_file")" ] || return 0
	msg="the reboot did not happen"
	reboot
}

# ---- stages -------------------------------------------------------------------------

# The marker saves time; what is alive is looked at in each boot.
is_done() {
	[ "$(cat "$state/$stage.done" 2> /dev/null)" = "$(inputs)" ] || return 1
	[ "$live" = live ] || return 0
	action verify
}

tell_start() {
	tell start "$stage" attempt $(($(number "$state/$stage.try") + 1))
}

run_stage() {
	is_done && return 0
	tell_start
	while :; do
		if action check; then
			finish "${msg:-is there already}"
			return 0
		fi
		action apply && action verify
		case $? in
		0)
			finish "${msg:-}"
			return 0
			;;
		"$NEVER") fail "${code:-stage_error}" "${msg:-}" ;;
		"$REBOOT") reboot ;;
		"$WAIT") wait_for ;;
		*) # 10, or a stage that broke
			again
			tell_start
			;;
		esac
	done
}

main() {
	mkdir -p "$spool"
	exec 9> "$state/lock"
	flock 9 # what a killed one has begun comes to its end first
	# shellcheck source=/dev/null
	. "$etc/config"
	if [ "$(cat "$state/run_id" 2> /dev/null)" != "$run_id" ]; then
		rm -f "$state"/*.done "$state"/*.try "$state"/*.boots \
			"$state"/*.log "$state/seq" "$state/muted" \
			"$state/reboot.pending" "$spool"/*
		put "$state/run_id" "$run_id"
	fi
	write_mask
	[ -e "$state/seq" ] || tell firstboot "" msg "the stages begin"
	tell_rest
	after_reboot
	while read -r stage tries live <&3; do
		case $stage in
		'' | '#'*) continue ;;
		esac
		run_stage
	done 3< "$etc/table"
	tell ready "" msg "all stages are done"
	until tell_rest; do
		sleep 30
	done
	put "$state/complete" "$run_id"
}

main
