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
	observe_applied
	if [ -n "$root" ]; then
		observe_files
	else
		# Those that are slow to answer are asked meanwhile.
		ask_services | {
			observe_files
			hear_services
			observe_units
			observe_facts
		}
	fi
}

observe_files() {
	observe_paths
	observe_names u /etc/passwd passwd "$users"
	observe_names g /etc/group group "$groups"
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
	observe_open "$root/var/lib/zdt"
}

# Says which transaction is open, and whether somebody works on it: then the kernel refuses us the lock.
observe_open() {
	[ -d "$1/open" ] || return 0
	open_id='' who='' state=left
	{ IFS=$US read -r _ open_id _ <"$1/open/manifest"; } 2>/dev/null
	IFS=$WS
	{ IFS= read -r who <"$1/open/who"; } 2>/dev/null
	word "$who"
	who=$word
	if ! flock -n -s "$1/lock" true; then
		state=held
	elif [ -e "$1/open/stuck" ]; then
		state=stuck
	fi
	word "$(cat "$1/open/stuck" 2>/dev/null)"
	printf "o$US%s$US%s$US%s$US%s$US\n" "$open_id" "$state" "$who" "$word"
}

# Says what earlier transactions left here, and has it looked at too.
observe_applied() {
	applied=$root/var/lib/zdt/applied
	if [ -d "${applied%/*}" ] && [ ! -x "${applied%/*}" ] || [ -e "$applied" ] && [ ! -r "$applied" ]; then
		applied_fault 'permission denied'
		return
	fi
	if [ ! -f "$applied" ]; then
		! has_committed || applied_fault 'it is missing'
		return 0
	fi
	{
		line=''
		IFS= read -r line
		case $line in
		2) ;;
		'')
			applied_fault 'it is empty'
			return 0
			;;
		*)
			applied_fault "format $line"
			return 0
			;;
		esac
		whole=''
		while IFS= read -r line; do
			[ "$line" != end ] || {
				whole=yes
				break
			}
			printf "a$US%s\n" "$line"
			path=$root${line%%"$US"*}
			case $line in
			/*) ;;
			*) continue ;;
			esac
			case $NL$entries in
			*"$NL"?"$path$NL"*) ;;
			*) entries=${entries}d$path$NL ;;
			esac
		done
	} <"$applied"
	IFS=$WS
	[ "$whole" = yes ] || applied_fault 'it is truncated'
}

applied_fault() {
	word "$1"
	printf "A$US%s$US\n" "$word"
}

# Whether a transaction has left something here: then it has left a record too.
has_committed() {
	set +f
	set -- "${applied%/*}"/history/[0-9]*/ended
	set -f
	for ended; do
		how=''
		{ IFS=$US read -r how _ <"$ended"; } 2>/dev/null
		[ "$how" != committed ] || return 0
	done
	return 1
}

# Names one thing in directory $1 that nobody looks at, if there is one.
observe_foreign() {
	if [ ! -r "$1" ] || [ ! -x "$1" ]; then
		printf "d$US%s$US%s\n" "$1" '=?'
		return
	fi
	set +f
	for held in "$1"/* "$1"/.[!.]* "$1"/..?*; do
		[ -e "$held" ] || [ -L "$held" ] || continue
		case $NL$paths_asked in
		*"$NL$held$NL"*) continue ;;
		esac
		word "${held##*/}"
		printf "d$US%s$US%s\n" "$1" "$word"
		break
	done
	set -f
}

# Each of `entries` is a path after `c` (its content is wanted), `h` (its hash is enough) or `d` (so too, and if it is a
# directory, whether all that it holds is looked at).
observe_paths() {
	paths='' files='' shown='' paths_asked=''
	IFS=$NL
	for entry in $entries; do
		paths_asked=$paths_asked${entry#?}$NL
	done
	for entry in $entries; do
		path=${entry#?}
		paths=$paths$path$NL
		if [ -L "$path" ]; then
			target=$(readlink -n "$path" && echo .) && word "${target%.}" && printf "t$US%s$US%s\n" "$path" "$word"
		elif [ -f "$path" ]; then
			if [ -r "$path" ]; then
				files=$files$path$NL
				[ "$entry" != "c$path" ] || shown=$shown$path$NL
			else
				printf "x$US%s\n" "$path"
			fi
		elif [ -d "$path" ] && [ "$entry" = "d$path" ]; then
			observe_foreign "$path"
		fi
		if cd -P "${path%/*}/" 2>/dev/null; then
			word "$PWD"
			printf "p$US%s$US%s\n" "$path" "$word"
		fi
	done
	cd / || return
	set -- $paths
	[ $# -gt 0 ] || return 0
	{ errors=$(stat -c "s$US%f$US%U$US%u$US%G$US%g$US%s$US%Y$US%Z$US%i$US%n" "$@" 2>&1 >&4); } 4>&1
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
