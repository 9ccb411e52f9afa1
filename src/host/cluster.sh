# shellcheck shell=sh disable=SC2034
# SC2034: other programs read these variables.
# Who Puma's workers are.

# Sets `found` to the workers of the Puma whose main process is $1. Their titles name it, whoever forked them: with
# `fork_worker` that is a thread of worker 0, and where worker 0 has ended they are nobody's children here.
workers_of() {
	found=''
	set +f
	set -- "$1" /proc/[0-9]*
	set -f
	family=$1
	shift
	for process; do
		title=''
		{ IFS= read -r title <"$process/cmdline"; } 2>/dev/null
		case $title in
		'puma: cluster worker '*": $family" | 'puma: cluster worker '*": $family "*) found="$found${process#/proc/} " ;;
		esac
	done
}
