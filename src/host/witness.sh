# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this program
# set.
# The witness: while anything is activated, or put back, real requests go through nginx at a steady rate, and each is counted.
# Each app that is concerned has one. They run on the host, so what they see decides even where nobody is connected any more.


# Begins to ask for each app, unless that is done; where it cannot, that is told. Sets `witnesses`, a line each: number, pid, unit,
# and whether the site did not answer before either; and `several`: whether more than one app is concerned.
witness_begin() {
	[ -n "$witness" ] && [ -z "$witnesses" ] || return 0
	witness_subjects
	[ -n "$subjects" ] || return 0
	IFS=$NL
	for subject in $subjects; do
		IFS=$US
		set -- $subject
		IFS=$WS
		witness_start "$@"
		IFS=$NL
	done
	IFS=$WS
	[ -n "$witnesses" ] || {
		witness=''
		return 0
	}
	# What fails before anything was done is nobody's fault here.
	uptime
	until=$((now + 4000)) slow=yes
	while [ "$slow" = yes ] && [ "$now" -lt "$until" ]; do
		sleep 0.1
		uptime
		slow=no
		each_witness is_slow
	done
	begun=$witnesses witnesses=''
	IFS=$NL
	for line in $begun; do
		IFS=$WS
		excuse "$line"
		IFS=$NL
	done
	IFS=$WS
}

# Sets `subjects`: unit, socket and another place of it, of each app whose requests are at stake, as the handlers name them.
witness_subjects() {
	subjects='' several=no
	IFS=$NL
	for line in $handlers; do
		IFS=$US
		set -- $line
		IFS=$WS
		case $2 in
		nginx_reload)
			shift 3
			while [ $# -ge 2 ]; do
				subject "$1" "$2" ''
				shift 2
			done
			;;
		puma_phased | puma_restart) subject "$3" "${6-}" '' ;;
		# On the way back nginx is at Puma's own.
		puma_activate | puma_listen) subject "$3" "${8-}" "${6-}" ;;
		esac
		IFS=$NL
	done
	IFS=$WS
}

subject() {
	case $NL$subjects in
	*"$NL$1$US"*) return ;;
	esac
	# Where it was said whom to ask, that is one.
	[ -z "$subjects" ] || [ -z "$witness_address" ] || return 0
	[ -z "$subjects" ] || several=yes
	subjects=$subjects$1$US$2$US$3$US$NL
}

# Begins for unit $1, whose socket is $2 or $3.
witness_start() {
	unwitnessed='' main=0
	unit_state "$1"
	if [ "$main" = 0 ] || ! title_of "$main" || ! is_puma || ! puma_ruby "$main"; then
		unwitnessed='Puma does not run, so nobody is served'
	elif ! witness_find "$2" "$3"; then
		unwitnessed="no server of nginx was found that hands requests to \`$2\`"
	fi
	[ -z "$unwitnessed" ] || {
		[ "$several" = no ] || unwitnessed="\`$1\`: $unwitnessed"
		word "$unwitnessed"
		emit "unwitnessed$US$word$US"
		return 0
	}
	witness_count=$((witness_count + 1)) witness_hosts=$witness_hosts$2$US$ask_host$US$NL
	witness_file "$witness_count"
	(
		trap '' HUP INT
		exec $as_puma "$ruby" --disable=gems -e "$witness_program" "$ask_scheme" "$ask_address" "$ask_port" \
			"${ask_host:-localhost}" "${witness_path:-/}" "$witness_method" "$witness_rate" "$witness_expect" \
			"$witness_header" >"$file" 2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	) &
	witnesses=$witnesses$witness_count$US$!$US$1$US$NL
}

# Sets `file` to where witness $1 writes what it sees.
witness_file() {
	file=$record/witness
	[ "$1" = 1 ] || file=$file-$1
}

# Calls $1 for each witness with its number, pid, unit and excuse.
each_witness() {
	calls=$1
	IFS=$NL
	for line in $witnesses; do
		IFS=$US
		set -- $line
		IFS=$WS
		"$calls" "$@"
		IFS=$NL
	done
	IFS=$WS
}

