# shellcheck shell=sh disable=SC2016,SC2086,SC2154
# SC2016: awk's own variables. SC2086: lists are split on purpose, under `set -f` and an IFS that no word contains. SC2154: US, NL, WS: session.sh; word:
# words.sh.
# Who may have changed a path: what packages, logins, sudo and zdt did about then. It judges nothing, changes nothing, and takes
# seconds at most; what is not installed or not readable is not said. Of a command only its program is told: its arguments may
# be secrets.

verb_hints() {
	windows='' paths=''
	while IFS= read -r line <&3 || exit 9; do
		IFS=$US
		set -- $line
		case $1 in
		window) windows="$windows$2 $3$NL" ;;
		path) paths=$paths$2$NL ;;
		end) break ;;
		esac
	done
	IFS=$WS
	hint_of_zdt
	hint_of_owners
	own_processes
	IFS=$NL
	for window in $windows; do
		IFS=$WS
		set -- $window
		hint_of_packages "$1" "$2"
		if command -v journalctl >/dev/null; then
			timeout -s KILL 5 journalctl -q --no-pager -o short-unix -n 300 -t sudo -t sshd -t sshd-session \
				--since "@$1" --until "@$2" 2>/dev/null | hint_of_journal
		fi
	done
	IFS=$WS
	command -v journalctl >/dev/null || hint_of_auth_log
	return 0
}

# One hint: its kind, when, and two words.
hint() {
	case $2 in
	'' | *[!0-9]*) return 0 ;;
	esac
	word "$3"
	first=$word
	word "$4"
	printf "h$US%s$US%s$US%s$US%s$US\n" "$1" "$2" "$first" "$word"
}

# What dpkg did between $1 and $2; its log counts in local time.
hint_of_packages() {
	since=$(date -d "@$1" '+%Y-%m-%d %H:%M:%S') until=$(date -d "@$2" '+%Y-%m-%d %H:%M:%S')
	cat /var/log/dpkg.log.1 /var/log/dpkg.log | timeout -s KILL 5 awk -v since="$since" -v until="$until" '
		{ at = $1 " " $2 }
		at >= since && at <= until && $3 ~ /^(install|upgrade|remove|purge)$/ { print at, $3, $4 }
	' | tail -n 20 | while read -r day time did package _; do
		hint package "$(date -d "$day $time" +%s)" "$did" "$package"
	done
} 2>/dev/null

# Which package brought a path.
hint_of_owners() {
	command -v dpkg >/dev/null || return 0
	asked=''
	IFS=$NL
	for path in $paths; do
		# dpkg would take these for a pattern.
		case $path in
		*[*?[\\]*) ;;
		*) asked=$asked$path$NL ;;
		esac
	done
	set -- $asked
	[ $# -gt 0 ] || set -- /
	owners=$(timeout -s KILL 5 dpkg -S -- "$@" 2>/dev/null)
	for owner in $owners; do
		path=${owner#*: }
		case $NL$asked in
		*"$NL$path$NL"*) hint owner 0 "$path" "${owner%": $path"}" ;;
		esac
	done
	IFS=$WS
}

# Sets `own` to the processes that we stem from: our own login is no hint.
own_processes() {
	own=' ' process=$$
	while [ "${process:-0}" -gt 1 ]; do
		own="$own$process " parent=''
		while read -r key value _; do
			[ "$key" = PPid: ] && parent=$value && break
		done 2>/dev/null <"/proc/$process/status"
		process=$parent
	done
}

# Reads `SECONDS HOST TAG[PID]: WORDS` lines. A login that at once runs `sh -c` through sudo is a program's, as zdt's own is.
hint_of_journal() {
	login='' login_at=0
	while read -r at _ tag rest; do
		at=${at%%.*}
		# Anybody can write to the journal, and whatever stands here is reckoned with.
		case $at in
		'' | *[!0-9]*) continue ;;
		esac
		case $tag in
		sudo*)
			case $rest in
			*' : command not allowed ; '* | *' incorrect password attempt'*) continue ;;
			*' ; COMMAND='*) ;;
			*) continue ;;
			esac
			user=${rest%% *} command=${rest#*' ; COMMAND='}
			case $command in
			*/sh | */sh' -c'*)
				[ "$login" != "$user" ] || [ $((at - login_at)) -gt 5 ] || login=''
				continue
				;;
			esac
			tell_login
			hint sudo "$at" "$user" "${command%% *}"
			;;
		sshd*)
			process=${tag#*\[}
			case $own in
			*" ${process%%\]*} "*) continue ;;
			esac
			set -- $rest
			[ "$1 $3 $5" = 'Accepted for from' ] || continue
			tell_login
			login=$4 login_at=$at login_from=$6
			;;
		esac
	done
	tell_login
}

tell_login() {
	[ -z "$login" ] || hint login "$login_at" "$login" "$login_from"
	login=''
}

# The same where no journal is: the last lines of the log, with whatever kind of time it has.
hint_of_auth_log() {
	timeout -s KILL 5 grep -h -e ' sudo[:[]' -e ' sshd[^ ]*: Accepted ' /var/log/auth.log | tail -n 100 | while read -r first rest; do
		case $first in
		[0-9]*T*) ;;
		*)
			read -r day time rest <<-END
				$rest
			END
			first="$first $day $time"
			;;
		esac
		printf '%s %s\n' "$(date -d "$first" +%s)" "$rest"
	done | hint_of_journal
} 2>/dev/null

# The last transaction that zdt committed.
hint_of_zdt() {
	last='' number=-1
	set +f
	set -- /var/lib/zdt/history/[0-9]*
	set -f
	for record; do
		outcome='' at=''
		{ IFS=$US read -r outcome _ _ at _ <"$record/ended"; } 2>/dev/null
		[ "$outcome" = committed ] || continue
		place=${record##*/}
		place=${place%%-*}
		case $place in
		'' | *[!0-9]*) continue ;;
		esac
		# A nought before it would make it octal.
		place=${place#"${place%%[!0]*}"}
		[ "${place:-0}" -gt "$number" ] && number=${place:-0} last=$record last_at=$at
	done
	IFS=$WS
	[ -n "$last" ] || return 0
	by=''
	while IFS= read -r line; do
		case $line in
		"by$US"*)
			by=${line#*"$US"}
			by=${by%"$US"}
			;;
		esac
	done <"$last/manifest"
	case $by in
	=*) by=${by#=} ;;
	\~*) by='' ;;
	esac
	name=${last##*/}
	hint zdt "$last_at" "${name#*-}" "$by"
}
