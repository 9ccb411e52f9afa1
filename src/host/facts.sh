# shellcheck shell=sh disable=SC2016,SC2086,SC2154
# SC2016: the program is awk's. SC2086: lists are split on purpose, under `set -f` and an IFS that no word contains. SC2154: US, NL, WS, word:
# session.sh; units, unit_texts, facts, nginx_text, boots: observe.sh.
# What roles ask about a host beside its files and units. What is not known is not said.

observe_facts() {
	IFS=$NL
	for fact in $facts; do
		IFS=$US
		set -- $fact
		IFS=$WS
		fact=$1 kind=$2
		shift 2
		case $kind in
		nginx | nginx_upstream | puma) "fact_$kind" "$@" ;;
		nginx_running | puma_running)
			# Only a look for drift loads these.
			if command -v "fact_$kind" >/dev/null; then "fact_$kind" "$@"; else unknown_fact; fi
			;;
		nginx_traps | puma_traps)
			# Only a look for traps loads these.
			if command -v "fact_$kind" >/dev/null; then "fact_$kind" "$@"; else unknown_fact; fi
			;;
		*) unknown_fact ;;
		esac
		IFS=$NL
	done
}

unknown_fact() {
	printf "n$US%s$US%s\n" "$fact" "$kind"
}

# One key of the fact at hand. What is not known is not said.
say() {
	[ -n "$2" ] || return 0
	word "$2"
	printf "f$US%s$US%s$US%s\n" "$fact" "$1" "$word"
}

fact_nginx() {
	binary=$(command -v nginx) || return 0
	say binary "$binary"
	case $nginx_text in
	*nginx/[0-9]*)
		version=${nginx_text#*nginx/}
		say version "${version%%[!0-9.]*}"
		;;
	esac
	nginx_worker
}

# Where below nginx's folder the upstream $2 stands, if that is another file than $1. nginx is not asked: to show its configuration
# it opens its logs, and makes those that are missing.
fact_nginx_upstream() {
	command -v nginx >/dev/null || return 0
	folder=$(timeout -s KILL 5 nginx -V 2>&1 | sed -n 's/.*--conf-path=\(\/[^ ]*\)\/.*/\1/p')
	found=$(timeout -s KILL 5 grep -R -n -s upstream "${folder:-/etc/nginx}" | head -c 1000000 | upstream=$2 awk "$declared_program")
	real='' wanted=$(readlink -f -- "$1")
	while IFS= read -r place && [ -n "$place" ]; do
		real=$(readlink -f -- "${place%:*}")
		[ "$real" != "$wanted" ] || return 0
		declared=$place
	done <<-END
		$found
	END
	[ -n "$real" ] || return 0
	say elsewhere "$real"
	say elsewhere_at "$declared"
}

# Where its name stands on another line, or outside of nginx's folder, a hint is missing.
declared_program='
match($0, /:[0-9]+:/) {
	place = substr($0, 1, RSTART + RLENGTH - 2)
	line = substr($0, RSTART + RLENGTH)
	# What nginx reads of these is linked elsewhere.
	if (place ~ /\/sites-available\//) next
	if (!sub(/^[ \t]*upstream[ \t]+/, "", line)) next
	sub(/[ \t\r]*([{].*)?$/, "", line)
	gsub(/^["\047]|["\047]$/, "", line)
	if (tolower(line) == tolower(ENVIRON["upstream"])) print place
}'

# Whom nginx's workers run as, by what the kernel says of one: `user` may stand in any file that nginx reads. Workers of
# containers, and those that only finish their requests, tell nothing.
nginx_worker() {
	master='' ids=''
	{ IFS= read -r master </run/nginx.pid; } 2>/dev/null
	set +f
	set -- /proc/[0-9]*
	set -f
	for process; do
		comm='' title=''
		{ IFS= read -r comm <"$process/comm"; } 2>/dev/null
		[ "$comm" = nginx ] || continue
		{ IFS= read -r title <"$process/cmdline"; } 2>/dev/null
		case $title in
		*'shutting down'*) continue ;;
		'nginx: worker process'*) ;;
		*) continue ;;
		esac
		parent='' uid='' gids='' inner=''
		while read -r key first second rest; do
			case $key in
			PPid:) parent=$first ;;
			NSpid:) inner=$second ;;
			Uid:) uid=$second ;;
			Gid:) gids=$second ;;
			Groups:) gids="$gids $first $second $rest" ;;
			esac
		done 2>/dev/null <"$process/status"
		case $uid:$inner in
		:* | *:?*) continue ;;
		esac
		[ -z "$ids" ] || [ "$parent" = "$master" ] || continue
		ids="$uid $gids"
		[ "$parent" != "$master" ] || break
	done
	[ -n "$ids" ] || return 0
	set -- $ids
	names passwd /etc/passwd "$1"
	say worker_user "$joined"
	shift
	names group /etc/group "$@"
	say worker_groups "$joined"
}

# Sets `joined` to the names that database $1 has for the numbers after $2, in their order, with commas; file $2 is looked
# at first, for it costs no process.
names() {
	database=$1 file=$2 joined='' known=' '
	shift 2
	if [ -r "$file" ]; then
		while IFS=: read -r account _ number _; do
			case " $* " in
			*" $number "*) known="$known$number:$account " ;;
			esac
		done <"$file"
	fi
	for number; do
		case $known in
		*" $number:"*)
			account=${known#*" $number:"}
			account=${account%% *}
			;;
		*)
			account=$(getent "$database" "$number")
			account=${account%%:*}
			;;
		esac
		case ,$joined, in
		*",$account,"*) ;;
		*) joined=$joined${joined:+,}$account ;;
		esac
	done
} 2>/dev/null

