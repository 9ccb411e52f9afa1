# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# The unit in which a release is booted on trial: by the same command as the real one, with folders that only it can see.

# Sets `trial_unit`, in the systemd of `unit`: what a user's unit names must not be read or run by more than that user may.
name_trial() {
	trial_unit=zdt-trial-$id.service
	case $unit in
	*/*) trial_unit=${unit%%/*}/$trial_unit ;;
	esac
}

# Ends the trials of a worker that died.
end_trials() {
	[ -e "/run/zdt-trial-$id.rb" ] || return 0
	IFS=$NL
	for line in $handlers; do
		IFS=$US
		set -- $line
		IFS=$WS
		case $2 in
		puma_*)
			unit=$3
			name_trial
			unit_ctl 20 stop "$trial_unit"
			unit_ctl 5 reset-failed "$trial_unit"
			;;
		esac
		IFS=$NL
	done
	IFS=$WS
	rm -f "/run/zdt-trial-$id.rb"
} 2>/dev/null

# Sets `folders`, `command_words`, `variables` and `files`: how the unit starts Puma, and what only the trial may see.
trial_words() {
	for tool in systemd-run awk; do
		command -v "$tool" >/dev/null || {
			untried="\`$tool\` is not on the host"
			return 1
		}
	done
	address "$unit" || {
		untried=$reason
		return 1
	}
	folders=''
	for file in "$socket" "$state_file"; do
		case $file in
		/*/* | '') ;;
		*) file='' ;;
		esac
		case $file in
		*[!a-zA-Z0-9._/-]*)
			untried="\`$file\` cannot be named to systemd"
			return 1
			;;
		esac
		[ -z "$file" ] || [ ! -d "${file%/*}" ] || folders="$folders ${file%/*}"
	done
	[ -n "$socket" ] || {
		untried="the role names no socket"
		return 1
	}
	find_bus || return
	if ! { command_words=$(bus_words ExecStart) && variables=$(bus_words Environment) && files=$(bus_words EnvironmentFiles); }; then
		untried="how \`$unit\` is started could not be read"
		return 1
	fi
	# The signature, one command, its path, and as many words as it says.
	IFS=$NL
	set -- $command_words
	IFS=$WS
	if [ "${2-}" != 1 ] || [ $# -lt 5 ]; then
		untried="\`$unit\` has not just one ExecStart"
		return 1
	fi
}

# Starts the unit of the trial. It is the first to go where memory runs out, and ends by itself if nobody ends it.
trial_start() {
	memory=$(awk '/^MemAvailable:/ { printf "%dK", $2 * 0.8 }' /proc/meminfo)
	set -- --quiet --collect --unit="${trial_unit#*/}" --property=Type=exec --property="RuntimeMaxSec=$trial_limit" \
		--property=TimeoutStopSec=5 --property=OOMScoreAdjust=1000 --property="MemoryMax=${memory:-infinity}" \
		--description="zdt: does what is to come boot?"
	for folder in $folders; do
		set -- "$@" "--property=TemporaryFileSystem=$folder:mode=0777"
	done
	settings='User Group WorkingDirectory UMask'
	if [ -n "$scope" ]; then
		# Only so may a user have folders of its own; and a user's systemd runs all as that user.
		settings='WorkingDirectory UMask'
		set -- "$@" --property=PrivateUsers=yes
	fi
	for line in $settings; do
		value=$(unit_ctl 5 show "$unit" --property="$line" --value 2>/dev/null)
		[ -z "$value" ] || set -- "$@" "--property=$line=$value"
	done
	# Before 6, Puma does not say of what a worker died.
	[ -z "$hook" ] || set -- "$@" "--setenv=RUBYOPT=-r$hook"
	position=0
	IFS=$NL
	for line in $variables; do
		position=$((position + 1))
		[ "$position" -lt 3 ] || set -- "$@" "--setenv=${line#=}"
	done
	position=0
	for line in $files; do
		position=$((position + 1))
		case $position:$line in
		[12]:*) ;;
		*:=*) value=${line#=} ;;
		# Whether it may be missing comes behind its name.
		*:true) set -- "$@" "--property=EnvironmentFile=-$value" ;;
		*) set -- "$@" "--property=EnvironmentFile=$value" ;;
		esac
	done
	position=0
	set -- "$@" --
	for line in $command_words; do
		position=$((position + 1))
		case $position in
		[123]) continue ;;
		4)
			last=$((line + 4))
			continue
			;;
		esac
		# What follows are flags and times of its last start.
		[ "$position" -le "$last" ] || break
		set -- "$@" "${line#=}"
	done
	IFS=$WS
	uptime
	began=$now
	try as_manager 20 systemd-run "$@" || {
		untried="systemd did not start the trial: $reason"
		return 1
	}
}
