# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh,
# preflight.sh and the other parts of this program set.
# The checks of a run: once more on the candidates, or, without a namespace, on what is live before it is activated.

# Checks once more, if that was asked for. Without a namespace they wait until the candidates are live.
check_candidates() {
	live=no
	[ "$checking" = yes ] && [ -n "$checks" ] || return 0
	step check
	check_privately
	case $? in
	0) report ;;
	1) live=yes ;;
	*)
		reason="the checks could not run: $reason"
		return 1
		;;
	esac
}

check_live() {
	[ "$live" = yes ] || return 0
	step check
	verdicts=$(run_checks "$record/output")
	report
}

# Passes `verdicts` on; false unless every check passed: one that could not look is no reason to go on.
report() {
	IFS=$NL
	set -- $checks
	wanted=$# passed=0
	set -- $verdicts
	IFS=$WS
	for line in "$@"; do
		emit "$line"
	done
	for line in "$@"; do
		IFS=$US
		set -- $line
		IFS=$WS
		case $1:$3 in
		check:passed) passed=$((passed + 1)) ;;
		check:failed)
			reason="the check \`$2\` failed"
			return 1
			;;
		*)
			plain "${5-}"
			reason="the check \`$2\` could not run${plain:+: $plain}"
			return 1
			;;
		esac
	done
	[ "$passed" = "$wanted" ] || {
		reason='not every check gave a verdict'
		return 1
	}
}