is_slow() {
	saw_so_far "$1"
	[ "$answered" -ge 5 ] || slow=yes
}

excuse() {
	saw_so_far "${1%%"$US"*}"
	if [ "$answered" -ge 5 ] && [ "$failed" -lt "$answered" ]; then
		witnesses=$witnesses$1no$US$NL
	else
		witnesses=$witnesses$1yes$US$NL
	fi
}

# Sets `sent`, `answered`, `failed` as witness $1 tells by now.
saw_so_far() {
	sent=0 answered=0 failed=0
	witness_file "$1"
	said=$(tail -n 1 "$file" 2>/dev/null)
	case $said in
	'at '*[!0-9\ at]*) ;;
	'at '[0-9]*' '[0-9]*' '[0-9]*)
		set -- $said
		sent=$2 answered=$3 failed=$4
		;;
	esac
}

# Sets `sent` and `failed` as all witnesses tell by now.
witness_so_far() {
	all_sent=0 all_failed=0
	each_witness add_so_far
	sent=$all_sent failed=$all_failed
}

add_so_far() {
	saw_so_far "$1"
	all_sent=$((all_sent + sent)) all_failed=$((all_failed + failed))
}

# Sets `page_host` to the name under which the app at socket $1 is asked for pages.
witness_host_of() {
	page_host=${witness_host:-localhost}
	case $NL$witness_hosts in
	*"$NL$1$US"*)
		page_host=${witness_hosts#*"$1$US"}
		page_host=${page_host%%"$US"*}
		;;
	esac
}

# Ends them, tells what they have seen, and judges: false, with `reason`, where more failed or waited longer than may be. $1 is
# how many milliseconds a restart may make requests wait; empty: nobody knows.
witness_end() {
	[ -n "$witnesses" ] || return 0
	# What follows a restart at once belongs to it.
	sleep 0.5
	each_witness tell_to_end
	uptime
	until=$((now + 35000)) stall=$1 fault=''
	each_witness judge_witness
	witnesses='' witness_count=0
	[ -z "$fault" ] || {
		reason=$fault
		return 1
	}
}

tell_to_end() {
	kill -TERM "$2" 2>/dev/null
}

# Witness $1 with pid $2, of unit $3, excused or not: $4. Sets `fault` to what it cannot let pass, unless there is one.
judge_witness() {
	while kill -0 "$2" 2>/dev/null && [ "$now" -lt "$until" ]; do
		sleep 0.1
		uptime
	done
	kill -KILL "$2" 2>/dev/null
	wait "$2" 2>/dev/null
	witness_file "$1"
	said=$(tail -n 1 "$file" 2>/dev/null)
	rm -f "$file"
	case $said in
	'end '*[!a-zA-Z0-9\ .:,_-]*) said='' ;;
	'end '[0-9]*) ;;
	*) said='' ;;
	esac
	about='' excused=$4
	[ "$several" = no ] || about=$3
	set -- $said
	case $# in
	8) ;;
	*)
		word "${about:+\`$about\`: }it was lost: what it counted is not known"
		emit "unwitnessed$US$word$US"
		fault=${fault:-'the witness of the requests was lost: whether any failed is not known'}
		return
		;;
	esac
	# end SENT FAILED P50 P99 LONGEST KINDS ANSWERS
	allowed=''
	[ -z "$stall" ] || allowed=$((witness_stall + stall))
	emit "witnessed$US$2$US$3$US$4$US$5$US$6$US$allowed$US$7$US$8$US$excused$US${about:+$about$US}"
	[ "$excused" = no ] || return 0
	if [ "$3" -gt "$witness_failed" ]; then
		fault=${fault:-"${about:+\`$about\`: }$3 of $2 requests failed ($7)"}
	elif [ -n "$allowed" ] && [ "$6" -gt "$allowed" ]; then
		fault=${fault:-"${about:+\`$about\`: }a request waited $6 ms, and $allowed ms were allowed"}
	fi
}