# Sets load_state, active_state, main_pid, unit_type and triggers of unit $1 from what its systemd showed, where that answered.
unit_of() {
	load_state='' active_state='' main_pid=0 unit_type='' triggers=none at=1 here=0 ours=no
	case $1 in
	*/*) manager=${1%%/*}/ ;;
	*) manager=/ ;;
	esac
	IFS=$NL
	for unit in $units; do
		case $manager:$unit in
		/:*/*) continue ;;
		/:* | "$manager:$manager"*) ;;
		*) continue ;;
		esac
		here=$((here + 1))
		[ "$unit" != "$1" ] || break
	done
	while IFS= read -r line; do
		case $line in
		"${US}m$US$manager")
			ours=yes
			continue
			;;
		"$US"*) ours=no ;;
		esac
		[ "$ours" = yes ] || continue
		case $at$line in
		"$at") at=$((at + 1)) ;;
		"${here}LoadState="*) load_state=${line#*=} ;;
		"${here}ActiveState="*) active_state=${line#*=} ;;
		"${here}MainPID="*) main_pid=${line#*=} ;;
		"${here}Type="*) unit_type=${line#*=} ;;
		"${here}TriggeredBy="*) triggers=${line#*=} ;;
		esac
	done <<-END
		$unit_texts
	END
	IFS=$WS
	[ "$manager" = / ] || [ "${main_pid:-0}" = 0 ] || { address "$1" && is_units_own "$main_pid"; } || main_pid=0
}

# Of a user's unit: where that user's home is, and whether a systemd runs for it and goes on when nobody is logged in.
unit_home() {
	case $1 in
	*/*) ;;
	*) return 0 ;;
	esac
	home=$(getent passwd "${1%%/*}" 2>/dev/null)
	home=${home%:*}
	say home "${home##*:}"
	if address "$1"; then say manager runs; else say manager_untold "$reason"; fi
	if [ -e "/var/lib/systemd/linger/${1%%/*}" ]; then say lingers yes; else say lingers no; fi
}

# Whether Puma runs with workers, and whether it can restart them one by one. A master that was pruned of the app's gems has
# loaded nothing of the app; of another one that is not known. Nobody gets to see what else its environment holds.
puma_mode() {
	children='' mode=single
	[ -r "/proc/$main_pid/task/$main_pid/children" ] || return 0
	{ IFS= read -r children <"/proc/$main_pid/task/$main_pid/children"; } 2>/dev/null
	for process in $children; do
		title=''
		{ IFS= read -r title <"/proc/$process/cmdline"; } 2>/dev/null
		case $title in
		'puma: cluster worker'*)
			mode=cluster
			break
			;;
		esac
	done
	say mode "$mode"
	if [ "$mode" = single ]; then
		say phased no
	elif tr '\0' '\n' 2>/dev/null <"/proc/$main_pid/environ" | grep -qx 'PUMA_BUNDLER_PRUNED=1'; then
		say phased yes
	fi
}

# What runs as unit $1, whose release is $2. The lock file is read as text: nothing of the application is run.
fact_puma() {
	unit_home "$1"
	unit_of "$1"
	say load_state "$load_state"
	say active_state "$active_state"
	# Of a unit that it does not know, systemd tells what it would assume.
	[ "$load_state" != loaded ] || say unit_type "$unit_type"
	case $triggers in
	none) ;;
	*.socket*) say socket_activated yes ;;
	*) say socket_activated no ;;
	esac
	case $boots in
	*"$US$1$US"*)
		last_boot=${boots#*"$US$1$US"}
		say last_boot "${last_boot%%"$US"*}"
		;;
	esac
	version='' source='' ruby='' title=''
	case $main_pid in
	0 | '' | *[!0-9]*) ;;
	*)
		say main_pid "$main_pid"
		IFS= read -r title 2>/dev/null <"/proc/$main_pid/cmdline"
		case $title in
		'puma '[0-9]*' ('*)
			say titled yes
			version=${title#puma }
			version=${version%% *} source=process
			binds=${title#*\(}
			say binds "${binds%%\)*}"
			puma_mode
			;;
		*) say titled no ;;
		esac
		ruby=$(readlink "/proc/$main_pid/exe")
		# After an upgrade the process runs what is no longer there; under its name mostly lies the next one.
		ruby=${ruby%' (deleted)'}
		[ -f "$ruby" ] && [ -x "$ruby" ] || ruby=''
		case ${ruby##*/} in
		ruby*) ;;
		*) ruby='' ;;
		esac
		;;
	esac
	# The app's user may have put a pipe there, or something without an end.
	if [ -z "$version" ] && [ -f "$2/Gemfile.lock" ] && [ -r "$2/Gemfile.lock" ]; then
		version=$(timeout -s KILL 10 head -c 4194304 "$2/Gemfile.lock" | sed -n 's/^    puma (\([0-9][0-9A-Za-z.]*\).*/\1/p') source=Gemfile.lock
		version=${version%%"$NL"*}
	fi
	if [ -z "$version" ] && command -v puma >/dev/null; then
		version=$(timeout -s KILL 20 puma --version 2>/dev/null) source='puma --version'
		version=${version##*version }
		case $version in
		[0-9]*) version=${version%%[!0-9A-Za-z.]*} ;;
		*) version='' ;;
		esac
	fi
	say version "$version"
	[ -z "$version" ] || say version_source "$source"
	[ -n "$ruby" ] || ruby=$(command -v ruby)
	say ruby "$ruby"
}
