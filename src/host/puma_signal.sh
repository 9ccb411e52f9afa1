# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# When Puma can be signalled, and how.

is_puma() {
	case $title in
	'puma '[0-9]*' ('*) return 0 ;;
	*) return 1 ;;
	esac
}

# Waits for the main process to call itself Puma and to have booted: before that it dies of the signal. Up to 10 s for the name, longer
# where a boot was interrupted, and up to 90 s for the boot. 1: it will not come to that; 2: it has not within that time.
await_title() {
	# Once is enough.
	[ "${hung-}" != "$main" ] || has_booted || return 2
	uptime
	named_until=$((now + 10000)) until=$((now + 90000))
	[ "$step" = activate ] || named_until=$((now + 60000))
	while [ "$now" -lt "$until" ]; do
		if title_of "$main" && is_puma; then
			has_booted && return
			# Workers may call themselves otherwise; then Puma's word counts.
			if [ "$now" -ge "$named_until" ]; then
				named_until=$((now + 2000))
				puma_look "$main" "${state_file-}" && return
			fi
		elif [ "$now" -ge "$named_until" ]; then
			reason="the main process of \`$unit\` is not Puma but \`$(tr '\0' ' ' <"/proc/$main/cmdline")\`: it was not signalled"
			return 1
		fi
		sleep 0.2
		uptime
		unit_state "$unit"
		case $active in
		failed | inactive)
			reason="\`$unit\` is $active"
			return 1
			;;
		esac
	done
	reason="\`$unit\` has not booted within 90 s: it was not signalled" hung=$main
	return 2
}

# Whether Puma has workers, or takes requests itself: without workers it calls itself Puma before it can be restarted, and a signal
# ends it (measured on Puma 5.6.5).
has_booted() {
	workers_of "$main"
	[ -z "$found" ] || return 0
	case $NL$(set +f && cat "/proc/$main/task/"*/comm 2>/dev/null)$NL in
	*"${NL}puma srv$NL"*) return 0 ;;
	esac
	return 1
}

# Waits until each worker is 3 s old, 10 s at most. A younger one may not hear that it shall end (measured on Ruby 3.3, in about every
# third restart right after a boot): then it is killed after half a minute, and what it had accepted fails.
await_age() {
	uptime
	asked=$now
	while :; do
		workers_of "$main"
		uptime
		wait=0
		for child in $found; do
			{ IFS= read -r line <"/proc/$child/stat"; } 2>/dev/null || continue
			# The name in it may hold anything; the start stands 20 words behind it, in hundredths of a second.
			set -- ${line##*) }
			age=$((now - ${20:-0} * 10))
			# A container may count its time from its own start and its processes' from the machine's.
			[ "$age" -ge 0 ] || age=$((now - asked))
			[ "$age" -ge 3000 ] || wait=1
		done
		[ "$wait" = 1 ] && [ "$now" -lt $((asked + 10000)) ] || return 0
		sleep 0.3
	done
}

# Sends signal $1 to the main process of `unit`, if that still is Puma: of anything else it may be the death.
signal_puma() {
	if ! { title_of "$main" && is_puma; }; then
		reason="the main process of \`$unit\` is Puma no more: it was not signalled"
		return 1
	fi
	try send_signal "$1" "$main"
}

# Sends signal $1 to process $2 of `unit`. Of a user's unit as that user, for a process id may be somebody else's by now.
send_signal() {
	address "$unit" || return
	if [ -z "$scope" ] || [ "$(id -u)" = "$unit_uid" ]; then
		kill -"$1" "$2"
	else
		# shellcheck disable=SC2016
		timeout -s KILL 5 setpriv --reuid="$unit_uid" --regid="$unit_gid" --init-groups -- sh -c 'kill -"$1" "$2"' sh "$1" "$2" \
			3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	fi
}
