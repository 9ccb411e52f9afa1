# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh,
# preflight.sh and the other parts of this program set.
# One transaction: stage, compare and save, check, swap, activate, wait for confirmation, commit; or put back. Its record,
# the folder `open`, says at any moment what recovery has to do. Every step may run twice. docs/transactions.md explains it.

# The text of this program, for recovery without us.
run_text=$text

# Makes the record of the request at hand. It appears whole or not at all.
begin() {
	record=$state_dir/open draft=$state_dir/new since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	boot=''
	{ IFS= read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
	who="transaction $id since $since, by ${by:-${SUDO_USER:-$(id -un)}}${SSH_CONNECTION:+ from ${SSH_CONNECTION%% *}}, doing: $doing"
	header="${header}boot$US$boot$US${NL}since$US$(date +%s)$US$NL"
	if try rm -rf "$draft" && try mkdir "$draft" && try note "$draft/who" "$who" && try note "$draft/journal" "step${US}begin$US" &&
		try write_record "$draft/manifest" && to_disk "$draft/manifest" "$draft" && try mv -T "$draft" "$record" &&
		to_disk "$state_dir"; then
		return 0
	fi
	rm -rf "$draft"
	# Not every shell says that the disk is full.
	reason="\`$state_dir\` could not be written to: is the disk full? ${reason##*"$NL"}"
	return 1
}

write_record() {
	print_record >"$1"
}

# What the worker does, from the record to its end. Nobody listens to it but the journal.
work() {
	places='' activated='' started='' kept='' swapped=' ' witnesses='' witness_count=0 witness_hosts='' several=no tried_units='' doubted=no
	chart
	if stage_all && save_all && check_candidates && swap_all && check_live && activate "$handlers" && confirmed; then
		step commit
		conclude committed '' ''
	else
		turn_back "$step" "$reason"
	fi
}

# Puts back what step $1 failed at for reason $2, unless somebody has confirmed it.
turn_back() {
	decide reverted
	if [ "$verdict" = confirmed ]; then
		step commit
		conclude committed '' ''
		return
	fi
	# Where no verdict could be written down, nobody shall give one any more.
	[ ! -e "$record/awaiting" ] || rm -f "$record/awaiting"
	step put-back
	if put_back; then
		conclude put-back "$1" "$2$kept"
	else
		set -- "$1" "$2$NL$reason$NL\`$record\` holds the old files"
		printf '%s\n' "$1: $2" >"$record/stuck"
		disarm
		outcome stuck "$@"
	fi
}

# To the journal: there the operator reads along, if there still is one.
emit() {
	printf '%s\n' "$1" >>"$record/journal"
} 2>/dev/null

step() {
	step=$1 reason=''
	emit "step$US$1$US"
}

outcome() {
	word "$3"
	emit "outcome$US$1$US$2$US$word$US"
}

note() {
	printf '%s\n' "$2" >>"$1"
}

# What is written must outlive a power cut before what follows. An old `sync` takes no names.
to_disk() {
	try sync "$@" || try sync
}

# Waits until somebody has confirmed over a connection of their own, or the time is over.
confirmed() {
	if [ "$confirm" = 0 ]; then
		decide confirmed
		[ "$verdict" = confirmed ]
		return
	fi
	step confirm
	try note "$record/awaiting" "$confirm" || return
	emit "await$US$confirm$US"
	uptime
	until=$((now + confirm * 1000))
	while :; do
		verdict=$(readlink "$record/verdict-$id")
		case $verdict in
		confirmed) return 0 ;;
		reverted)
			reason='it was taken back'
			return 1
			;;
		esac
		uptime
		[ "$now" -lt "$until" ] || {
			reason="nobody confirmed within $confirm s that the host can still be reached and is well"
			return 1
		}
		sleep 0.1
	done
}

# Decides for $1, unless it is decided; `verdict` is what was. A link is made or it is there: nobody can do both.
decide() {
	for _ in 1 2 3; do
		reason=$(ln -s "$1" "$record/verdict-$id" 2>&1)
		verdict=$(readlink "$record/verdict-$id")
		[ -z "$verdict" ] || return 0
	done
}

# Writes down how it ended, then tidies up. What cannot be tidied is left to recovery, which begins here again.
conclude() {
	word "$3"
	ended="$1$US$2$US$word$US$(date +%s)$US"
	tidy || tidy || {
		step tidy
		outcome "$1" "$2" "$3${3:+$NL}some of \`$state_dir\` could not be tidied up: $reason"
	}
}

# Ends the transaction as `ended` says.
tidy() {
	if [ ! -e "$record/ended" ]; then
		# Renames must outlive a power cut before what could undo them is removed.
		flush && try keep_text "$record/ended" "$ended" && to_disk "$record" || return
	fi
	IFS= read -r ended <"$record/ended" || return
	IFS=$US
	set -- $ended
	IFS=$WS
	case $1 in
	committed) bring_home && remember || return ;;
	esac
	leave_places "$1" && archive || return
	disarm
	emit "outcome$US$1$US$2$US$3$US"
	prune
}

# Writes $2 to file $1, which appears whole or not at all.
keep_text() {
	printf '%s\n' "$2" >"$1.new" && to_disk "$1.new" && mv -f "$1.new" "$1"
}

