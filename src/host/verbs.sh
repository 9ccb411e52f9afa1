# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# What the operator asks for. The work is done by a process of its own, which outlives the connection; we read its journal
# aloud.

verb_run() {
	read_manifest
	ready || return 0
	[ ! -e "$state_dir/never-$id" ] || {
		rm -f "$state_dir/never-$id"
		reason='whoever asked for it was told meanwhile that it had not begun'
		refused begin
		return 0
	}
	# Armed first: there is no moment at which something is open and nobody would recover it.
	step=guard reason=''
	printf "step$US%s$US\n" "$step"
	if arm && step=begin && begin; then
		exec 5<"$record/journal"
		detached work
		read_along
	else
		disarm
		refused "$step"
	fi
	exec 4>&-
}

verb_recover() {
	read_manifest
	ready
	exec 4>&-
}

verb_confirm() {
	read_manifest
	answer confirmed
}

verb_revert() {
	read_manifest
	answer reverted
}

verb_follow() {
	read_manifest
	answer ''
}

# Gets the lock, and deals with what somebody left open.
ready() {
	umask 077
	open_lock || {
		refused lock
		return 1
	}
	await_lock || return
	[ -d "$state_dir/open" ] || {
		# Who died before a record was there, or after it had gone, has left drafts and a guard.
		disarm
		return 0
	}
	who=''
	IFS= read -r who 2>/dev/null <"$state_dir/open/who"
	open_id
	word "$who"
	printf "recovering$US%s$US%s$US\n" "$open_id" "$word"
	recover_aloud >/dev/null
	set_outcome "$open_id"
	if [ -z "$outcome_line" ] && [ ! -d "$state_dir/open" ]; then
		outcome_line="outcome${US}put-back${US}recover$US=nothing had been touched$US"
	fi
	outcome_line=${outcome_line:-"outcome${US}stuck${US}recover$US=recovery did not end$US"}
	printf 'recovered%s\n' "${outcome_line#outcome}"
	[ -d "$state_dir/open" ] || return 0
	printf '%s\n' "$outcome_line"
	exec 4>&-
	return 1
}

recover_aloud() {
	record=$state_dir/open
	command exec 5<>"$record/journal" || return
	# What it says already was heard by those who asked for it.
	while read -r _ <&5; do :; done
	detached recover
	read_along
}

refused() {
	word "$reason"
	printf "outcome${US}put-back$US%s$US%s$US\n" "$1" "$word"
	exec 4>&-
}

# The kernel frees this lock when its holder and all that it started are gone, dead or not: so recovery never meets a
# last command that is still at work.
open_lock() {
	command -v flock >/dev/null || {
		reason="\`flock\` is not on the host (Debian: package util-linux)"
		return 1
	}
	try mkdir -p "$state_dir" && try touch "$state_dir/lock" || return
	# `command`: else a shell ends where a redirection of `exec` fails.
	command exec 4>>"$state_dir/lock"
}

await_lock() {
	uptime
	until=$((now + lock_timeout * 1000)) shown=none
	until flock -n 4; do
		who=''
		[ ! -r "$state_dir/open/who" ] || IFS= read -r who <"$state_dir/open/who"
		word "$who"
		if [ "$word" != "$shown" ]; then
			shown=$word
			printf "waiting$US%s$US\n" "$word"
		fi
		uptime
		[ "$now" -lt "$until" ] || {
			printf "locked$US%s$US\n" "$word"
			exec 4>&-
			return 1
		}
		sleep 0.2
	done
} 2>/dev/null

# Runs $1 apart from the connection: nothing of it ends when we do.
detached() {
	(
		trap '' HUP INT PIPE
		exec </dev/null >/dev/null 2>&1 3<&- 5<&-
		cd /
		"$1"
	) &
	worker=$!
}

# Reads aloud what the journal says from now on, until the transaction has ended. Where the worker died, recovery goes on.
read_along() {
	part='' over=''
	while :; do
		if IFS= read -r line <&5; then
			line=$part$line part='' over=''
			printf '%s\n' "$line"
			case $line in
			"outcome$US"*) break ;;
			esac
		elif [ -n "$over" ]; then
			wait "$worker"
			[ -d "$state_dir/open" ] || break
			over=''
			detached recover
		else
			part=$part$line
			sleep 0.05
			kill -0 "$worker" 2>/dev/null || over=yes
		fi
	done
	wait "$worker"
	exec 5<&-
}

