# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other parts read these variables. SC2086: lists are split on purpose, under `set -f` and an IFS that no word
# contains. SC2154: US, NL, WS: words.sh; main_pid, active_state, load_state: unit.
# What rules ask of a host, and nobody else. Nothing is written; what the app's user can put in the way is read for seconds and a
# few hundred kilobytes at most. Values of settings are said only where none of them can be a secret.

# Sets `shown` to what systemctl says of unit $1, and of it load_state, active_state and main_pid.
unit_shown() {
	load_state='' active_state='' main_pid=0 unasked=''
	address "$1" || {
		unasked=$reason shown=''
		return
	}
	shown=$(
		unit_ctl 20 show "$1" --no-pager \
			-p LoadState,ActiveState,MainPID,Type,FragmentPath,DropInPaths,NeedDaemonReload,WorkingDirectory \
			-p ExecStart,ExecReload,Environment,EnvironmentFiles,StandardOutput,StandardError 2>/dev/null
	)
	shown_of LoadState && load_state=$value
	shown_of ActiveState && active_state=$value
	shown_of MainPID && main_pid=$value
	case $main_pid in
	*[!0-9]* | '') main_pid=0 ;;
	0) ;;
	*) is_units_own "$main_pid" || main_pid=0 ;;
	esac
}

# Sets `value` to property $1 of `shown`, one line for each that there is.
shown_of() {
	value=''
	while IFS= read -r line; do
		case $line in
		"$1="*) value=$value${value:+$NL}${line#*=} ;;
		esac
	done <<-END
		$shown
	END
}

# Sets `value` to variable $1 as the unit gives it to Puma: by its own words, its files or its command. What Puma itself was
# started with cannot be read any more: its title lies over it.
environment_of() {
	set -- "$1" ''
	shown_of EnvironmentFiles
	files=$value
	shown_of Environment
	IFS=' '
	for one in $value $command_words; do
		one=${one#[\"\']}
		case $one in
		"$1="*) set -- "$1" "${one#*=}" ;;
		esac
	done
	IFS=$NL
	for file in $files; do
		file=${file%' (ignore_errors='*}
		if [ ! -f "$file" ] || [ ! -r "$file" ]; then continue; fi
		one=$(timeout -s KILL 5 head -c 262144 -- "$file" | sed -n "s/^[[:space:]]*$1=//p" | tail -n 1)
		[ -z "$one" ] || set -- "$1" "$one"
	done
	IFS=$WS
	value=${2#[\"\']}
	value=${value%[\"\']}
}

# Sets `places` to where $1, a pattern of grep, stands in the unit's own files: `FILE:LINE`, with commas.
places_of() {
	places=''
	shown_of FragmentPath
	set -- "$1" "$value"
	shown_of DropInPaths
	case $value in
	# So systemd prints the backslash in the name of an instance.
	*'"'*) value=$(printf '%s\n' "$value" | sed 's/"//g; s/\\\\/\\/g') ;;
	esac
	set -- "$1" "$2" $value
	shown_of EnvironmentFiles
	IFS=$NL
	for file in $value; do
		set -- "$@" "${file%' (ignore_errors='*}"
	done
	IFS=$WS
	pattern=$1
	shift
	for file; do
		if [ ! -f "$file" ] || [ ! -r "$file" ]; then continue; fi
		for number in $(timeout -s KILL 5 grep -n -e "$pattern" -- "$file" 2>/dev/null | cut -d : -f 1); do
			places=$places${places:+, }$file:$number
		done
	done
}

# Sets `steps` to the folders on the way to path $1, a line each, outermost first.
steps_to() {
	steps='' step=$1
	while :; do
		step=${step%/*}
		[ -n "$step" ] || break
		steps=$step${steps:+$NL$steps}
	done
	steps=/${steps:+$NL$steps}
}

# Sets `others` to the modes that let every local user at path $1, which is $2 (4: read, 2: write) to them; empty where some
# step keeps them out. False where it could not be looked at.
open_to_others() {
	others=''
	open_path=$(readlink -f -- "$1" 2>/dev/null) || return
	[ -e "$open_path" ] || return
	steps_to "$open_path"
	IFS=$NL
	set -- "$2" $steps
	IFS=$WS
	wanted_bit=$1
	shift
	modes=$(stat -c %a -- "$@" "$open_path" 2>/dev/null) || return
	file_mode=${modes##*"$NL"}
	for mode in ${modes%"$NL"*}; do
		case $mode in
		*[1357]) ;;
		*) return 0 ;;
		esac
	done
	[ $((${file_mode#"${file_mode%?}"} & wanted_bit)) -ne 0 ] || return 0
	others=$file_mode
}
