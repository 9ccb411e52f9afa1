# shellcheck shell=sh disable=SC2086,SC2154
# SC2086: lists are split on purpose. SC2154: variables that parts share.
# What of a unit makes a reload something else than it seems.

# By `shown`.
traps_unit() {
	shown_of Type
	say type "$value"
	shown_of NeedDaemonReload
	say need_reload "$value"
	for stream in StandardOutput StandardError; do
		shown_of "$stream"
		case $value in
		journal* | inherit | '') ;;
		*)
			say stream "$stream=$value"
			places_of "^[[:space:]]*${stream}[[:space:]]*=."
			say stream_at "$places"
			break
			;;
		esac
	done
	shown_of ExecReload
	commands=0 signals=0
	while IFS= read -r line; do
		case $line in
		*'argv[]='*) ;;
		*) continue ;;
		esac
		commands=$((commands + 1))
		line=${line#*'argv[]='}
		case ${line%%' ; ignore_errors='*} in
		*kill*USR1* | *'/await-roll '* | *pumactl*phased-restart* | *kill*' -10 '*) signals=$((signals + 1)) ;;
		esac
	done <<-END
		$value
	END
	say reloads "$commands"
	say reload_signals "$signals"
	[ "$commands" -eq 0 ] || {
		places_of '^[[:space:]]*ExecReload[[:space:]]*=.'
		say reload_at "$places"
	}
	shown_of FragmentPath
	say fragment "$value"
}

# Where unit $1 is a user's: beside the system's units, under the app's owner.
traps_user_unit() {
	owner=$(stat -c %U -- "$traps_current" 2>/dev/null)
	home=$(getent passwd "${owner:-root}" 2>/dev/null)
	home=${home%:*}
	home=${home##*:}
	for one in "$home/.config/systemd/user/$1" "/etc/systemd/user/$1" "$home/.local/share/systemd/user/$1"; do
		[ ! -f "$one" ] || {
			say user_unit "$one"
			say user_unit_owner "$owner"
			return
		}
	done
}