# Sets open_id, the transaction that is open.
open_id() {
	open_id=''
	{ IFS=$US read -r _ open_id _ <"$state_dir/open/manifest"; } 2>/dev/null
	IFS=$WS
}

# Sets outcome_line: how transaction $1 ended, as its record tells; empty where it has not.
set_outcome() {
	outcome_line='' ended=''
	set +f
	for of_history in "$state_dir"/history/*-"$1"; do :; done
	set -f
	if [ -r "$of_history/ended" ]; then
		IFS= read -r ended <"$of_history/ended"
		outcome_line="outcome$US${ended%"$US"*"$US"}$US"
	elif open_id && [ "$open_id" = "$1" ] && [ -e "$state_dir/open/stuck" ]; then
		word "$(cat "$state_dir/open/stuck")"
		outcome_line="outcome${US}stuck${US}put-back$US$word$US"
	fi
}

# Decides for $1, if that is asked and still open; then tells how the transaction has ended. Who only follows hears that
# it waits to be confirmed, for the connection that heard it may have broken.
answer() {
	record=$state_dir/open awaited=$1
	open_id
	if [ -n "$1" ] && [ "$open_id" = "$id" ] && [ -e "$record/awaiting" ]; then
		decide "$1"
	fi
	while :; do
		set_outcome "$id"
		[ -z "$outcome_line" ] || break
		open_id
		if [ "$open_id" != "$id" ]; then
			# A session that nobody listens to may still be about to begin it: it has the lock, or waits for it.
			open_lock || {
				never
				break
			}
			if flock -n 4; then
				open_id
				[ "$open_id" = "$id" ] || set_outcome "$id"
				[ "$open_id" = "$id" ] || [ -n "$outcome_line" ] || never
			fi
			exec 4>&-
			[ -z "$outcome_line" ] || break
			sleep 0.1
			continue
		fi
		if [ -z "$awaited" ] && IFS= read -r awaited <"$record/awaiting" && [ ! -L "$record/verdict-$id" ]; then
			printf "await$US%s$US\n" "$awaited"
		fi
		# A worker that died holds no lock.
		if open_lock && flock -n 4; then
			[ ! -d "$record" ] || recover_aloud >/dev/null
		fi
		exec 4>&-
		sleep 0.1
	done
	printf '%s\n' "$outcome_line"
} 2>/dev/null

# With the lock held, or where nobody can have it: what has not begun shall never begin, for we say that it has not.
never() {
	outcome_line="outcome${US}unknown$US$US=no transaction of this name is known here$US"
	# Only sessions that wait for the lock read it, and none waits for so long.
	find "$state_dir/." ! -name . -prune -name 'never-*' -mtime +1 -exec rm -f {} +
	try touch "$state_dir/never-$id"
}

verb_history() {
	read_manifest
	if [ -d "$state_dir" ] && [ ! -x "$state_dir" ]; then
		echo "\`$state_dir\` cannot be read: permission denied" >&2
		return 1
	fi
	set +f
	set -- "$state_dir"/history/[0-9]*
	set -f
	for record; do
		ended='' header=''
		[ -r "$record/ended" ] || continue
		IFS= read -r ended <"$record/ended"
		kind=apply by='=' since=''
		while IFS= read -r line; do
			IFS=$US
			set -- $line
			IFS=$WS
			case $1 in
			kind) kind=$2 ;;
			by) by=$2 ;;
			since) since=$2 ;;
			esac
			case $1 in
			entry | handler | check | applied) header=$header$line$NL ;;
			esac
		done <"$record/manifest"
		printf "record$US%s$US%s%s$US%s$US%s$US\n%s" "${record##*/}" "$ended" "$kind" "$by" "$since" "$header"
	done
}

# The saved old files of a record, each as base64 on its line.
verb_saved() {
	read_manifest
	case $id in
	*/* | *..*) return 1 ;;
	esac
	set +f
	set -- "$state_dir/history/$id"/*.old
	set -f
	for file; do
		if [ ! -f "$file" ] || [ -L "$file" ]; then
			continue
		fi
		number=${file##*/}
		printf "old$US%s$US" "${number%.old}"
		base64 <"$file" | tr -d '\n'
		printf '%s\n' "$US"
	done
}
