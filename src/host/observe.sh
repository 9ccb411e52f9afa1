# shellcheck shell=sh disable=SC2086,SC2154
# SC2086: lists are split on purpose, under `set -f` and an IFS that no word contains. SC2154: US, NL, WS, word: session.sh.
# Looks at paths, units, facts and users, and changes nothing. One process looks at all paths, one at all units.
# What could not be looked at is said to be so, never left out as if it were not there.

verb_observe() {
	root='' entries='' units='' facts='' users='' groups=''
	while IFS= read -r line <&3 || exit 9; do
		IFS=$US
		set -- $line
		case $1 in
		root) root=$2 ;;
		path) entries=$entries$2$root$3$NL ;;
		unit) units=$units$2$NL ;;
		fact) facts=$facts${line#*"$US"}$NL ;;
		user) users=$users$2$NL ;;
		group) groups=$groups$2$NL ;;
		end) break ;;
		esac
	done
	IFS=$WS
	observe_session
	observe_paths
	observe_names u /etc/passwd passwd "$users"
	observe_names g /etc/group group "$groups"
	[ -z "$root" ] || return 0
	observe_units
	observe_facts
}

observe_session() {
	uid=''
	while read -r key _ two _; do
		[ "$key" = Uid: ] && uid=$two && break
	done </proc/self/status
	[ -n "$uid" ] || uid=$(id -u)
	host=''
	read -r host </proc/sys/kernel/hostname || host=$(uname -n)
	printf "i$US%s$US%s$US%s\n" "$uid" "$host" "$(date +%s)"
	lock=$root/var/lib/zdt/lock who=''
	[ -d "$lock" ] || return 0
	[ ! -r "$lock/who" ] || IFS= read -r who <"$lock/who"
	word "$who"
	printf "l$US%s\n" "$word"
}

# Each of `entries` is a path after `c` (its content is wanted) or `h` (its hash is enough).
observe_paths() {
	paths='' files='' shown=''
	IFS=$NL
	for entry in $entries; do
		path=${entry#?}
		paths=$paths$path$NL
		if [ -L "$path" ]; then
			target=$(readlink -n "$path" && echo .) && word "${target%.}" && printf "t$US%s$US%s\n" "$path" "$word"
		elif [ -f "$path" ]; then
			if [ -r "$path" ]; then
				files=$files$path$NL
				[ "$entry" = "h$path" ] || shown=$shown$path$NL
			else
				printf "x$US%s\n" "$path"
			fi
		fi
		if cd -P "${path%/*}/" 2>/dev/null; then
			word "$PWD"
			printf "p$US%s$US%s\n" "$path" "$word"
		fi
	done
	cd / || return
	set -- $paths
	[ $# -gt 0 ] || return 0
	{ errors=$(stat -c "s$US%f$US%U$US%u$US%G$US%g$US%s$US%Y$US%n" "$@" 2>&1 >&4); } 4>&1
	[ -z "$errors" ] || printf 'E\n%s\n.\n' "$errors"
	set -- $files
	if [ $# -gt 0 ]; then
		echo H
		# An app's user may put a pipe or an endless file there at any moment: then nothing is said, which is not absence.
		timeout -s KILL 60 sha256sum "$@"
		echo .
	fi
	set -- $shown
	if [ $# -gt 0 ]; then
		echo B
		timeout -s KILL 60 head -q -c 262144 "$@" | base64
		echo .
	fi
}

# Says which of the names $4 exist; $2 is looked at first, for it costs no process.
observe_names() {
	[ -n "$4" ] || return 0
	left=$NL$4
	if [ -r "$2" ]; then
		while IFS=: read -r name _ || [ -n "$name" ]; do
			case $left in
			*"$NL$name$NL"*)
				printf "$1$US%s\n" "$name"
				left=${left%%"$NL$name$NL"*}$NL${left#*"$NL$name$NL"}
				;;
			esac
		done <"$2"
	fi
	[ "$left" != "$NL" ] && command -v getent >/dev/null || return 0
	IFS=$NL
	set -- "$1" "$3" $left
	tag=$1
	shift
	found=$(getent "$@")
	for line in $found; do
		printf "$tag$US%s\n" "${line%%:*}"
	done
}

observe_units() {
	IFS=$NL
	set -- $units
	unit_text=''
	[ $# -gt 0 ] || return 0
	unit_text=$(systemctl show --no-pager -p Id,Type,LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,DropInPaths,NeedDaemonReload,CanReload,MainPID,ExecReload,ExecMainStartTimestamp,InvocationID -- "$@" 2>&1)
	printf "U$US%s\n%s\n.\n" "$?" "$unit_text"
}

observe_facts() {
	IFS=$NL
	for fact in $facts; do
		IFS=$US
		set -- $fact
		IFS=$WS
		fact=$1 kind=$2
		shift 2
		case $kind in
		nginx | systemd | puma) "fact_$kind" "$@" ;;
		*) printf "n$US%s$US%s\n" "$fact" "$kind" ;;
		esac
		IFS=$NL
	done
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
	version=$("$binary" -v 2>&1)
	case $version in
	*nginx/[0-9]*)
		version=${version#*nginx/}
		say version "${version%%[!0-9.]*}"
		;;
	esac
	nginx_worker
}

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
	[ -n "$ids" ] && command -v getent >/dev/null || return 0
	set -- $ids
	account=$(getent passwd "$1")
	say worker_user "${account%%:*}"
	shift
	joined=''
	while IFS=: read -r account _; do
		case ,$joined, in
		*",$account,"*) ;;
		*) joined=$joined${joined:+,}$account ;;
		esac
	done <<-END
		$(getent group "$@")
	END
	say worker_groups "$joined"
}

fact_systemd() {
	version=$(systemctl --version 2>/dev/null) || return 0
	version=${version#systemd }
	say version "${version%%[!0-9]*}"
}

# Sets load_state, active_state and main_pid of unit $1 from what systemctl showed.
unit_of() {
	load_state='' active_state='' main_pid=0 at=1 here=0
	IFS=$NL
	for unit in $units; do
		here=$((here + 1))
		[ "$unit" != "$1" ] || break
	done
	while IFS= read -r line; do
		case $at$line in
		"$at") at=$((at + 1)) ;;
		"${here}LoadState="*) load_state=${line#*=} ;;
		"${here}ActiveState="*) active_state=${line#*=} ;;
		"${here}MainPID="*) main_pid=${line#*=} ;;
		esac
	done <<-END
		$unit_text
	END
	IFS=$WS
}

# What runs as unit $1, whose release is $2. The lock file is read as text: nothing of the application is run.
fact_puma() {
	unit_of "$1"
	say load_state "$load_state"
	say active_state "$active_state"
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
