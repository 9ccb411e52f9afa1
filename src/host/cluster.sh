# shellcheck shell=sh disable=SC2034
# SC2034: other programs read these variables.
# Who Puma's workers are.

# Sets `found` to the workers of the Puma whose main process is $1. Their titles name it, whoever forked them: with
# `fork_worker` that is a thread of worker 0, and where worker 0 has ended they are nobody's children here. Anybody may call a
# process so: it must be of the same user.
workers_of() {
	found=''
	set +f
	set -- "$1" /proc/[0-9]*
	set -f
	family=$1
	shift
	uid_of "$family"
	family_uid=$uid
	for process; do
		title=''
		{ IFS= read -r title <"$process/cmdline"; } 2>/dev/null
		case $title in
		'puma: cluster worker '*": $family" | 'puma: cluster worker '*": $family "*) ;;
		*) continue ;;
		esac
		uid_of "${process#/proc/}"
		[ -z "$uid" ] || [ "$uid" != "$family_uid" ] || found="$found${process#/proc/} "
	done
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
