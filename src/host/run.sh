# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh and preflight.sh set.
# One transaction: lock, stage, save, compare, check, swap, activate, commit; or put back. Nothing live is touched before
# `swap`, and each step writes down what it is about to do, in `record`, before it does it.

verb_run() {
	read_manifest
	# The connection may end; what has begun is finished or put back all the same.
	trap '' HUP INT PIPE
	record=$state_dir/$id places='' swapped='' activated='' kept='' started='' directories=''
	transact
	trap - HUP INT PIPE
	return 0
}

transact() {
	step lock
	lock || return
	if stage_all && save_all && check_candidates && swap_all && check_live && activate "$handlers"; then
		step commit
		finish committed '' ''
		return
	fi
	failed_step=$step failed_reason=$reason
	step put-back
	if put_back; then
		finish put-back "$failed_step" "$failed_reason$kept"
	else
		set -- stuck "$failed_step" "$failed_reason$NL$reason${NL}the old files are in \`$record\`${places:+ and in$NL$places}"
		flush
		remember "$@"
		outcome "$@"
	fi
}

# To the operator, if there still is one, and to the record.
emit() {
	printf '%s\n' "$1"
	[ ! -d "$record" ] || printf '%s\n' "$1" >>"$record/journal"
} 2>/dev/null

step() {
	step=$1 reason=''
	emit "step$US$1$US"
}

outcome() {
	word "$3"
	emit "outcome$US$1$US$2$US$word$US"
}

# Writes down how the transaction ended: a record that is half removed must not be all that is left.
remember() {
	{
		printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$id" "$1"
		[ -z "$2" ] || printf 'at %s: %s\n' "$2" "$3"
	} >"$state_dir/last.new" && mv -f "$state_dir/last.new" "$state_dir/last"
} 2>/dev/null

# Says how the transaction ended, and removes what it needed.
finish() {
	flush
	remember "$@"
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		# Through our openings: whoever owns the mount may have put another folder under the name.
		eval "place=\${place_$number-}"
		[ -z "$place" ] || rm -rf "$place/$number.new" "$place/$number.old"
	done
	exec 5<&- 6<&- 7<&- 8<&- 9<&-
	IFS=$NL
	for place in $places; do
		rmdir "$place" 2>/dev/null
	done
	IFS=$WS
	rm -rf "$record"
	outcome "$@"
	rm -rf "$state_dir/lock"
}

# Renames must outlive a power cut before what could undo them is removed.
flush() {
	set --
	for number in $swapped; do
		eval "set -- \"\$@\" \"\$parent_$number\""
	done
	[ $# = 0 ] || try sync "$@" || reason=''
}

lock() {
	umask 077
	who="transaction $id since $(date -u +%Y-%m-%dT%H:%M:%SZ), by ${SUDO_USER:-$(id -un)}${SSH_CONNECTION:+ from ${SSH_CONNECTION%% *}}"
	if try mkdir -p "$state_dir" && try mkdir "$state_dir/lock"; then
		if try note "$state_dir/lock/who" "$who" && try mkdir "$record"; then
			return 0
		fi
		# The record stays: if there was one already, it holds somebody's old files.
		rm -rf "$state_dir/lock"
	elif [ -d "$state_dir/lock" ]; then
		who=''
		[ ! -r "$state_dir/lock/who" ] || IFS= read -r who <"$state_dir/lock/who"
		word "$who"
		emit "locked$US$word$US"
		return 1
	fi
	word "$reason"
	emit "outcome${US}put-back${US}lock$US$word$US"
	return 1
}

note() {
	printf '%s\n' "$2" >>"$1"
}

# Runs $1 for every entry, in order.
each() {
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		entry "$number"
		"$1" || {
			cd /
			return 1
		}
	done
	cd / || return
}

# Checks once more, if that was asked for. Without a namespace they wait until the candidates are live.
check_candidates() {
	live=no
	[ "$checking" = yes ] && [ -n "$checks" ] || return 0
	step check
	check_privately || {
		live=yes
		return 0
	}
	report "$verdicts"
}

check_live() {
	[ "$live" = yes ] || return 0
	step check
	verdicts=$(run_checks "$record/output")
	report "$verdicts"
}

# Passes verdicts on; false where one is bad.
report() {
	IFS=$NL
	for line in $1; do
		emit "$line"
	done
	for line in $1; do
		case $line in
		"check$US"*"${US}failed$US"*)
			line=${line#*"$US"}
			IFS=$WS
			reason="the check \`${line%%"$US"*}\` failed"
			return 1
			;;
		esac
	done
	IFS=$WS
}

# Handlers $1, in order, up to the first that fails; `activated` are those that did something.
activate() {
	[ -n "$1" ] || return 0
	step activate
	IFS=$NL
	for line in $1; do
		call_handler "$line" || return
		IFS=$NL
	done
	IFS=$WS
}

call_handler() {
	call=$1
	IFS=$US
	set -- $1
	IFS=$WS
	handler=$1 kind=$2
	shift 2
	emit "handler$US$handler${US}started${US}0$US=$US"
	uptime
	began=$now reason=''
	case $kind in
	daemon_reload | nginx_reload | puma_restart) "handler_$kind" "$@" ;;
	*)
		reason="the host program knows no handler \`$kind\`"
		(exit 4)
		;;
	esac
	code=$?
	IFS=$WS
	[ "$code" -ge 3 ] && [ "$code" -le 4 ] || activated=$activated$call$NL
	case $code in
	0) result='done' ;;
	3) result=skipped ;;
	*) result=failed ;;
	esac
	uptime
	word "$reason"
	emit "handler$US$handler$US$result$US$((now - began))$US$word$US"
	[ "$result" != failed ] || {
		reason="the handler \`$handler\` failed: $reason"
		return 1
	}
}

# Sets `now`, in milliseconds since the host started.
uptime() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}0
}