flush() {
	set --
	number=0
	[ -e "$record/swapping" ] || return 0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		entry "$number"
		[ ! -d "$parent" ] || set -- "$@" "$parent"
	done
	[ $# = 0 ] || to_disk "$@"
}

# What `sync` is to be told for path $1: it follows a link.
disk_name() {
	if [ -L "$1" ]; then
		printf '%s' "${1%/*}"
	else
		printf '%s' "$1"
	fi
}

# Old files that lie on other mounts come into the record.
bring_home() {
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		eval "place=\${place_$number:-\$record}"
		[ "$place" != "$record" ] || continue
		[ -e "$place/$number.old" ] || [ -L "$place/$number.old" ] || continue
		try rm -rf "$record/$number.copy" && try cp -a "$place/$number.old" "$record/$number.copy" &&
			to_disk "$(disk_name "$record/$number.copy")" && try mv -fT "$record/$number.copy" "$record/$number.old" &&
			try rm -rf "$place/$number.old" || return
	done
}

# Removes what was staged; old files too, unless they are what the history keeps of outcome $1.
leave_places() {
	number=0 saved=$1
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		# Through our openings: whoever owns the mount may have put another folder under the name.
		eval "place=\${place_$number:-\$record}"
		try rm -rf "$place/$number.new" || return
		[ "$place$saved" = "${record}committed" ] || try rm -rf "$place/$number.old" || return
	done
	IFS=$NL
	for place in $places; do
		# What somebody else has put there under its name is not ours.
		[ ! -d "$place" ] || try rmdir "$place" || try rmdir "$place"
	done
	IFS=$WS
	# No file of the record but those tells anything any more.
	[ ! -e "$record/witness-2" ] || forget_witnesses || return
	for name in activated awaiting doubted output page served started staged stuck swapped swapping witness; do
		[ ! -e "$record/$name" ] || try rm -f "$record/$name" || return
	done
}

# Of all but the first, which has its own name.
forget_witnesses() {
	set +f
	try rm -f "$record"/witness-*
	set -- "$?"
	set -f
	return "$1"
}

# Brings what the host remembers of zdt's work up to date: a line a thing, and `end`. What is not whole, says another
# format or is of no use to zdt is set aside.
remember() {
	names=$NL others='' format='' whole=''
	IFS=$NL
	for line in $applied; do
		names=$names${line%%"$US"*}$NL
	done
	IFS=$WS
	if [ -f "$state_dir/applied" ]; then
		{ IFS= read -r format && [ "$format" = 2 ] && while IFS= read -r line; do
			[ "$line" != end ] || {
				whole=yes
				break
			}
			case $names in
			*"$NL${line%%"$US"*}$NL"*) ;;
			*) others=$others$line$NL ;;
			esac
		done; } <"$state_dir/applied"
		# Of ours nothing is set aside: this may run twice.
		[ "$renew" = no ] || [ -z "$others" ] || whole=''
		[ "$whole" = yes ] || {
			others=''
			try mv -f "$state_dir/applied" "$state_dir/applied.other" || return
		}
	fi
	sign
	try keep_text "$state_dir/applied" "2$NL$remembered${others}end"
}

# Sets `remembered` to the lines of `applied`. Where a line ends with `now`, what tells its path as it is from what others
# make of it stands there instead: that is asked only of what this transaction has put there, for that alone its handlers
# have had read. The others bring what they had.
sign() {
	below=${state_dir%/var/lib/zdt} paths='' remembered=''
	IFS=$NL
	for line in $applied; do
		case $line in
		/*"${US}now$US") paths=$paths$below${line%%"$US"*}$NL ;;
		esac
	done
	set -- $paths
	# What is absent is left out; the others come in their order.
	[ $# = 0 ] || paths=$(stat -c "%i.%Z.%Y$US%n" "$@" 2>/dev/null)
	set -- $paths
	for line in $applied; do
		case $line in
		*"${US}gone$US"*) continue ;;
		*"${US}now$US")
			line=${line%"now$US"}
			case ${1-} in
			*"$US$below${line%%"$US"*}")
				line=$line${1%%"$US"*}
				shift
				;;
			esac
			line=$line$US
			;;
		esac
		remembered=$remembered$line$NL
	done
	IFS=$WS
}

# The record goes into the history: with this rename the transaction has ended.
archive() {
	last=0
	try mkdir -p "$state_dir/history" || return
	set +f
	for ended_record in "$state_dir"/history/[0-9]*; do
		last=${ended_record##*/}
		last=${last%%-*}
	done
	set -f
	case $last in
	*[!0-9]*) last=0 ;;
	esac
	last=$(printf '%06d' "$((${last#"${last%%[!0]*}"} + 1))")
	try mv -T "$record" "$state_dir/history/$last-$id" || return
	record=$state_dir/history/$last-$id
	to_disk "$state_dir" "$state_dir/history"
}

# Forgets the oldest records: at most `keep` of them stay, and `keep_size` KiB. The last one always stays.
prune() {
	set +f
	set -- "$state_dir"/history/[0-9]*
	set -f
	while [ $# -gt 1 ]; do
		size=$(du -sk "$state_dir/history")
		[ $# -gt "$keep" ] || [ "${size%%[!0-9]*}" -gt "$keep_size" ] || break
		try rm -rf "$1" || break
		shift
	done
}
