# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# The handler that has Puma restart its workers one after the other (USR1), and how it knows that they all run the release
# that is the current one. Neither the end of a signal nor the phase proves that.

# Without any worker getting on for so many milliseconds, a roll counts as stuck. Longer than Puma waits for requests (30 s)
# and for a boot (60 s) by default.
roll_patience=120000

# Unit $1, whose state file is $2, whose current release $3, and whose socket $4.
handler_puma_phased() {
	unit=$1 state_file=$2 current=$3 socket=${4-}
	if [ "$step" = activate ]; then
		roll_forward
	else
		roll_back
	fi
}

# Whether Puma of `unit` runs and can be told to take up a release, which is then `release`. One that is being started or restarted
# is waited for.
can_roll() {
	unit_state "$unit"
	uptime
	until=$((now + 40000))
	while [ "$now" -lt "$until" ]; do
		case $active in
		activating | deactivating) ;;
		*) break ;;
		esac
		sleep 0.2
		uptime
		unit_state "$unit"
	done
	case $active in
	active | reloading) ;;
	'')
		reason="what \`$unit\` is doing could not be found out$unasked"
		return 1
		;;
	*)
		reason="\`$unit\` is $active: it has no workers to restart"
		return 1
		;;
	esac
	await_title || return
	release=$(cd -P "$current/" 2>/dev/null && pwd -P) || {
		reason="\`$current\` leads to no folder"
		return 1
	}
}

roll_forward() {
	can_roll && await_still || return 4
	if [ "$wanted" = 0 ]; then
		# Without workers Puma takes this signal for a hot restart; then it shall be judged as one.
		handler_puma_restart "$unit" "$state_file" "$current" "$socket" || return
		reason='Puma runs without workers: it restarted whole, and requests waited for its boot'
		return 0
	fi
	await_age
	try_once || return 4
	# One that does not boot does not serve.
	serving=''
	for worker in $workers; do
		case " $unbooted" in
		*" $worker "*) ;;
		*) serving="$serving$worker " ;;
		esac
	done
	note_served $serving || return 4
	before=" $workers" repaired=no passed_phase=${first_phase:--1}
	signal_puma USR1 || return 4
	await_roll || {
		last_words
		doubt
		return 1
	}
}

# Whoever puts this back must know what served: the link tells it no more. Written down right before the signal, so that without
# it there was none; with the main process, the phase and the workers of before, by which the end of the roll is known. The processes
# $1 … run it.
note_served() {
	served=''
	for process; do
		served=$(readlink "/proc/$process/cwd") && break
	done
	served=${served%' (deleted)'}
	case $served in
	*"$NL"*) served='' ;;
	esac
	[ -z "$served" ] || are_beside "$served" "$release" || {
		# A link to that would be no release.
		reason="\`$unit\` runs in \`$served\`, which is not beside the release \`$release\`: does its puma.rb name a \`directory\` that is not \`$current\`?"
		return 1
	}
	try note "$record/served" "$unit$US$served$US$main$US${first_phase:--1}$US$workers"
}

# Whether paths $1 and $2 are as two releases of one tree: as many names, and not more than one of them another.
are_beside() {
	one=$1/ other=$2/ differing=0
	while [ -n "$one" ] && [ -n "$other" ]; do
		[ "${one%%/*}" = "${other%%/*}" ] || differing=$((differing + 1))
		one=${one#*/} other=${other#*/}
	done
	[ -z "$one$other" ] && [ "$differing" -le 1 ]
}

# Waits until each worker is booted, was not there before, and runs in `release`.
await_roll() {
	seen=' ' respawned=0 calm=0 stale_looks=0 done_before=-1 restarted=no
	uptime
	deadline=$((now + roll_patience))
	while :; do
		sleep 0.2
		uptime
		[ "$now" -lt "$deadline" ] || {
			reason="the workers of \`$unit\` do not get on: $fresh of $wanted run \`${release##*/}\` after $((roll_patience / 1000)) s"
			return 1
		}
		same_puma || return
		[ "$titled" = yes ] || {
			restarted=yes calm=0
			continue
		}
		look_at_workers
		found=$workers
		[ "$known" = yes ] || enough=15
		[ "$known" = no ] || enough=2
		count_fresh
		[ "$fresh" = "$done_before" ] || {
			done_before=$fresh deadline=$((now + roll_patience))
			tell_roll
		}
		if [ "$fresh" = "$wanted" ] && [ "$wanted" != 0 ] && past_phase; then
			calm=$((calm + 1))
			[ "$calm" -lt "$enough" ] && continue
			[ "$restarted" = no ] || announce
			[ "$restarted" = no ] || reason='Puma cannot restart worker by worker: it restarted whole, and requests waited for its boot'
			return 0
		fi
		calm=0
		end_stuck
		# One at a time is on its way, or all of them where Puma restarts whole.
		most=3
		[ "$restarted" = no ] || most=$((wanted + 3))
		[ "$respawned" -lt "$most" ] || {
			reason="the release \`${release##*/}\` does not boot: Puma has started $respawned workers, and none of them stays"
			return 1
		}
		[ "$stale_looks" -lt 10 ] || repair || return
	done
}

# Whether unit and main process are still those; sets `titled`: whether the process calls itself Puma, for during a hot restart
# it does not.
same_puma() {
	was=$main titled=no
	unit_state "$unit"
	case $active:$main in
	active:"$was" | reloading:"$was") ;;
	*)
		reason="\`$unit\` did not survive the restart of its workers: it is ${active:-unknown}"
		return 1
		;;
	esac
	title_of "$main" && is_puma && titled=yes
	return 0
}

# Before Puma 8 a worker 0 that was replaced since the last roll forks the others from old code, and all numbers say that
# they are new. By now worker 0 itself is new: once more, and all are.
repair() {
	[ "$repaired" = no ] || {
		reason="after two restarts $stale of $wanted workers of \`$unit\` still do not run \`${release##*/}\`: does its puma.rb name a \`directory\` that is not \`$current\`?"
		return 1
	}
	repaired=yes stale_looks=0 before=" $workers" passed_phase=${first_phase:--1}
	emit "repaired$US$stale$US$wanted$US"
	signal_puma USR1
}

tell_roll() {
	word "${release##*/}"
	witness_so_far
	emit "rolled$US$fresh$US$wanted$US$word$US$sent$US$failed$US"
}
