# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this
# program set.
# Recovery: a transaction whose worker died is finished or undone, from what its record says; and the guard, which sees to
# it when no zdt comes.

# As the guard calls it: $1 is `recover`, or `boot` when services are yet to start; $2 the folder, $3 the transaction.
alone() {
	occasion=$1 state_dir=$2 id=$3
	open_lock || exit
	# Somebody is at work: the guard asks again.
	flock -n 4 || exit 0
	if [ -d "$state_dir/open" ]; then
		recover
	else
		disarm
	fi
}

# With the lock held, and the record there. Runs in a shell of its own: it reads the record's manifest.
recover() {
	record=$state_dir/open
	whole_manifest || {
		emit "step${US}recover$US"
		word 'its manifest is broken'
		# Then nothing has been touched.
		[ -e "$record/swapping" ] || try rm -rf "$record"
		disarm
		[ ! -d "$record" ] || {
			printf '%s\n' "its manifest is broken" >"$record/stuck"
			emit "outcome${US}stuck${US}recover$US$word$US"
		}
		return 1
	}
	read_manifest 3<"$record/manifest"
	chart
	recall
	[ ! -e "$record/stuck" ] || rm -f "$record/stuck"
	if [ -e "$record/ended" ]; then
		tidy || tidy || outcome stuck recover "\`$state_dir\` could not be tidied up: $reason"
	else
		step recover
		end_trials
		turn_back recover "it was interrupted at $(last_step)"
	fi
}

# Whether the manifest was written to its end.
whole_manifest() {
	line=''
	while IFS= read -r next; do
		line=$next
	done <"$record/manifest" || return
	[ "$line" = "end$US" ]
} 2>/dev/null

# The last step that the journal names before recovery.
last_step() {
	last=begin
	while IFS=$US read -r tag name _; do
		case $tag:$name in
		step:put-back | step:recover) ;;
		step:*) last=$name ;;
		esac
	done <"$record/journal"
	printf '%s' "$last"
}

# Takes up what the worker knew.
recall() {
	# Nobody asked for requests to be counted by who only tidies up.
	places='' activated='' started='' kept='' boot='' witness='' witnesses='' witness_count=0 witness_hosts='' several=no tried_units='' doubted=no
	[ ! -e "$record/doubted" ] || doubted=yes
	lines_of activated
	activated=$lines
	lines_of started
	started=$lines
	lines_of swapped
	swapped=' '
	IFS=$NL
	for line in $lines; do
		swapped="$swapped$line "
	done
	IFS=$NL
	for line in $header; do
		case $line in
		"boot$US"*)
			boot=${line#*"$US"}
			boot=${boot%"$US"}
			;;
		esac
	done
	IFS=$WS
	now_boot=''
	{ IFS= read -r now_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
	# Since the host restarted, services have read what the swap had put there, whatever the worker had activated.
	if [ "$boot" != "$now_boot" ] && [ -e "$record/swapping" ]; then
		activated=$handlers swapped=all
	fi
	# They start after us, and read what is there then.
	[ "${occasion:-}" != boot ] || activated=$(only_daemon_reload)
	reopen_places
}

# Sets `lines` to those of file $1 of the record. No command helps: one that failed would make us forget what to undo.
lines_of() {
	lines=''
	[ -f "$record/$1" ] || return 0
	while IFS= read -r line; do
		lines=$lines$line$NL
	done <"$record/$1"
}

only_daemon_reload() {
	IFS=$NL
	for line in $handlers; do
		case $line in
		*"${US}daemon_reload$US"*) printf '%s\n' "$line" ;;
		esac
	done
}

# What of the staging folders on other mounts is still there.
reopen_places() {
	[ -f "$record/staged" ] || return 0
	while IFS=$US read -r number place _; do
		case $NL$places in
		*"$NL$place$NL"*) ;;
		*) places=$places$place$NL ;;
		esac
		# Twice: one that could not be looked at would be forgotten with all that it holds.
		[ -d "$place" ] && { private_place || private_place; } || place=/nonexistent
		eval "place_$number=\$place"
	done <"$record/staged"
	IFS=$WS
}

# Lets the host recover by itself, from before there is a record until all is tidied up.
arm() {
	[ "$guarded" = yes ] || return 0
	try write_program || return
	if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
		# The timer first: it tidies up where we die before the rest.
		try systemd-run --quiet --collect --unit="zdt-recover-$id" --on-active=10 --on-unit-inactive=5 \
			--timer-property=AccuracySec=1s /bin/sh "$state_dir/program" recover "$state_dir" "$id" &&
			try write_unit && to_disk "$state_dir/program" "$guard_unit" "$guard_wants"
	else
		watch
	fi
}

# The text that recovers, whatever became of those who sent it.
write_program() {
	{
		# shellcheck disable=SC2016
		printf '%s\n' 'US=$(printf "\037")' 'export LC_ALL=C' 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin' 'set -f' 'text=' &&
			printf '%s\n' "$transaction_text$run_text" 'alone "$@"'
	} >"$state_dir/program.new" && mv -f "$state_dir/program.new" "$state_dir/program"
}

guard_unit=/etc/systemd/system/zdt-recover.service
guard_wants=/etc/systemd/system/sysinit.target.wants

# A restart of the host ends timers that were made at run time: this unit stays.
write_unit() {
	mkdir -p "$guard_wants" && cat >"$state_dir/unit.new" <<-END && chmod 0644 "$state_dir/unit.new" && mv -f "$state_dir/unit.new" "$guard_unit" && ln -sf ../zdt-recover.service "$guard_wants/"
		[Unit]
		Description=Put back what zdt transaction $id left open
		Documentation=file:$state_dir/open/journal
		DefaultDependencies=no
		RequiresMountsFor=$state_dir
		ConditionPathExists=$state_dir/program
		After=local-fs.target
		Before=sysinit.target shutdown.target
		Conflicts=shutdown.target
		[Service]
		Type=oneshot
		TimeoutStartSec=120
		ExecStart=/bin/sh $state_dir/program boot $state_dir $id
	END
}

# Where there is no systemd, a process waits. It is no help after a restart; then the next zdt is.
watch() {
	(
		trap '' HUP INT PIPE
		exec </dev/null >/dev/null 2>&1 3<&- 4<&-
		cd /
		while sleep 2 && [ -e "$state_dir/program" ]; do
			sh "$state_dir/program" recover "$state_dir" "$id"
		done
	) &
}

# Nothing of the guard stays. What cannot be removed now, it removes itself when it next asks.
disarm() {
	[ ! -e "$state_dir/new" ] || rm -rf "$state_dir/new"
	[ ! -e "$state_dir/program.new" ] || rm -f "$state_dir/program.new"
	[ -e "$state_dir/program" ] || return 0
	if [ -e "$guard_unit" ] || [ -L "$guard_wants/zdt-recover.service" ]; then
		rm -f "$guard_wants/zdt-recover.service" "$guard_unit" || return
	fi
	# Also that of one who died before this, and whom we overtook.
	[ ! -d /run/systemd/system ] || systemctl stop 'zdt-recover-*.timer' || return
	rm -f "$state_dir/unit.new" "$state_dir/program"
} >/dev/null 2>&1
