# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh
# and run.sh set.
# Stages the candidates on the mounts that they go to, saves the old, and compares with what the plan saw. Nothing live
# is touched.

stage_all() {
	step stage
	mounts=$(cat /proc/self/mountinfo)
	try cd "$state_dir" && cd -P "$state_dir" || return
	mount_of "$PWD"
	state_mount=$mount
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
	# A name that outlives a power cut must not lead to an empty file. An old `sync` takes no names; then it is as it was.
	[ "$put" != file ] || try sync "$place/$number.new" || reason=''
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

# Sets `place` to the staging folder on the mount of directory $1: a rename must not cross mounts.
place_on() {
	mount_of "$1"
	place=$record
	[ "$mount" != "$state_mount" ] || return 0
	place=${mount%/}/.zdt-$id
	case $NL$places in
	*"$NL$place$NL"*)
		private_place
		return
		;;
	esac
	try note "$record/places" "$place" && try mkdir -m 0700 "$place" || return
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
	[ -e "/proc/self/fd/$descriptor/" ] || eval "exec $descriptor<\"\$place\"" || return
	place=/proc/self/fd/$descriptor
	detail=$(stat -L -c '%u %a' "$place")
	[ "$detail" = "$(id -u) 700" ] || {
		reason="somebody exchanged the staging folder on \`$mount\`"
		return 1
	}
}

save_all() {
	step compare
	each save
}

# Compares the path with what the plan saw, and saves it beside its candidate: the old file itself, not a copy.
save() {
	[ -n "$seen_parent" ] || return 0
	enter "${seen_parent}" && unchanged || return
	eval "place=\$place_$number"
	try note "$record/saved" "$number $path" || return
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

