# shellcheck shell=sh disable=SC3043,SC2034,SC3033
# SC3043: dash and busybox have `local`. SC2034: the world is set by who reads this.
# Stands before a host program: each outside command becomes a function that first asks the test, which may look at the
# world, end all of us, or have the command fail. `Z` is the folder where it listens.

znl='
'

# Asks with kind $1 and words $2; false if the command at hand shall fail. The answer is one byte, an empty line, so that
# two who ask at once cannot get half of each other's; whether to fail stands in a file of our own process.
zask() {
	IFS=' ' read -r zme _ </proc/self/stat
	command printf '%s|%s|%s\n' "$zme" "$1" "${2%%"$znl"*}" >"$Z/out"
	IFS= read -r _ <"$Z/in"
	[ ! -e "$Z/fail.$zme" ]
}

zfail() {
	command printf '%s: made to fail\n' "$1" >&2
	return 1
}

# A command that changes the world: what it is before and after may be a state to die in.
zwrites() {
	local IFS=' ' zwords="$*"
	# What they print may hold lines.
	case $1 in
	printf | echo) zwords=$1 ;;
	esac
	zask b "$zwords" || {
		zfail "$1"
		return
	}
	command "$@"
	set -- "$1" "$?"
	zask a "$1"
	return "$2"
}

# A command that only reads, unless its output goes to a file.
zreads() {
	local IFS=' '
	if [ -f /proc/self/fd/1 ]; then
		zwrites "$@"
		return
	fi
	zask r "$*" || {
		zfail "$1"
		return
	}
	command "$@"
}

for zname in mv cp chmod chown mkdir ln rm rmdir touch; do
	eval "$zname() { zwrites $zname \"\$@\"; }"
done
for zname in cat stat readlink base64 sha256sum cksum flock tr head tail wc du id; do
	eval "$zname() { zreads $zname \"\$@\"; }"
done

# Builtins that write do so through a redirection, which may leave an empty file.
printf() {
	if [ -f /proc/self/fd/1 ]; then
		zwrites printf "$@"
	else
		command printf "$@"
	fi
}

echo() {
	if [ -f /proc/self/fd/1 ]; then
		zwrites echo "$@"
	else
		command echo "$@"
	fi
}

date() {
	zask r date || {
		zfail date
		return
	}
	case $1 in
	+%s) command echo 1700000000 ;;
	*) command echo 2023-11-14T22:13:20Z ;;
	esac
}

# The disk is not asked to write: that nothing is lost in a power cut is not what these tests show.
sync() {
	local IFS=' '
	zask b "sync $*" || {
		zfail sync
		return
	}
	for zname; do
		[ -e "$zname" ] || return
	done
}

# Time passes by being slept away. Who only waits for the worker waits really.
sleep() {
	[ "$1" = 0.05 ] || {
		zask s "$1"
		return
	}
	command sleep 0.01
}

timeout() {
	while :; do
		case $1 in
		-s) shift 2 ;;
		-*) shift ;;
		*) break ;;
		esac
	done
	shift
	"$@"
}

sh() {
	# shellcheck disable=SC2016
	case "$1 $2" in
	'-c exec sha256sum <"$1"') sha256sum <"$4" ;;
	*) command sh "$@" ;;
	esac
}

unshare() {
	command echo 'unshare: not permitted' >&2
	return 1
}

journalctl() {
	:
}

systemctl() {
	local IFS=' '
	if [ "$1" = show ]; then
		zask r "systemctl $*" || {
			zfail systemctl
			return
		}
		[ "$2 $3 $4 $5 $6" = '-p ActiveState -p MainPID --' ] || return
		while IFS= read -r zline; do
			command printf '%s\n' "$zline"
		done <"$W/host/units/$7"
		return
	fi
	zservice systemctl "$@"
}

systemd_run() {
	zservice systemd_run "$@"
}

zservice() {
	local IFS=' '
	zask b "$*" || {
		zfail "$1"
		return
	}
	zask e "$*"
	set -- "$1" "$?"
	zask a "$1"
	return "$2"
}
