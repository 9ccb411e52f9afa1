# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh and the
# other parts of this program set.
# The handlers that have systemd hold the socket on which nginx reaches Puma, so that requests wait there while Puma is away;
# and the way back. Whether it is wanted, the socket unit's file says: it is there or it is gone.

# Has systemd listen, before nginx goes there. Unit $1, whose state file is $2, whose current release $3, whose own socket $4;
# the socket unit $5, and where it listens $6.
handler_puma_listen() {
	activation_words "$@" || return
	if ! activation_wanted; then
		listen_no_more
		return
	fi
	unit_state "$socket_unit"
	[ "$active" != active ] || {
		listens_there && return 3
		reason="\`$socket_unit\` listens elsewhere than at \`$held_path\`: stop Puma and the socket at a time when that may be"
		return 4
	}
	unit_state "$unit"
	case $active in
	'')
		reason="what \`$unit\` is doing could not be found out$unasked"
		return 4
		;;
	active | reloading | activating)
		# All that can be found wrong shall be found before requests wait for what comes.
		await_title || return 4
		[ "$step" != activate ] || try_activation || return 4
		await_age
		listen_beside || return
		;;
	*) try unit_ctl 30 start "$socket_unit" || return ;;
	esac
	unit_state "$socket_unit"
	[ "$active" = active ] && listens_there && return 0
	reason="\`$socket_unit\` does not listen at \`$held_path\`: it is ${active:-unknown}"
	return 1
}

# A full restart, for by nothing less does systemd hand its socket over; or, where that is wanted no more, the way back.
# Words as above.
handler_puma_activate() {
	activation_words "$@" || return
	if ! activation_wanted; then
		deactivate
		return
	fi
	unit_state "$socket_unit"
	[ "$active" = active ] || {
		reason="\`$socket_unit\` is ${active:-unknown}: systemd holds no socket for Puma"
		return 4
	}
	unit_state "$unit"
	case $active in
	'')
		reason="what \`$unit\` is doing could not be found out$unasked"
		return 4
		;;
	active | reloading | activating)
		await_title || return 4
		if [ "$step" = activate ]; then
			[ "${tried_for-}" = "$unit" ] || {
				try_activation || return 4
				await_age
			}
			boot=$tried_boot
			announce
			note_state || return
		fi
		restart_whole || {
			last_words
			return 1
		}
		;;
	*)
		[ "$step" != activate ] || note_state || return
		try unit_ctl 10 reset-failed "$unit"
		try unit_ctl 60 start "$unit" || {
			last_words
			return 1
		}
		;;
	esac
	unit_state "$unit"
	uptime
	deadline=$((now + 90000)) before=' ' renewed=yes
	await_restart || {
		last_words
		return 1
	}
	reason=''
	holds_listening "$main" && return 0
	reason="\`$unit\` runs, and does not take the requests that \`$socket_unit\` holds"
	return 1
}

# Has systemd end Puma and start it, and ends old workers that cannot end by themselves: systemd would wait for them for half
# a minute, and requests with it.
restart_whole() {
	children "$main" 'puma: cluster worker'
	before=" $found" old_main=$main
	try unit_ctl 30 restart "$unit" --no-block || return
	uptime
	until=$((now + 150000))
	while [ "$now" -lt "$until" ]; do
		sleep 0.2
		uptime
		unit_state "$unit"
		case $active:$main in
		active:0 | reloading:0 | activating:0) ;;
		active:"$old_main" | reloading:"$old_main" | deactivating:* | :*) ;;
		active:* | reloading:* | activating:*) return 0 ;;
		# Between its end and its start it is that for a moment.
		inactive:*) ;;
		*)
			reason="\`$unit\` did not survive its restart: it is $active"
			return 1
			;;
		esac
		found=$before
		end_stuck
	done
	reason="\`$unit\` did not end and start within 150 s"
	return 1
}

