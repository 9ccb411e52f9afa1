# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh
# and the other parts of this program set.
# The handler that restarts Puma, and how it knows that Puma is up again.

# A hot restart of unit $1, whose state file is $2, whose current release $3, and whose socket $4: Puma reads its settings only
# then. Never a signal to what is not known to be Puma: it would die of it.
handler_puma_restart() {
	unit=$1 state_file=$2 current=${3-} socket=${4-} ran=no
	uptime
	deadline=$((now + 90000))
	case $NL$started in
	# It is put back what this transaction has started: it shall do again what it did before.
	*"${NL}activating$US$unit$NL"*)
		try unit_ctl 10 start "$unit" --no-block
		return
		;;
	*"${NL}active$US$unit$NL"* | *"${NL}reloading$US$unit$NL"*) ran=yes ;;
	*"$US$unit$NL"*)
		try unit_ctl 90 stop "$unit" || return
		# What had failed before may be called failed again; what was only stopped may not.
		case $NL$started in
		*"${NL}inactive$US$unit$NL"*) try unit_ctl 10 reset-failed "$unit" ;;
		esac
		unit_state "$unit"
		case $active in
		inactive | failed) reason='' ;;
		*)
			reason="\`$unit\` did not run before; now it is ${active:-unknown}"
			return 1
			;;
		esac
		return 0
		;;
	esac
	unit_state "$unit"
	# Whether what just starts has read the old settings is not known: it is restarted once it is up.
	while [ "$active" = activating ] && [ "$main" != 0 ] && [ "$now" -lt "$deadline" ]; do
		sleep 0.5
		uptime
		unit_state "$unit"
	done
	before=' ' renewed=yes titled=yes
	case $active in
	active | reloading)
		await_title
		case $? in
		0) ;;
		2) titled=never ;;
		*) titled=no ;;
		esac
		;;
	esac
	[ "$titled" != never ] || active=hung
	case $active in
	'')
		reason="what \`$unit\` is doing could not be found out$unasked"
		return 4
		;;
	active | reloading)
		[ "$titled" = yes ] || return 4
		if [ "$step" = activate ]; then
			release=$(cd -P "$current/" 2>/dev/null && pwd -P)
			try_once || return 4
			announce
			uptime
			deadline=$((now + 90000))
		fi
		await_age
		workers_of "$main"
		before=" $found" renewed=no
		image_of "$main"
		old_image=$image
		[ "$step" != activate ] || note_state || return
		signal_puma USR2 || return
		;;
	hung)
		[ "$step" != activate ] || return 4
		# In its boot, so that it serves nobody: no signal helps it.
		try unit_ctl 100 restart "$unit" || return
		unit_state "$unit"
		;;
	*)
		# It is put back what never came to this: what did not run shall not run. What ran, and died of us, shall.
		[ "$step" = activate ] || [ "$ran" = yes ] || {
			reason="\`$unit\` is $active"
			return 3
		}
		[ "$step" != activate ] || note_state || return
		# Nothing is lost by forgetting earlier failures, and systemd may refuse to start it because of them.
		try unit_ctl 10 reset-failed "$unit"
		try unit_ctl 60 start "$unit" || {
			last_words
			return 1
		}
		unit_state "$unit"
		;;
	esac
	uptime
	deadline=$((now + 90000))
	await_restart || {
		last_words
		return 1
	}
	reason=''
}

# From here on a request may have to wait for a whole boot: about as long as the trial took, and before it for the end of the old
# workers, of which one may hang.
announce() {
	if [ -z "$boot" ] || [ -z "$announced" ]; then announced=''; else announced=$((announced + 2 * boot + 4000)); fi
}

# Writes down what the unit did before we came, for who puts it back.
note_state() {
	try note "$record/started" "$active$US$unit" || return
	# A release is taken up: which one served?
	[ "$kind" != puma_phased ] || note_served "$main" || return
	started=$started$active$US$unit$NL
}

# Sets `image` to what is new in process $1 after each exec, and only then: where the kernel put its parts. Empty where
# we may not see it.
image_of() {
	image=$(cksum 2>/dev/null <"/proc/$1/auxv") || image=''
} 2>/dev/null

