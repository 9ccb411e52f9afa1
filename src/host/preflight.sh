# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh and manifest.sh set.
# Runs checks on candidates in a private mount namespace: they lie over their real paths, everything else is read-only
# or a layer that vanishes. Nothing of it reaches the host.

verb_preflight() {
	read_manifest
	[ -n "$checks" ] || return 0
	check_privately
	case $? in
	0) ;;
	1) verdicts=$(all_checks deferred "$reason") ;;
	*) verdicts=$(all_checks not-run "$reason") ;;
	esac
	printf '%s\n' "$verdicts"
}

# A check's verdict. The last word is output or reason.
verdict() {
	word "$4"
	printf "check$US%s$US%s$US%s$US%s$US\n" "$1" "$2" "$3" "$word"
}

# The verdict $1 for every check, with reason $2.
all_checks() {
	IFS=$NL
	for line in $checks; do
		verdict "${line%%"$US"*}" "$1" 0 "$2"
	done
	IFS=$WS
}

# Sets `verdicts`; or says in `reason` why there is no namespace to be had here: 1, then checks wait for the swap; or why
# there are no verdicts although there is one: 2, then nobody looked.
check_privately() {
	[ "$(id -u)" = 0 ] || {
		reason='checks need root, for a private mount namespace'
		return 1
	}
	try unshare -m true || {
		reason="no private mount namespace: $reason"
		return 1
	}
	export US
	# What ends the shell before its checks are done must not pass for a host without namespaces: only 4 says so.
	verdicts=$(print_manifest | unshare -m sh -c "set -f
exec 3<&0 </dev/null
text=
$transaction_text
check_inside" 2>&1)
	case $? in
	0) return 0 ;;
	4)
		reason="no private mount namespace: $verdicts"
		return 1
		;;
	*)
		reason=${verdicts:-'the shell in the private mount namespace ended without a word'}
		return 2
		;;
	esac
}

check_inside() {
	read_manifest
	build_private || {
		printf '%s\n' "$reason"
		exit 4
	}
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		entry "$number"
		lay || {
			printf '%s\n' "the candidate could not be laid over \`$path\`: $reason"
			exit 5
		}
	done
	run_checks "$scratch/output"
	exit 0
}

build_private() {
	try mount --make-rprivate / || return
	covered=''
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		entry "$number"
		nearest
		nameable
		[ "$ancestor" != / ] || {
			reason="\`$path\` would need a layer over the whole of \`/\`"
			return 1
		}
		covered=$covered$ancestor$NL
	done
	# Where validators leave their own traces: process ids, logs, caches.
	for ancestor in /run /tmp /var/tmp /var/log /var/lib /var/cache; do
		cd -P "$ancestor" 2>/dev/null && covered=$covered$PWD$NL
	done
	cd / || return
	scratch=''
	for place in /mnt /media /srv /opt /home /dev/shm; do
		if [ ! -d "$place" ] || [ -L "$place" ]; then
			continue
		fi
		# Ours will hide it: a validator might need what lies there, except in the last.
		[ "$place" = /dev/shm ] || [ -z "$(ls -A "$place" 2>&1)" ] || continue
		case $NL$covered in
		*"$NL$place$NL"* | *"$NL$place/"*) ;;
		*)
			scratch=$place
			break
			;;
		esac
	done
	[ -n "$scratch" ] || {
		reason='no folder to build the namespace in'
		return 1
	}
	mounts=$(cat /proc/self/mountinfo)
	try mount -t tmpfs -o mode=0755,size=64m zdt "$scratch" || return
	layer=0 layers=''
	IFS=$NL
	for place in $covered; do
		IFS=$WS
		under "$place" "$covered" || cover "$place" || return
		IFS=$NL
	done
	read_only
}

