# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh and the
# other parts of this program set.
# What makes a change take effect. Each returns 0: done; 3: not needed; 4: refused, nothing was done; else failed. In
# `reason` it says why.

# Handlers $1, in order, up to the first that fails; `activated` are those that did something.
activate() {
	[ -n "$1" ] || return 0
	step activate
	announced=0
	witness_begin
	try_all "$1" || return
	IFS=$NL
	for line in $1; do
		call_handler "$line" || {
			# Apps that have taken up their releases go back too.
			[ -z "$activated" ] || doubt
			return 1
		}
		IFS=$NL
	done
	IFS=$WS
	witness_end "$announced" || {
		# Handlers that only finish what was interrupted must not do so with what has failed.
		doubt
		return 1
	}
}

call_handler() {
	call=$1
	IFS=$US
	set -- $1
	IFS=$WS
	handler=$1 kind=$2
	shift 2
	emit "handler$US$handler${US}started${US}0$US=$US"
	# Recovery must know of it even if it never ends.
	[ "$step" != activate ] || try note "$record/activated" "$call" || return
	uptime
	began=$now reason=''
	case $kind in
	daemon_reload | nginx_reload | puma_activate | puma_listen | puma_phased | puma_restart) "handler_$kind" "$@" ;;
	*)
		reason="the host program knows no handler \`$kind\`"
		(exit 4)
		;;
	esac
	code=$?
	IFS=$WS
	[ "$code" -ge 3 ] && [ "$code" -le 4 ] || activated=$activated$call$NL
	case $code in
	0) result='done' ;;
	3) result=skipped ;;
	*) result=failed ;;
	esac
	uptime
	word "$reason"
	emit "handler$US$handler$US$result$US$((now - began))$US$word$US"
	[ "$result" != failed ] || {
		reason="the handler \`$handler\` failed: $reason"
		return 1
	}
}

# Sets `now`, in milliseconds since the host started.
uptime() {
	read -r now _ </proc/uptime
	now=$((${now%.*} * 1000 + 1${now#*.}0 - 1000))
}

# The system's, or that of user $1. One that does not run reads all when it starts.
handler_daemon_reload() {
	if [ -z "${1-}" ]; then
		try timeout 60 systemctl daemon-reload
		return
	fi
	# While the host boots, who knows that user may not have started yet.
	[ "${occasion:-}" != boot ] || return 3
	if ! address "$1/"; then
		[ "$step" != activate ] && [ -n "$unit_uid" ] && return 3
		return 4
	fi
	try as_manager 60 systemctl daemon-reload
}

# Sets active and main of unit $1; where it cannot be asked, `active` is empty and `unasked` says why.
unit_state() {
	active='' main=0 unasked=''
	address "$1" || {
		unasked=": $reason"
		return
	}
	shown=$(unit_ctl 30 show "$1" -p ActiveState -p MainPID 2>/dev/null)
	IFS=$NL
	for line in $shown; do
		case $line in
		ActiveState=*) active=${line#*=} ;;
		MainPID=*) main=${line#*=} ;;
		esac
	done
	IFS=$WS
	case $main in
	'' | *[!0-9]*) main=0 ;;
	0) ;;
	*) is_units_own "$main" || main=0 ;;
	esac
}

# Sets `title` to the command line of process $1, its words run together; false where there is no such process.
title_of() {
	title=''
	{ IFS= read -r title <"/proc/$1/cmdline"; } 2>/dev/null
	[ -n "$title" ]
}

# Sets `found` to the children of process $1 whose title matches one of ours: $2.
children() {
	found=''
	if [ -r "/proc/$1/task/$1/children" ]; then
		line=''
		read -r line <"/proc/$1/task/$1/children"
	else
		line=$(pgrep -P "$1")
	fi
	for child in $line; do
		title_of "$child" || continue
		case $title in
		"$2"*) found="$found$child " ;;
		esac
	done
}

# nginx's signal returns at once and a refused configuration is told to nobody: only new workers prove a reload.
handler_nginx_reload() {
	unit_state "$1"
	case $active in
	# Where another job is at work, systemd lets ours wait for it.
	active | reloading | activating) ;;
	'')
		reason="what \`$1\` is doing could not be found out$unasked"
		return 4
		;;
	*)
		reason="\`$1\` is $active"
		return 3
		;;
	esac
	children "$main" 'nginx: worker process'
	before=" $found"
	error_log=/var/log/nginx/error.log size=0
	[ ! -f "$error_log" ] || size=$(wc -c <"$error_log")
	since=$(date '+%Y-%m-%d %H:%M:%S')
	try unit_ctl 30 reload "$1" || {
		emergencies "$1"
		return 1
	}
	uptime
	until=$((now + 10000))
	while [ "$now" -lt "$until" ]; do
		if nginx_renewed; then
			return 0
		fi
		sleep 0.1
		uptime
	done
	reason='no new worker within 10 s: nginx kept its old configuration'
	emergencies "$1"
	return 1
}

# Whether a new worker is there and no old one still takes requests.
nginx_renewed() {
	children "$main" 'nginx: worker process'
	new=''
	for child in $found; do
		title_of "$child" || continue
		case $title in
		*'shutting down'*) continue ;;
		esac
		case $before in
		*" $child "*) return 1 ;;
		esac
		new=$child
	done
	[ -n "$new" ]
}

# Adds nginx's own last words on why to `reason`.
emergencies() {
	lines=$(journalctl -u "$1" --since "$since" --no-pager -o cat 2>/dev/null | grep -F '[emerg]' | tail -n 3)
	[ -n "$lines" ] || lines=$({ tail -c "+$((size + 1))" "$error_log" | grep -F '[emerg]' | tail -n 3; } 2>/dev/null)
	reason=$reason${lines:+$NL$lines}
}
