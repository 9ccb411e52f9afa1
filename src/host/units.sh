# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: US, NL, WS: words.sh.
# To which systemd a unit belongs, and how one speaks to that. `UNIT` is the system's. `USER/UNIT`, for no unit has a slash in
# its name, is one of the systemd that runs as USER: that one runs while somebody is logged in as USER, and always where
# lingering is on. As USER we speak to it: root gets no answer, and what it says is that user's word.

addressed=''

# Sets, of unit $1: `unit_name`, as its own systemd knows it; `unit_user`, empty for the system's; `unit_uid`; `scope`, the option
# that means its systemd; `as_owner`, the words before a command that speaks to it. False, with `reason`, where none does.
address() {
	[ "$1" = "$addressed" ] || address_anew "$1" || return
	[ -z "$unit_user" ] || [ -S "/run/user/$unit_uid/systemd/private" ] || {
		reason="no systemd runs for \`$unit_user\`: \`loginctl enable-linger $unit_user\` starts it, now and whenever the host starts"
		return 1
	}
}

address_anew() {
	unit_name=${1#*/} unit_user='' unit_uid='' scope='' as_owner='' addressed=''
	case $1 in
	*/*) unit_user=${1%%/*} scope=--user ;;
	*)
		addressed=$1
		return 0
		;;
	esac
	if ! { unit_uid=$(id -u "$unit_user" 2>/dev/null) && unit_gid=$(id -g "$unit_user" 2>/dev/null); }; then
		reason="there is no user \`$unit_user\`" unit_uid=''
		return 1
	fi
	as_owner="env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR=/run/user/$unit_uid"
	case $(id -u) in
	"$unit_uid") ;;
	0) as_owner="setpriv --reuid=$unit_uid --regid=$unit_gid --init-groups -- $as_owner" ;;
	*)
		reason="only root and \`$unit_user\` itself can speak to the systemd of \`$unit_user\`"
		return 1
		;;
	esac
	addressed=$1
}

# systemctl's verb $2 on unit $3 with its options after that, $1 seconds long at most.
unit_ctl() {
	address "$3" || {
		printf '%s\n' "$reason" >&2
		return 1
	}
	ctl_seconds=$1 ctl_verb=$2
	shift 3
	as_manager "$ctl_seconds" systemctl "$ctl_verb" "$@" -- "$unit_name"
}

# Runs command $2 with its words so that it speaks to the systemd which `address` found, $1 seconds long at most. A user gets
# none of our openings, and cannot hold us up by stopping what runs as that user.
as_manager() {
	ctl_seconds=$1 ctl_command=$2
	shift 2
	if [ -z "$scope" ]; then
		timeout -s KILL "$ctl_seconds" "$ctl_command" "$@"
		return
	fi
	ctl_fields=$IFS
	IFS=$WS
	timeout -s KILL "$ctl_seconds" $as_owner "$ctl_command" "$scope" "$@" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	set -- "$?"
	IFS=$ctl_fields
	return "$1"
}

# What the journal has of unit $2, with journalctl's options after that, $1 seconds long at most. A user's units are told by
# who wrote the lines.
unit_journal() {
	address "$2" || [ -n "$unit_uid" ] || return
	ctl_seconds=$1
	shift 2
	if [ -z "$scope" ]; then
		timeout -s KILL "$ctl_seconds" journalctl "$@" -u "$unit_name"
	else
		timeout -s KILL "$ctl_seconds" journalctl "$@" "_UID=$unit_uid" "_SYSTEMD_USER_UNIT=$unit_name" + \
			"_UID=$unit_uid" "USER_UNIT=$unit_name"
	fi
}

# Whether process $1 is one that the unit which `address` found may name as its own. Of a user's systemd that is not sure, and
# root shall signal nobody else's process at its word.
is_units_own() {
	[ -z "$scope" ] || [ "$(stat -c %u "/proc/$1" 2>/dev/null)" = "$unit_uid" ]
}
