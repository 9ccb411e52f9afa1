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
		*) say lost "systemd names no main process of \`$1\`, which is ${active_state:-in a state that it does not tell}" ;;
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
	if ask_puma; then
		set -- $stats
		loaded=$1 wanted=$2 booted=$3 old=$4 threads=$5
		say phase "$6"
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
		[ "$threads" = - ] || say max_threads "$threads"
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

# Sets `stats` to six numbers that Puma's control server tells, or `untold` to why it does not. The Ruby is the one that runs
# Puma, and runs as the user that Puma runs as: its owner may be the application.
ask_puma() {
	stats=''
	if [ ! -r "$state_file" ]; then
		untold="its state file \`$state_file\` is not there or cannot be read"
		return 1
	fi
	untold='its control server does not answer'
	ids=$(stat -c '%u %g' "/proc/$main_pid" 2>/dev/null) || return
	set -- $ids
	if [ "$1" = "$(id -u)" ]; then
		set -- "/proc/$main_pid/exe"
	else
		# After an upgrade it runs what is no longer there; under its name mostly lies the next one.
		ruby=$(readlink "/proc/$main_pid/exe")
		ruby=${ruby%' (deleted)'}
		[ -x "$ruby" ] || ruby=$(command -v ruby)
		set -- setpriv --reuid="$1" --regid="$2" --init-groups -- "$ruby"
	fi
	# What runs there is the app user's choice: it gets none of our openings and ends by a signal that it cannot ignore. A
	# child of it could hold the pipe open for ever, so whoever reads it ends too.
	stats=$(
		timeout -s KILL 5 "$@" --disable=gems -e "$running_program" "$state_file" "$main_pid" \
			2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- | timeout -s KILL 6 head -c 200
	)
	case $stats in
	*[!0-9\ -]*) return 1 ;;
	[0-9-]*' '[0-9]*' '[0-9]*' '[0-9]*' '[0-9-]*' '[0-9]*) ;;
	*) return 1 ;;
	esac
	untold=''
}

# It obeys Content-Length: a worker that is forked meanwhile may hold the connection open for ever.
running_program='
require "socket"
require "json"
state = {}
File.foreach(ARGV[0]) do |line|
key, value = line.chomp.split(":", 2)
state[key] = value.strip.delete("\"") if value
end
exit 1 unless state["pid"] == ARGV[1]
url = state["control_url"].to_s.sub(/\?.*/, "")
socket = if url.start_with?("unix://")
UNIXSocket.new(url.delete_prefix("unix://"))
elsif url =~ %r{\Atcp://(.+):(\d+)\z}
TCPSocket.new($1, $2.to_i)
else
exit 1
end
token = state["control_auth_token"]
socket.write("GET /stats#{"?token=#{token}" if token && token != "none"} HTTP/1.0\r\n\r\n")
exit 1 unless socket.gets.to_s =~ %r{\AHTTP/1\.\d 200}
length = 0
while (line = socket.gets) && line.strip != ""
length = line[/\d+/].to_i if line =~ /\Acontent-length:/i
end
stats = JSON.parse(socket.read(length))
workers = stats["worker_status"] || []
time = stats["started_at"].to_s.match(/\A(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z\z/)
loaded = time ? Time.utc(*time.captures).to_i : "-"
each = workers.empty? ? [stats] : workers.map { |worker| worker["last_status"] || {} }
threads = each.map { |one| one["max_threads"] }.compact.uniq
threads = threads.size == 1 ? threads[0] : "-"
booted = workers.count { |worker| worker["booted"] }
puts [loaded, stats["workers"] || 0, booted, stats["old_workers"] || 0, threads, stats["phase"] || 0].join(" ")
'
