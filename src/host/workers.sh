# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# Puma's workers as one look finds them: how many there are, of which phase, and what each of them runs.

# Sets `wanted` and `workers`, the pids of the workers; waits until no other roll is at work. One that fails for ever is no
# reason to wait: another signal is what ends it.
await_still() {
	uptime
	until=$((now + 90000)) calm=0 restless=' '
	while :; do
		look_at_workers
		[ "$booted" != "$wanted" ] || [ "$mixed" = yes ] || calm=$((calm + 1))
		[ "$booted" = "$wanted" ] && [ "$mixed" = no ] || calm=0
		[ "$calm" -lt 2 ] || return 0
		for worker in $unbooted; do
			case $restless in
			*" $worker "*) ;;
			*) restless="$restless$worker " ;;
			esac
		done
		set -- $restless
		[ $# -lt 4 ] || return 0
		uptime
		[ "$now" -lt "$until" ] || {
			reason="a restart of the workers of \`$unit\` is at work and has not ended within 90 s"
			return 1
		}
		sleep 0.2
	done
}

# Sets, of the workers: `workers` all pids, `wanted` and `booted` numbers, `unbooted` pids, `mixed` whether they are of
# several phases, `first_phase` the one of them; `known` whether Puma tells. Without its word those that are there count as booted.
look_at_workers() {
	workers='' unbooted='' mixed=no known=no booted=0 wanted=0 first_phase=''
	if puma_look "$main" "$state_file"; then
		known=yes
		while IFS=' ' read -r what index pid phase is_booted _; do
			case $what:$pid in
			master:*)
				# Here the words are: SINCE PHASE WANTED.
				wanted=$phase
				continue
				;;
			worker:*[!0-9]* | worker: | :*) continue ;;
			esac
			# In single mode the one worker is Puma itself.
			[ "$wanted" != 0 ] || continue
			workers="$workers$pid "
			if [ "$is_booted" = yes ]; then booted=$((booted + 1)); else unbooted="$unbooted$pid "; fi
			[ "${first_phase:-$phase}" = "$phase" ] || mixed=yes
			first_phase=$phase
		done <<-LOOKED
			$looked
		LOOKED
		return
	fi
	workers_of "$main"
	workers=$found
	set -- $found
	wanted=$# booted=$#
}

# Sets `fresh`: how many workers are booted, new, and in the release; `stale_looks`: how often in a row all were booted and new
# and some not in the release; `respawned`: how many came and did not boot.
count_fresh() {
	fresh=0 stale=0 old=0
	for worker in $workers; do
		case " $unbooted" in
		*" $worker "*)
			case $seen in
			*" $worker "*) ;;
			*) seen="$seen$worker " respawned=$((respawned + 1)) ;;
			esac
			continue
			;;
		esac
		place=$(readlink "/proc/$worker/cwd")
		case $before in
		*" $worker "*) old=$((old + 1)) ;;
		*) if [ "$place" = "$release" ]; then fresh=$((fresh + 1)); else stale=$((stale + 1)); fi ;;
		esac
		# A worker that stays was not one of those that do not.
		case $seen in
		*" $worker "*)
			seen="${seen%%" $worker "*} ${seen#*" $worker "}"
			respawned=$((respawned - 1))
			;;
		esac
	done
	# Where neither Puma nor we know which workers were there before, it may not have begun.
	if [ "$known$before" != 'no ' ] && [ "$stale" -gt 0 ] && [ "$old" = 0 ] && [ -z "$unbooted" ] && past_phase; then
		stale_looks=$((stale_looks + 1))
	else
		stale_looks=0
	fi
}

# Whether all workers are of one phase, and of a later one than before the signal; a hot restart begins to count anew.
past_phase() {
	[ "$mixed" = no ] || return
	[ "$known" = no ] || [ "$restarted" = yes ] || [ "${first_phase:--1}" -gt "$passed_phase" ]
}
