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
	note_served $workers || return 4
	before=" $workers" repaired=no passed_phase=${first_phase:--1}
	signal_puma USR1 || return 4
	await_roll || {
		last_words
		doubt
		return 1
	}
}

# Whoever puts this back must know what served: the link tells it no more. Written down right before the signal, so that without
# it there was none. The processes $1 … run it.
note_served() {
	served=''
	for process; do
		served=$(readlink "/proc/$process/cwd") && break
	done
	case $served in
	*"$NL"*) served='' ;;
	'' | "${release%/*}"/*) ;;
	*)
		# A link to that would be no release.
		reason="\`$unit\` runs in \`$served\`, which is not beside the release \`$release\`: does its puma.rb name a \`directory\` that is not \`$current\`?"
		return 1
		;;
	esac
	try note "$record/served" "$unit$US$served"
}

# From here on going back is better than waiting for what does not come.
doubt() {
	printf 'yes\n' >"$record/doubted"
}

# What was interrupted only comes to its end: nobody has found anything wrong with it. What was found wrong goes back to
# the release that served before.
roll_back() {
	before=' ' repaired=no passed_phase=-1
	served_before
	[ "$noted" = yes ] || {
		reason="\`$unit\` had not been told to restart"
		return 3
	}
	unit_state "$unit"
	[ -n "$active" ] || {
		reason="what \`$unit\` is doing could not be found out$unasked"
		return 4
	}
	release=$(cd -P "$current/" 2>/dev/null && pwd -P)
	# Only a hot restart notes that; Puma has no workers then.
	case $NL$started in
	*"$US$unit$NL"*) whole=yes ;;
	*) whole=no ;;
	esac
	if [ ! -e "$record/doubted" ]; then
		case $active in
		active | reloading) comes_to_its_end && return ;;
		*)
			reason="\`$unit\` is $active"
			return 3
			;;
		esac
	fi
	[ -n "$served" ] || {
		reason="which release served before is not known; \`$current\` is ${release##*/}"
		return 1
	}
	if [ "$served" != "$release" ]; then
		try point_back || {
			reason="\`$current\` could not be pointed back to \`$served\`: $reason"
			return 1
		}
		kept="$kept$NL\`$current\` points to \`${served##*/}\` again, the release that served before"
		release=$served
	fi
	# It ran, and shall again if it has died of the release.
	started="${started}active$US$unit$NL"
	# Twice: it may die of that just now, and be started anew.
	go_back || go_back || {
		last_words
		return 1
	}
	reason=''
}

# Has Puma run `release`, to which the link points already: Puma goes there only when it is told to, or started.
go_back() {
	unit_state "$unit"
	case $whole:$active in
	no:active | no:reloading)
		await_title || return
		look_at_workers
		passed_phase=${first_phase:--1}
		signal_puma USR1 && await_roll
		return
		;;
	*:active | *:reloading | *:activating)
		# systemd may have started it by now.
		await_title && [ "$(readlink "/proc/$main/cwd")" = "$release" ] && return
		;;
	esac
	handler_puma_restart "$unit" "$state_file" "$current" "$socket"
}

# Whether the restart that was interrupted ends well.
comes_to_its_end() {
	await_title || return
	if [ "$whole" = no ]; then
		await_roll
	else
		[ "$(readlink "/proc/$main/cwd")" = "$release" ]
	fi
}

# Sets `noted`: whether it was written down which release the unit's processes ran before; `served`, which one, if that was known.
served_before() {
	served='' noted=no
	lines_of served
	IFS=$NL
	for line in $lines; do
		[ "${line%%"$US"*}" = "$unit" ] || continue
		noted=yes
		# Where it was noted twice, what served before is the first.
		[ -n "$served" ] || served=${line#*"$US"}
	done
	IFS=$WS
}

# As the link's owner, who may do no more in that folder than root would let them.
point_back() {
	if [ ! -d "$served" ] || [ ! -L "$current" ]; then
		echo "\`$served\` is no folder any more, or \`$current\` is no link"
		return 1
	fi
	ids=$(stat -c '%u %g' "$current") || return
	set -- $ids
	as_links_owner=''
	[ "$1" = "$(id -u)" ] || as_links_owner="setpriv --reuid=$1 --regid=$2 --init-groups --"
	rest=${current%/*}
	$as_links_owner ln -sfn -- "$served" "$rest/.zdt-$id" && $as_links_owner mv -fT -- "$rest/.zdt-$id" "$current"
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
	repaired=yes stale_looks=0 before=' ' passed_phase=${first_phase:--1}
	emit "repaired$US$stale$US$wanted$US"
	signal_puma USR1
}

tell_roll() {
	word "${release##*/}"
	witness_so_far
	emit "rolled$US$fresh$US$wanted$US$word$US$sent$US$failed$US"
}
