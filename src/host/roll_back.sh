# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# How a release that was taken up is given back, or comes to its end where only we were interrupted.

# From here on going back is better than waiting for what does not come. The file is for who comes after us.
doubt() {
	doubted=yes
	printf 'yes\n' >"$record/doubted"
}

# What was interrupted only comes to its end: nobody has found anything wrong with it. What was found wrong goes back to
# the release that served before.
roll_back() {
	served_before
	[ "$noted" = yes ] || {
		reason="\`$unit\` had not been told to restart"
		return 3
	}
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
	if [ "$doubted" = no ]; then
		case $active in
		# Somebody has stopped it.
		inactive | deactivating)
			reason="\`$unit\` is $active"
			return 3
			;;
		failed) ;;
		*) comes_to_its_end && return ;;
		esac
		# What the other apps have taken up goes back too.
		doubt
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
	case $active in
	active | reloading | activating)
		if await_title; then
			# It may never have left, or systemd has started it anew by now.
			runs_release && return
			if [ "$whole" = no ]; then
				before=" $workers" repaired=no passed_phase=${first_phase:--1}
				signal_puma USR1 && await_roll
				return
			fi
		fi
		;;
	esac
	handler_puma_restart "$unit" "$state_file" "$current" "$socket"
}

# Whether all that serves runs `release`, and no roll is at work.
runs_release() {
	look_at_workers
	[ -z "$unbooted" ] && [ "$mixed" = no ] || return
	for worker in ${workers:-$main}; do
		[ "$(readlink "/proc/$worker/cwd")" = "$release" ] || return
	done
}

# Whether the restart that was interrupted ends well.
comes_to_its_end() {
	await_title || return
	if [ "$whole" = no ]; then
		repaired=no
		await_roll
		return
	fi
	# Before it restarts whole, Puma ends the requests that it has.
	uptime
	until=$((now + 40000))
	while [ "$now" -lt "$until" ]; do
		[ "$(readlink "/proc/$main/cwd")" != "$release" ] || break
		sleep 0.5
		uptime
		unit_state "$unit"
	done
	await_title && runs_release
}

# Sets `noted`: whether it was written down what the unit's processes ran before; `served`, which release, if that was known; `before`
# and `passed_phase`, of a Puma that has not been started anew since.
served_before() {
	served='' noted=no before=' ' passed_phase=-1
	unit_state "$unit"
	lines_of served
	IFS=$NL
	for line in $lines; do
		[ "${line%%"$US"*}" = "$unit" ] || continue
		IFS=$US
		set -- $line
		noted=yes served=${2-}
		[ "${3-}" != "$main" ] || passed_phase=${4:--1} before=" ${5-}"
		break
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
	# Who is nobody we trust gets none of our openings, and cannot hold us up.
	[ "$1" = "$(id -u)" ] || as_links_owner="timeout -s KILL 10 setpriv --reuid=$1 --regid=$2 --init-groups --"
	rest=${current%/*}
	{
		$as_links_owner ln -sfn -- "$served" "$rest/.zdt-$id" && $as_links_owner mv -fT -- "$rest/.zdt-$id" "$current"
	} 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
}
