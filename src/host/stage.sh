# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh
# and the other parts of this program set.
# Stages the candidates on the mounts that they go to, saves the old, and compares with what the plan saw. Nothing live
# is touched.

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

stage_all() {
	step stage
	mounts=$(cat /proc/self/mountinfo) && try cd "$state_dir" && cd -P "$state_dir" || return
	mount_of "$PWD"
	device=$(stat -c %d .) || return
	state_mount="$mount $device"
	each stage
}

stage() {
	nearest
	place_on "$ancestor" || return
	eval "place_$number=\$place"
	case $put in
	remove) ;;
	attributes) [ "$seen_kind" = directory ] || candidate "$place/$number.new" ;;
	directory) [ "$seen_kind" = directory ] || candidate "$place/$number.new" ;;
	*) candidate "$place/$number.new" ;;
	esac || {
		reason="\`$path\`: $reason"
		return 1
	}
	# A name that outlives a power cut must not lead to an empty file.
	case $put in
	file | saved | attributes) [ ! -f "$place/$number.new" ] || to_disk "$place/$number.new" ;;
	esac
}

# Sets `mount` to the mount point that holds directory $1.
mount_of() {
	mount=/
	IFS=$NL
	for line in $mounts; do
		IFS=$WS
		set -- "$1" $line
		point=$6
		case $point in
		*\\*) point=$(printf '%b' "$point") ;;
		esac
		case $1/ in
		"${point%/}"/*) [ "${#point}" -lt "${#mount}" ] || mount=$point ;;
		esac
	done
	IFS=$WS
}

# Sets `place` to a staging folder from which a rename reaches directory $1: on the same mount, and on the same device,
# for a mount may hold volumes of its own (btrfs), between which `mv` would copy.
place_on() {
	mount_of "$1"
	device=$(stat -c %d "$1") || {
		reason="\`$1\` is not there any more"
		return 1
	}
	place=$record
	[ "$mount $device" != "$state_mount" ] || return 0
	top=$mount
	if [ "$(stat -c %d "$mount")" != "$device" ]; then
		top=$1
		while [ "$(stat -c %d "${top%/*}/")" = "$device" ]; do
			top=${top%/*}
		done
	fi
	place=${top%/}/.zdt-$id
	# Recovery must find what we make.
	try note "$record/staged" "$number$US$place$US" || return
	case $NL$places in
	*"$NL$place$NL"*)
		private_place
		return
		;;
	esac
	try mkdir -m 0700 "$place" || return
	places=$places$place$NL
	private_place
}

# Whoever may write to the mount's root may rename our folder and put another in its place. So it is opened once, looked
# at, and from then on reached through that opening.
private_place() {
	descriptor=5
	IFS=$NL
	for line in $places; do
		[ "$line" != "$place" ] || break
		descriptor=$((descriptor + 1))
	done
	IFS=$WS
	[ "$descriptor" -lt 10 ] || {
		reason='the files lie on more than five mounts'
		return 1
	}
	opening=/proc/self/fd/$descriptor
	# `command`: else a shell ends where a redirection of `exec` fails.
	[ -e "$opening/" ] || eval "command exec $descriptor<\"\$place/.\"" 2>/dev/null
	detail=$(readlink "$opening" && stat -L -c '%u %a' "$opening")
	# A folder may hand its set-group-id bit on.
	[ "$detail" = "$place$NL$(id -u) 700" ] || [ "$detail" = "$place$NL$(id -u) 2700" ] || {
		reason="somebody exchanged the staging folder \`$place\`"
		return 1
	}
	place=$opening
}

save_all() {
	step compare
	each save || return
	# Where the old files are must outlive a power cut.
	IFS=$NL
	set -- $places
	IFS=$WS
	to_disk "$record" "$@"
}

# Compares the path with what the plan saw, and saves it beside its candidate: the old file itself, not a copy.
save() {
	[ -n "$seen_parent" ] || return 0
	enter "$seen_parent" && unchanged || return
	eval "place=\$place_$number"
	case $kind in
	file | link)
		try ln "./$name" "$place/$number.old" || try cp -a "./$name" "$place/$number.old"
		;;
	directory)
		[ "$put" != remove ] || try mkdir "$place/$number.old" || return
		[ "$put" != remove ] || try chmod "0$seen_mode" "$place/$number.old" || return
		[ "$put" != remove ] || [ "$(id -u)" != 0 ] || try chown "$seen_owner:$seen_group" "$place/$number.old" || return
		[ "$put" != remove ] || try touch -r "./$name" "$place/$number.old"
		;;
	absent) ;;
	*)
		reason="\`$path\` is a $kind; zdt does not replace those"
		return 1
		;;
	esac
}

# Goes into the directory of the entry at hand, which must be $1 once links are resolved: a link that somebody put into
# the way must not lead us elsewhere. From then on the path is `./$name`.
enter() {
	cd -P "$parent" 2>/dev/null || {
		reason="\`$parent\` is not there any more"
		return 1
	}
	[ "$PWD" = "$1" ] || {
		reason="\`$parent\` leads to \`$PWD\` now, not to \`$1\`"
		return 1
	}
}

# Whether the path is as the plan saw it; sets `kind`.
unchanged() {
	detail_of "./$name" || {
		reason="\`$path\` could not be read within a minute"
		return 1
	}
	now_mode='' now_owner='' now_group=''
	if [ "$kind" != absent ]; then
		look "./$name" || {
			reason="\`$path\` could not be looked at"
			return 1
		}
		seen="$kind $seen_mode $seen_owner:$seen_group $seen_detail"
		now="$kind $now_mode $now_owner:$now_group $detail"
	else
		seen='' now=''
	fi
	[ "$kind/$now" = "$seen_kind/$seen" ] || {
		reason="\`$path\` changed since it was looked at: it was $seen_kind $seen_mode $seen_owner:$seen_group, now it is $kind $now_mode $now_owner:$now_group"
		[ "${now% *}" != "${seen% *}" ] || reason="the content of \`$path\` changed since it was looked at"
		return 1
	}
}

# Sets now_mode, now_owner and now_group, written as the observation writes them.
look() {
	now=$(stat -c '%a %U %u %G %g' "$1") || return
	set -- $now
	now_mode=$1 now_owner=$2 now_group=$4
	case $now_owner in
	UNKNOWN | '?') now_owner=$3 ;;
	esac
	case $now_group in
	UNKNOWN | '?') now_group=$5 ;;
	esac
	while [ "${#now_mode}" -lt 4 ]; do
		now_mode=0$now_mode
	done
}

