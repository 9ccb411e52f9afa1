# shellcheck shell=sh disable=SC2086,SC2154
# SC2086: lists are split on purpose, under `set -f` and an IFS that no word contains. SC2154: US, NL, WS: session.sh; units,
# facts: observe.sh; reason, unit_user: units.sh.
# What is slow to answer, for `observe`: systemd of its units, nginx of its version, the journal of Puma's last boot.

# Prints what each systemd says of its units and how that ended, then what nginx says of its version, then how long each Puma
# took to boot, which is looked for meanwhile.
ask_services() {
	case $NL$facts in
	*"${US}puma$US"*) ask_boots | {
		ask_units
		cat
	} ;;
	*) ask_units ;;
	esac
}

# The system's units first, then each user's, under a line that says whose they are.
ask_units() {
	managers='' system=''
	IFS=$NL
	for unit in $units; do
		case $unit in
		*/*)
			case $NL$managers in
			*"$NL${unit%%/*}/$NL"*) ;;
			*) managers=$managers${unit%%/*}/$NL ;;
			esac
			;;
		*) system=/ ;;
		esac
	done
	for manager in $system $managers; do
		set --
		for unit in $units; do
			case $manager:$unit in
			/:*/*) ;;
			/:* | "$manager:$manager"*) set -- "$@" "${unit#*/}" ;;
			esac
		done
		printf '%sm%s%s\n' "$US" "$US" "$manager"
		if [ "$manager" = / ]; then
			systemctl show --no-pager -p "$unit_properties" -- "$@" 2>&1
		else
			ask_users "$@"
		fi
		printf '\n%s%s\n' "$US" "$?"
	done
	case $NL$facts in
	*"${US}nginx$US"*) nginx -v 2>&1 ;;
	esac
}

# The units $1 … of the systemd `manager`. What a user's systemd says must not pass for anything else that we say.
ask_users() {
	address "$manager" || {
		printf '%s\n' "$reason"
		return 1
	}
	text=$(as_manager 20 systemctl show --no-pager -p "$unit_properties" -- "$@" 2>&1)
	set -- "$?"
	if [ "$1" = 0 ]; then
		printf '%s\n' "$text" | tr -d "$US" | grep -a -e '^[A-Za-z]*=' -e '^$'
	else
		printf 'the systemd of %s: %s\n' "\`$unit_user\`" "$(printf '%s' "${text%%"$NL"*}" | tr -d "$US")"
	fi
	return "$1"
}

unit_properties=Id,Type,LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,DropInPaths,TriggeredBy,NeedDaemonReload,CanReload,MainPID,ExecReload,ExecMainStartTimestamp,InvocationID

# For each unit that a fact asks of Puma, how long a worker took to boot when one last did, by its own log: of a journal
# without end the last lines alone, and no longer than a moment.
ask_boots() {
	command -v journalctl >/dev/null || return 0
	IFS=$NL
	for fact in $facts; do
		IFS=$US
		set -- $fact
		IFS=$WS
		[ "$2" = puma ] || continue
		# A shell may tell whom it sees killed.
		seconds=$({
			unit_journal 3 "$3" -q --no-pager -o cat -r -n 400 |
				sed -n '/Worker [0-9]* (PID: [0-9]*) booted in [0-9][0-9.]*s/{s/.* booted in \([0-9][0-9.]*\)s.*/\1/p;q;}'
		} 2>/dev/null)
		[ -z "$seconds" ] || printf "${US}b$US%s$US%s\n" "$3" "$seconds"
	done
}

# Sets `unit_texts`, what each systemd said between its two lines, `nginx_text` and `boots`.
hear_services() {
	unit_texts='' nginx_text='' boots=''
	while IFS= read -r line; do
		case $line in
		"${US}b$US"*) boots=$boots${line#"${US}b"}$US$NL ;;
		"$US"*) unit_texts=$unit_texts$nginx_text$line$NL nginx_text='' ;;
		*) nginx_text=$nginx_text$line$NL ;;
		esac
	done
}

# A block for each systemd: how it ended, whose it is.
observe_units() {
	said='' manager=''
	while IFS= read -r line; do
		case $line in
		"${US}m$US"*) manager=${line#"${US}m$US"} ;;
		"$US"*)
			printf "U$US%s$US%s\n%s.\n" "${line#"$US"}" "${manager%/}" "$said"
			said=''
			;;
		*) said=$said$line$NL ;;
		esac
	done <<-END
		$unit_texts
	END
}
