#!/bin/sh
# Stands before the host's own commands, under their names. /root/hold says `STEP NAME…`: the first of those commands that
# is called when the transaction's last step is STEP waits until that file is gone. /root/fail says `STEP NAME ARGUMENT`:
# that command with this first argument fails whenever the last step is STEP.
name=${0##*/}
last() {
	step=guard
	for journal in /var/lib/zdt/new/journal /var/lib/zdt/open/journal; do
		[ ! -r "$journal" ] || while IFS=$(printf '\037') read -r tag word _; do
			[ "$tag" != step ] || step=$word
		done <"$journal"
	done
}
if [ -e /root/hold ]; then
	read -r wanted names </root/hold
	case " $names " in
	*" $name "*)
		last
		if [ "$step" = "$wanted" ] && /usr/bin/mkdir /root/held 2>/dev/null; then
			while [ -e /root/hold ]; do
				/usr/bin/sleep 0.05
			done
		fi
		;;
	esac
fi
if [ -e /root/fail ]; then
	last
	while read -r wanted command argument; do
		if [ "$step $name ${1-}" = "$wanted $command $argument" ]; then
			echo "$name fails, as it was told" >&2
			exit 1
		fi
	done </root/fail
fi
[ -x "/usr/bin/$name" ] && exec "/usr/bin/$name" "$@"
exec "/usr/sbin/$name" "$@"
