# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the Ruby is Ruby's. SC2034: facts.sh reads these variables. SC2086: lists are split on purpose, under `set -f` and
# an IFS that no word contains. SC2154: US, NL, WS: session.sh; main_pid, active_state: facts.sh.
# What runs, and since when it does: facts that are asked only when one looks for drift. Nothing is written, and nothing that
# the app's user can put in the way holds us up for long.

# nginx's workers, by the children of unit $1's main process: those of containers are none of them.
fact_nginx_running() {
	unit_of "$1"
	master=$main_pid
	case $master in
	0 | '' | *[!0-9]*)
		master=''
		{ IFS= read -r master </run/nginx.pid; } 2>/dev/null
		;;
	esac
	title_of "$master"
	case $title in
	'nginx: master process'*) ;;
	*) master='' ;;
	esac
	[ -n "$active_state" ] || [ -z "$master" ] || active_state=active
	say state "$active_state"
	[ -n "$master" ] || {
		case $active_state in
		inactive | failed) ;;
		*) say lost "no master process of nginx was found, and \`$1\` is ${active_state:-in a state that nobody tells}" ;;
		esac
		return
	}
	say master "$master"
	children_of "$master" 'nginx: worker process'
	workers='' draining=0 loaded=''
	run_clock
	for child in $found; do
		title_of "$child"
		case $title in
		*'shutting down'*) draining=$((draining + 1)) ;;
		*)
			workers=$workers${workers:+,}$child
			# A worker that crashed is replaced by one with the same old configuration: the oldest tells.
			start_of "$child"
			[ -n "$start" ] || continue
			[ -n "$loaded" ] && [ "$loaded" -le "$start" ] || loaded=$start
			;;
		esac
	done
	say workers "$workers"
	say draining "$draining"
	say loaded "$loaded"
}

# Puma as unit $1, whose state file is $2 and whose current release $3.
fact_puma_running() {
	state_file=$2 current=$3
	unit_of "$1"
	say state "$active_state"
	case $main_pid in
	0 | '' | *[!0-9]*)
		case $active_state in
		inactive | failed) ;;
		'')
			address "$1" && reason="systemd does not tell what \`$1\` is doing"
			say lost "$reason"
			;;
		*) say lost "systemd names no main process of \`$1\`, which is $active_state" ;;
		esac
		return
		;;
	esac
	title_of "$main_pid"
	case $title in
	'puma '[0-9]*' ('*) ;;
	*)
		say untold "the main process of \`$1\` does not call itself Puma"
		return
		;;
	esac
	run_clock
	start_of "$main_pid"
	started=$start loaded='' untold='' wanted='' booted='' old='' threads=''
	if puma_look "$main_pid" "$state_file"; then
		IFS=' ' read -r _ loaded phase wanted booted old _ <<-LOOKED
			$looked
		LOOKED
		threads=$(puma_threads)
		say phase "$phase"
		case $loaded in
		*[!0-9]*) loaded='' untold='its stats do not say since when it runs' ;;
		*)
			if [ "$loaded" -gt $((clock + 1)) ]; then
				loaded='' untold='the clock was set back since Puma read its files'
			elif [ -n "$started" ] && [ "$loaded" -lt "$started" ]; then
				# The clock was set forward since; it cannot have read them before it was there.
				loaded=$started
			fi
			;;
		esac
		say workers "$wanted"
		say booted "$booted"
		say old_workers "$old"
		say max_threads "$threads"
	else
		untold=$unlooked
	fi
	# Before it was there it has read nothing: a bound, where nothing better is known.
	say loaded "${loaded:-$started}"
	say untold "$untold"
	puma_releases
	[ -n "$booted" ] || return 0
	[ "$booted" -lt "$wanted" ] || [ "$old" -gt 0 ] || return 0
	# A roll ends within minutes, or it does not get on.
	changed=$(stat -c %Y -- "$current" 2>/dev/null)
	[ -n "$loaded" ] && [ "${changed:-0}" -lt "$loaded" ] && changed=$loaded
	if [ $((clock - ${changed:-0})) -lt 300 ]; then say roll 'under way'; else say roll late; fi
}

# How many threads each worker may have, where they agree.
puma_threads() {
	threads=''
	while IFS=' ' read -r what _ _ _ _ _ _ _ most _; do
		[ "$what" = worker ] || continue
		[ "$most" != - ] || continue
		[ "$most" != "$threads" ] || continue
		[ -z "$threads" ] || return
		threads=$most
	done <<-LOOKED
		$looked
	LOOKED
	printf '%s' "$threads"
}

# Which of Puma's processes do not run in the release that is the current one.
puma_releases() {
	release=$(cd -P "$current/" 2>/dev/null && pwd -P)
	[ -n "$release" ] || return 0
	say release "${release##*/}"
	children_of "$main_pid" 'puma: cluster worker'
	stale='' stale_release=''
	for process in ${found:-$main_pid}; do
		place=$(readlink "/proc/$process/cwd" 2>/dev/null) || continue
		[ "$place" != "$release" ] || continue
		place=${place##*/}
		stale=$stale${stale:+,}$process stale_release=${place:-/}
	done
	say stale "$stale"
	say stale_release "$stale_release"
}

# Sets `title` to what process $1 calls itself.
title_of() {
	title=''
	{ IFS= read -r title <"/proc/$1/cmdline"; } 2>/dev/null
	[ -n "$title" ]
}

# Sets `found` to the children of process $1 whose title begins with $2.
children_of() {
	found='' line=''
	if [ -r "/proc/$1/task/$1/children" ]; then
		{ IFS= read -r line <"/proc/$1/task/$1/children"; } 2>/dev/null
	else
		line=$(pgrep -P "$1" | tr '\n' ' ')
	fi
	for child in $line; do
		title_of "$child" || continue
		case $title in
		"$2"*) found="$found$child " ;;
		esac
	done
}

# Sets `clock` and `ticks`: the time, and how old a process is that starts now. What the kernel says of its own start may have been
# set since, and a container may count from its own.
run_clock() {
	ticks=$(cat /proc/self/stat)
	clock=$(date +%s)
	ticks_of "$ticks"
}

ticks_of() {
	# The name in it may hold anything; the start stands 20 words behind it, in hundredths of a second.
	set -- ${1##*) }
	ticks=${20}
}

# Sets `start` to when process $1 began, by the clock as it goes now; empty where there is none.
start_of() {
	start='' line='' now_ticks=$ticks
	{ IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null
	[ -n "$line" ] || return 0
	ticks_of "$line"
	start=$((clock - (now_ticks - ticks) / 100))
	ticks=$now_ticks
}