activation_words() {
	unit=$1 state_file=$2 current=$3 socket=$4 socket_unit=$5 held_path=$6
	case $unit in
	*/*)
		reason="\`$unit\` is a user's unit: zdt does not have a user's systemd hold a socket"
		return 4
		;;
	esac
}

activation_wanted() {
	[ -e "/etc/systemd/system/$socket_unit" ]
}

# Boots on trial, once for both handlers.
try_activation() {
	release=$(cd -P "$current/" 2>/dev/null && pwd -P)
	try_boot || return
	tried_for=$unit tried_boot=$boot
}

listens_there() {
	case $NL$(systemctl show --property=Listen --value -- "$socket_unit" 2>/dev/null)$NL in
	*"$NL$held_path (Stream)$NL"*) return 0 ;;
	esac
	return 1
}

# systemd starts no socket whose service runs: for that moment the socket belongs to one that is idle.
listen_beside() {
	beside=/run/systemd/system/$socket_unit.d idle=/run/systemd/system/zdt-adopts.service
	if try mkdir -p "$beside" && try note "$beside/zdt.conf" "[Socket]${NL}Service=zdt-adopts.service" &&
		try note "$idle" "[Service]${NL}Type=oneshot${NL}RemainAfterExit=yes${NL}ExecStart=/bin/true" &&
		try timeout 60 systemctl daemon-reload && try unit_ctl 30 start "$socket_unit"; then
		listen_alone
		return
	fi
	why=$reason
	listen_alone
	reason=$why
	return 1
}

# Leaves nothing of that.
listen_alone() {
	beside=/run/systemd/system/$socket_unit.d
	[ -e "$beside/zdt.conf" ] || [ -e /run/systemd/system/zdt-adopts.service ] || return 0
	try rm -f "$beside/zdt.conf" /run/systemd/system/zdt-adopts.service || return
	rmdir "$beside" 2>/dev/null
	try timeout 60 systemctl daemon-reload
}

# Whether process $1 holds the one socket that listens at the path: a Puma that made one of its own there would not hear
# systemd's.
holds_listening() {
	inode=$(awk -v path="$held_path" '$4 == "00010000" && $8 == path { print $7 }' /proc/net/unix)
	case $inode in
	'' | *[!0-9]*) return 1 ;;
	esac
	case $(set +f && readlink "/proc/$1/fd/"* 2>/dev/null) in
	*"socket:[$inode]"*) return 0 ;;
	esac
	return 1
}

# What has Puma leave the socket comes last; where that is not to come, it never was there, and only nginx may be.
listen_no_more() {
	listen_alone || return
	[ "$step" != activate ] || return 3
	case $again in
	*"${US}puma_activate$US"*) return 3 ;;
	*"${US}nginx_reload$US"*) handler_nginx_reload nginx.service || return ;;
	esac
	stop_listening
}

# nginx has left the socket already: Puma leaves it by a hot restart, then nobody needs it.
deactivate() {
	unit_state "$unit"
	held=no
	case $active:$main in
	active:0 | reloading:0) ;;
	active:* | reloading:*) holds_listening "$main" && held=yes ;;
	esac
	if [ "$held" = yes ] || [ "$step" != activate ]; then
		handler_puma_restart "$unit" "$state_file" "$current" "$socket"
		code=$?
		# What did not run shall not run.
		[ "$code" = 0 ] || [ "$code" = 3 ] || return "$code"
	fi
	stop_listening
}

# A service that still requires the socket would end with it.
stop_listening() {
	case " $(systemctl show --property=RequiredBy --value -- "$socket_unit" 2>/dev/null) " in
	*" $unit "*)
		reason="\`$unit\` still requires \`$socket_unit\`: the socket was not stopped"
		return 1
		;;
	esac
	unit_state "$socket_unit"
	case $active in
	active | activating | deactivating) try unit_ctl 30 stop "$socket_unit" || return ;;
	esac
	timeout 10 systemctl reset-failed -- "$socket_unit" 2>/dev/null
	unit_state "$unit"
	# Its folder is the app's: what root removes there, the app's user chooses.
	if [ "$main" != 0 ] && puma_ruby "$main"; then
		$as_puma rm -f -- "$held_path"
	fi
	reason=''
}
