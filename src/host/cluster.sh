# shellcheck shell=sh disable=SC2034,SC2154
# SC2034: other programs read these variables. SC2154: NL, WS: words.sh.
# Who Puma's workers are.

# Sets `found` to the workers of the Puma whose main process is $1. Their titles name it, whoever forked them: with
# `fork_worker` that is a thread of worker 0, and where worker 0 has ended they are nobody's children here. Anybody may call a
# process so: it must be of the same user. One `grep` reads all titles: a shell reads them byte by byte.
workers_of() {
	found=''
	set +f
	titled_so=$(grep -a -E -l -s "^puma: cluster worker [0-9]+: $1([^0-9]|\$)" /proc/[0-9]*/cmdline)
	set -f
	cluster_fields=$IFS
	IFS=$NL
	for process in $titled_so; do
		IFS=$cluster_fields
		process=${process#/proc/}
		process=${process%/cmdline}
		is_users_like "$process" "$1" && found="$found$process "
		IFS=$NL
	done
	IFS=$cluster_fields
}

# Whether process $1 is, now, a worker of the Puma whose main process is $2.
is_worker() {
	grep -a -E -q -s "^puma: cluster worker [0-9]+: $2([^0-9]|\$)" "/proc/$1/cmdline" && is_users_like "$1" "$2"
}

# Whether processes $1 and $2 are of the same user.
is_users_like() {
	uid_of "$2"
	family_uid=$uid
	uid_of "$1"
	[ -n "$uid" ] && [ "$uid" = "$family_uid" ]
}

# Sets `uid` to the real user id of process $1; empty where there is no such process.
uid_of() {
	uid=''
	while read -r key value _; do
		[ "$key" = Uid: ] || continue
		uid=$value
		return
	done 2>/dev/null <"/proc/$1/status"
}
