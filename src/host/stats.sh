# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other parts read these variables. SC2086: lists are split on purpose, under `set -f`. SC2154: US, NL, WS, word:
# session.sh; title, found: running.sh; looked, unlooked, ruby, as_puma: puma_stats.sh.
# What each Puma of this host tells of itself, with what the kernel knows of its processes. It needs the program `running`.
# Nothing is written. What is not known is `-` or not said; what could not be asked is said to be so.

verb_stats() {
	pumas='' number=0 uptime=''
	while IFS= read -r line <&3 || exit 9; do
		case $line in
		"puma_stats$US"*) pumas=$pumas${line#*"$US"}$NL ;;
		"end$US") break ;;
		*) exit 9 ;;
		esac
	done
	{ read -r uptime _ </proc/uptime; } 2>/dev/null
	uptime=${uptime%.*}${uptime#*.}
	printf "t$US%s$US%s$US\n" "$(date +%s)" "${uptime:--}"
	IFS=$NL
	for puma in $pumas; do
		IFS=$US
		set -- $puma
		IFS=$WS
		stats_of_puma "$@"
		number=$((number + 1))
		IFS=$NL
	done
	IFS=$WS
}

# One key of the Puma at hand.
tell() {
	case $2 in
	'' | -) return 0 ;;
	esac
	word "$2"
	printf "p$US%s$US%s$US%s$US\n" "$number" "$1" "$word"
}

# Puma as unit $1, whose state file is $2 and whose current release $3.
stats_of_puma() {
	release=$(cd -P "$3/" 2>/dev/null && pwd -P)
	tell current "${release##*/}"
	load_state='' active_state='' main_pid=''
	address "$1" || {
		tell untold "$reason"
		return
	}
	shown=$(unit_ctl 10 show "$1" --no-pager -p LoadState,ActiveState,MainPID 2>/dev/null)
	while IFS='=' read -r key value; do
		case $key in
		LoadState) load_state=$value ;;
		ActiveState) active_state=$value ;;
		MainPID) main_pid=$value ;;
		esac
	done <<-END
		$shown
	END
	if [ -z "$active_state" ]; then
		tell untold "\`systemctl\` does not tell whether \`$1\` runs"
		return
	fi
	tell state "$active_state"
	if [ "$load_state" = not-found ]; then
		tell untold "systemd knows no unit \`$1\`"
		return
	fi
	is_units_own "$main_pid" || main_pid=''
	case $main_pid in
	0 | '' | *[!0-9]*)
		case $active_state in
		inactive | failed) ;;
		*) tell untold "systemd names no main process of \`$1\`, which is $active_state" ;;
		esac
		return
		;;
	esac
	find_puma || {
		tell untold "the main process of \`$1\` does not call itself Puma"
		return
	}
	tell pid "$puma_pid"
	version=${title#puma }
	version=${version%% *}
	if puma_look "$puma_pid" "$2"; then
		tell_looked
	else
		tell puma "$version"
		tell untold "$unlooked"
		tell_processes
	fi
	release_of "$puma_pid"
	tell release "$release"
	memory_of "$puma_pid"
	tell "$kind" "$kilobytes"
}

# Sets `puma_pid` and `title`: the main process, or its child where a shell stands before Puma.
find_puma() {
	found="$main_pid "
	title_of "$main_pid"
	case $title in
	'puma '[0-9]*' ('*) ;;
	*) children_of "$main_pid" 'puma ' ;;
	esac
	for puma_pid in $found; do
		title_of "$puma_pid"
		case $title in
		'puma '[0-9]*' ('*) return 0 ;;
		esac
	done
	return 1
}

tell_looked() {
	owner=$(stat -c %u "/proc/$puma_pid" 2>/dev/null)
	while IFS=' ' read -r what rest; do
		IFS=' '
		set -- $rest
		IFS=$WS
		case $what:$# in
		master:7)
			tell since "$1"
			tell phase "$2"
			tell wanted "$3"
			tell booted "$4"
			tell old "$5"
			[ "$6" = - ] || version=$6
			tell puma "$version"
			ruby_version "$7"
			tell ruby "$ruby_version"
			;;
		worker:12)
			# The app's user says which processes these are: of others nothing is told.
			process='-'
			case $2 in
			*[!0-9]*) ;;
			*) [ "$owner" != "$(stat -c %u "/proc/$2" 2>/dev/null)" ] || process=$2 ;;
			esac
			tell_worker "$@"
			;;
		:0) ;;
		*)
			tell untold 'its stats are not as Puma tells them'
			return
			;;
		esac
	done <<-LOOKED
		$looked
	LOOKED
}

# One worker, of which puma_look told $1 to $12.
tell_worker() {
	release_of "$process"
	memory_of "$process"
	IFS=$US
	printf "w$US%s$US%s$US%s$US%s$US%s$US\n" "$number" "$*" "$release_word" "$kind" "$kilobytes"
	IFS=$WS
}

# Without Puma's word: the workers by what they call themselves. Those that worker 0 forked are its children.
tell_processes() {
	children_of "$puma_pid" 'puma: cluster worker '
	all=$found
	for process in $all; do
		children_of "$process" 'puma: cluster worker '
		all=$all$found
	done
	for process in $all; do
		title_of "$process" || continue
		index=${title#puma: cluster worker }
		index=${index%%[!0-9]*}
		tell_worker "${index:--}" "$process" - - - - - - - - - -
	done
}

# Sets `ruby_version` to $1; of a Puma that does not tell it, to what its Ruby says.
ruby_version() {
	ruby_version=$1
	[ "$1" = - ] || return 0
	puma_ruby "$puma_pid" || return 0
	ruby_version=$(
		timeout -s KILL 5 $as_puma "$ruby" --disable=gems -e 'puts RUBY_VERSION' \
			2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- | timeout -s KILL 6 head -c 20
	)
	case $ruby_version in
	*[!0-9.]*) ruby_version=- ;;
	esac
}

# Sets `release` to the last part of the folder in which process $1 runs, and `release_word` to it as it travels.
release_of() {
	release='' release_word='-'
	place=$(readlink "/proc/$1/cwd" 2>/dev/null) || return 0
	release=${place##*/}
	word "$release"
	release_word=$word
}

# Sets `kind` and `kilobytes`: what process $1 takes, its part of what it shares alone where the kernel tells that.
memory_of() {
	kind='-' kilobytes='-'
	while read -r key value _; do
		[ "$key" != Pss: ] || kind=pss kilobytes=$value
	done 2>/dev/null <"/proc/$1/smaps_rollup"
	[ "$kind" = - ] || return 0
	while read -r key value _; do
		[ "$key" != VmRSS: ] || kind=rss kilobytes=$value
	done 2>/dev/null <"/proc/$1/status"
}