# Waits until Puma is up again with workers that were not there before, and stays so.
await_restart() {
	first=$main seen=' ' respawned=0 calm=0 last=''
	while :; do
		sleep 0.2
		uptime
		[ "$now" -lt "$deadline" ] || {
			reason="\`$unit\` did not finish its restart within 90 s"
			return 1
		}
		unit_state "$unit"
		case $active:$main in
		active:"$first" | reloading:"$first" | activating:"$first") ;;
		*)
			reason="\`$unit\` did not survive its restart: it is ${active:-unknown}"
			return 1
			;;
		esac
		if ! { title_of "$main" && is_puma; }; then
			renewed=yes calm=0
			continue
		fi
		workers_of "$main"
		old=no
		for child in $found; do
			case $before in
			*" $child "*) old=yes ;;
			esac
			case $seen in
			*" $child "*) ;;
			*) seen="$seen$child " respawned=$((respawned + 1)) ;;
			esac
		done
		[ "$old" = no ] || {
			end_stuck
			seen=' ' respawned=0 calm=0
			continue
		}
		if [ "$renewed" = no ]; then
			# Where addresses are not drawn by lot, workers that are gone are the only sign.
			image_of "$main"
			[ "$image" = "$old_image" ] && [ "$before" = ' ' ] && continue
			renewed=yes
		fi
		set -- $found
		[ "$respawned" -lt $(($# + 3)) ] || {
			reason="the workers of \`$unit\` do not stay: $respawned were started, $# are left"
			return 1
		}
		[ "$last" = "$found" ] || calm=0
		last=$found
		settled && calm=$((calm + 1))
		[ "$calm" -lt "${enough:-5}" ] || return 0
	done
}

# Ends old workers that cannot end by themselves. With Ruby 3.3 one in about thirteen hot restarts leaves a worker whose
# server waits for ever for threads that have ended (measured: 3 of 40); Puma kills it after worker_shutdown_timeout, and
# until then every request waits. Such a worker has neither a thread for requests nor one for slow clients left, so it
# holds no request; no other signal wakes it, and one that only ends slowly has no server left. After some two seconds of
# that it is killed.
end_stuck() {
	for child in $found; do
		case $before in
		*" $child "*) ;;
		*) continue ;;
		esac
		names=$NL$(set +f && cat "/proc/$child/task/"*/comm 2>/dev/null)$NL
		case $names in
		*"${NL}puma srv t"* | *"${NL}puma reactor"*) eval "stuck_$child=0" ;;
		*"${NL}puma srv$NL"*)
			eval "stuck_$child=\$((\${stuck_$child:-0} + 1)) looks=\$stuck_$child"
			if [ "$looks" -ge 8 ] && is_worker "$child" "$main"; then
				send_signal KILL "$child" 2>/dev/null
			fi
			;;
		esac
	done
}

# Whether this look saw a finished restart. `enough` is how many in a row prove it.
settled() {
	if puma_look "$main" "$state_file"; then
		enough=2
		set -- $looked
		[ "$4" = "$5" ]
		return
	fi
	# Without a control server nobody tells what has booted.
	if [ -n "$found" ]; then
		enough=5
		return 0
	fi
	# Single mode; or, where there were workers before, an application that the master loads first.
	enough=10
	[ "$before" = ' ' ] || enough=50
}

# Adds what the unit said last to `reason`.
last_words() {
	unit_words "$unit"
	reason=$reason${lines:+$NL$lines}
}

# Sets `lines` to the last lines of unit $1, each once, whichever process said it. Without the stack: each of two workers that
# die has dozens of lines of it, and the error stands above them.
# shellcheck disable=SC2016
unit_words() {
	lines=$(unit_journal 10 "$1" -n 200 --no-pager -o cat 2>/dev/null | sed 's/^\[[0-9]*\] //' |
		grep -v '^[[:space:]][[:space:]]*\(from \|/\|<internal:\)' | awk '!said[$0]++' | tail -n 8)
}