# Goes up from `ancestor` to a folder over which a layer can be laid: `mount` reads some characters of a name otherwise, and an
# instance's drop-ins may lie in `app@my\x2dapp.service.d`.
nameable() {
	while :; do
		case $ancestor in
		*[\\,:]*) ancestor=${ancestor%/*} ;;
		*) break ;;
		esac
	done
	ancestor=${ancestor:-/}
}

# Whether $1 lies below one of the lines of $2.
under() {
	IFS=$NL
	for above in $2; do
		case $1 in
		"$above"/*)
			IFS=$WS
			return 0
			;;
		esac
	done
	IFS=$WS
	return 1
}

# Lays a layer over directory $1, once.
cover() {
	case $NL$layers in
	*"$NL$1$NL"*) return 0 ;;
	esac
	case $1 in
	*[\\,:]*)
		reason="no layer over \`$1\`, for its name"
		return 1
		;;
	esac
	layer=$((layer + 1))
	try mkdir "$scratch/$layer" "$scratch/$layer/upper" "$scratch/$layer/work" || return
	# A new upper directory would hide the owner and mode of the one below.
	set -- "$1" "$(stat -c '%u:%g' "$1")" "$(stat -c %a "$1")"
	try chown "$2" "$scratch/$layer/upper" && try chmod "$3" "$scratch/$layer/upper" || return
	try mount -t overlay -o "lowerdir=$1,upperdir=$scratch/$layer/upper,workdir=$scratch/$layer/work" zdt "$1" || {
		reason="no layer over \`$1\`: $reason"
		return 1
	}
	layers=$layers$1$NL
}

# Makes every mount that no layer hides read-only. Automounts are left alone: to touch one would mount it.
read_only() {
	IFS=$NL
	for line in $mounts; do
		IFS=$WS
		set -- $line
		case $line in
		*' - autofs '*) continue ;;
		esac
		case $6 in
		ro | ro,*) continue ;;
		esac
		point=$(printf '%b' "$5")
		case $NL$layers in
		*"$NL$point$NL"*) continue ;;
		esac
		# The folder that we build in may have been a mount before.
		[ "$point" != "$scratch" ] || continue
		under "$point" "$layers$scratch$NL" && continue
		try mount -o "remount,bind,ro${6#rw}" "$point" || {
			[ -e "$point" ] || continue
			reason="\`$point\` could not be made read-only: $reason"
			return 1
		}
		IFS=$NL
	done
	IFS=$WS
}

# Puts the candidate of the entry at hand in its place, in the namespace.
lay() {
	cd -P "$parent" 2>/dev/null || {
		reason="\`$parent\` is not there"
		return 1
	}
	# Whoever owns the folder may have put something there, to stop us or to let us wait. It is a layer: nothing is lost.
	draft=./.zdt-candidate
	try rm -rf "$draft" || return
	if [ "$put" = remove ]; then
		if [ -d "./$name" ] && [ ! -L "./$name" ]; then
			try rmdir "./$name"
		else
			try rm -f "./$name"
		fi
	elif [ "$seen_kind" = directory ] && [ -d "./$name" ] && [ ! -L "./$name" ]; then
		[ "$put" != file ] && [ "$put" != link ] || {
			reason='it is a directory'
			return 1
		}
		dress "./$name"
	else
		candidate "$draft" && try mv -fT "$draft" "./$name"
	fi || return
	cd / || return
}

# Runs all checks, output in file $1; `failed_check` is the first that failed.
run_checks() {
	# A validator makes logs and folders as it would by itself.
	umask 022
	failed_check='' output_file=$1
	IFS=$NL
	for line in $checks; do
		IFS=$US
		set -- $line
		IFS=$WS
		check=$1 user=$2
		shift 2
		run_check "$@"
		IFS=$NL
	done
	IFS=$WS
}

# One check, as words; 75 is a check's own way to say that it could not look.
run_check() {
	command -v "$1" >/dev/null || {
		verdict "$check" not-run 0 "\`$1\` is not on the host"
		return 0
	}
	if [ -n "$user" ] && [ "$user" != "$(id -un)" ]; then
		become "$user" "$@"
	else
		timeout -s KILL 30 "$@" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	fi >"$output_file" 2>&1
	code=$?
	output=$(head -c 65536 "$output_file")
	case $code in
	0) verdict "$check" passed 0 "$output" ;;
	75) verdict "$check" not-run 75 "$output" ;;
	137)
		verdict "$check" failed 137 "it did not end within 30 seconds$NL$output"
		failed_check=${failed_check:-$check}
		;;
	*)
		verdict "$check" failed "$code" "$output"
		failed_check=${failed_check:-$check}
		;;
	esac
}

# What the app's user runs gets none of our openings: requests come on 3, folders for staging lie behind the others.
become() {
	home=$(getent passwd "$1" 2>/dev/null)
	home=${home%:*}
	home=${home##*:}
	uid=$(id -u "$1") && gid=$(id -g "$1") || return 75
	shift
	# busybox has one that knows no users.
	if setpriv --reuid="$uid" --regid="$gid" --init-groups -- true 2>/dev/null; then
		HOME=${home:-/} timeout -s KILL 30 setpriv --reuid="$uid" --regid="$gid" --init-groups -- "$@" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	elif command -v runuser >/dev/null; then
		HOME=${home:-/} timeout -s KILL 30 runuser -u "$user" -- "$@" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	else
		echo "no setpriv and no runuser to become \`$user\` with"
		return 75
	fi
}
