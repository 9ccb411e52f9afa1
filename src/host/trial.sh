# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the Ruby is Ruby's, the awk awk's. SC2034: other programs read these variables. SC2086: words are split on purpose.
# SC2154: what the other parts of this program set.
# The trial boot: the release and the settings that a restart would take up are started beside the Puma that serves, as a
# unit of their own, by the same command and as the same user, and asked for a page. What does not boot there would take
# the site down. Its sockets and state file lie in folders that only it can see.

# How long a trial may take, in seconds.
trial_limit=90

# Where several apps take up releases, none does before each one's has booted on trial: $1 are the handlers.
try_all() {
	tried_units=''
	case $1 in
	*"${US}puma_phased$US"*"${US}puma_phased$US"*) ;;
	*) return 0 ;;
	esac
	IFS=$NL
	for line in $1; do
		IFS=$US
		set -- $line
		IFS=$WS
		if [ "$2" = puma_phased ]; then
			unit=$3 state_file=$4 current=$5 socket=$6
			try_app || return
		fi
		IFS=$NL
	done
	IFS=$WS
}

# One that refuses holds back all, too.
try_app() {
	can_roll || return
	try_boot || {
		reason="\`$unit\`: $reason"
		return 1
	}
	tried_units=$tried_units$unit$US$release$US$boot$NL
}

# Tries what has not been tried yet.
try_once() {
	case $NL$tried_units in
	*"$NL$unit$US$release$US"*)
		boot=$NL$tried_units
		boot=${boot#*"$NL$unit$US$release$US"}
		boot=${boot%%"$NL"*}
		;;
	*) try_boot ;;
	esac
}

# False where what is to come does not boot: `reason` says how it ended. Sets `boot`, the milliseconds of the boot, empty where
# nothing was tried.
try_boot() {
	boot=''
	[ "$trial" = yes ] || return 0
	name_trial
	untried='' real_main=$main
	hook=/run/zdt-trial-$id.rb
	(umask 022 && printf '%s' "$hook_program" >"$hook") 2>/dev/null || hook=''
	if trial_words && trial_start; then
		await_trial
		code=$?
		unit_ctl 20 stop "$trial_unit" 2>/dev/null
		unit_ctl 5 reset-failed "$trial_unit" 2>/dev/null
		main=$real_main
	else
		code=2 main=$real_main
	fi
	[ -z "$hook" ] || rm -f "$hook"
	word "$untried"
	case $code in
	0) emit "tried${US}boots$US$boot$US=$US" ;;
	1) emit "tried${US}fails${US}0$US=$US" ;;
	*)
		emit "tried${US}untried${US}0$US$word$US"
		return 0
		;;
	esac
	return "$code"
}

# Waits until it answers, does not boot, or the time is over. 0: it answers; 1: it does not; 2: it could not be tried.
await_trial() {
	seen=' ' respawned=0 asking=''
	until=$((began + trial_limit * 1000 - 5000))
	while :; do
		sleep 0.1
		uptime
		unit_state "$trial_unit"
		case $active in
		active | activating) ;;
		*)
			trial_ended
			return
			;;
		esac
		[ "$now" -lt "$until" ] || {
			reason="\`${release##*/}\` has not answered within $((trial_limit - 5)) s in a trial: nothing was restarted"
			trial_words_of
			end_asking
			return 1
		}
		if [ -z "$asking" ]; then
			[ -S "/proc/$main/root$socket" ] || continue
			ask_page || {
				untried='nobody is there to ask it for a page'
				return 2
			}
			continue
		fi
		kill -0 "$asking" 2>/dev/null || {
			wait "$asking"
			trial_answer
			return
		}
		workers_of "$main"
		for child in $found; do
			case $seen in
			*" $child "*) ;;
			*) seen="$seen$child " respawned=$((respawned + 1)) ;;
			esac
		done
		set -- $found
		[ "$respawned" -lt $(($# + 4)) ] || {
			reason="\`${release##*/}\` does not boot, a trial showed: nothing was restarted"
			trial_words_of
			end_asking
			return 1
		}
	done
}

# The unit has ended: what came of that?
trial_ended() {
	end_asking
	status=$(unit_ctl 5 show "$trial_unit" --property=ExecMainStatus --value 2>/dev/null)
	unit_words "$trial_unit"
	case $status:$lines in
	# What systemd could not prepare says nothing of the release; nor does an address that only one can have.
	2[0-9][0-9]:* | *EADDRINUSE* | *'Address already in use'*)
		untried="the trial could not be set up: ${lines##*"$NL"}"
		return 2
		;;
	esac
	reason="\`${release##*/}\` does not boot, a trial showed: nothing was restarted"
	[ -z "$lines" ] || reason=$reason$NL$lines
	return 1
}

trial_words_of() {
	unit_words "$trial_unit"
	[ -z "$lines" ] || reason=$reason$NL$lines
}

# Asks for the page in the background, as the user that Puma runs as: its pid is `asking`, what comes stands in a file.
ask_page() {
	puma_ruby "$real_main" || return
	witness_host_of "$socket"
	(exec timeout -s KILL "$trial_limit" $as_puma "$ruby" --disable=gems -e "$page_program" "/proc/$main/root$socket" \
		"$page_host" "${witness_path:-/}" >"$record/page" 2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-) &
	asking=$!
}

end_asking() {
	[ -z "$asking" ] || kill -KILL "$asking" 2>/dev/null
	[ -z "$asking" ] || wait "$asking"
} 2>/dev/null

trial_answer() {
	answer=''
	{ IFS= read -r answer <"$record/page"; } 2>/dev/null
	rm -f "$record/page"
	case $answer in
	[1-4][0-9][0-9])
		uptime
		boot=$((now - began))
		return 0
		;;
	5[0-9][0-9])
		reason="\`${release##*/}\` answers a trial's request for \`${witness_path:-/}\` with $answer: nothing was restarted"
		trial_words_of
		return 1
		;;
	esac
	untried='what it answered could not be read'
	return 2
}

hook_program='
at_exit do
cause = $!.is_a?(SystemExit) ? $!.cause : nil
known = defined?(Puma::Const::PUMA_VERSION) && Puma::Const::PUMA_VERSION.to_i >= 6
warn "#{cause.class}: #{cause.message}" if cause && !known
end
'

page_program='
require "socket"
socket = UNIXSocket.new(ARGV[0])
socket.write("GET #{ARGV[2]} HTTP/1.1\r\nHost: #{ARGV[1]}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n")
puts socket.gets.to_s[/\AHTTP\/1\.\d (\d\d\d)/, 1]
'
