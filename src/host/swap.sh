# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh
# and run.sh set.
# Puts the staged candidates in place by rename, and undoes that.

swap_all() {
	step swap
	each swap
}

swap() {
	# A directory that this transaction makes has no parent that was seen: it must be the one that we made.
	expected=$seen_parent
	[ -n "$expected" ] || made "${parent%/}" || return
	# Compared once more: checks may have taken minutes.
	enter "$expected" && unchanged || return
	eval "place=\$place_$number parent_$number=\$expected"
	try note "$record/swapped" "$number" || return
	swapped="$number $swapped"
	case $put:$seen_kind in
	remove:absent) ;;
	remove:directory) try rmdir "./$name" ;;
	remove:*) try rm -f "./$name" ;;
	directory:directory | attributes:directory) dress_directory ;;
	*) try mv -fT "$place/$number.new" "./$name" ;;
	esac || {
		reason="\`$path\`: $reason"
		return 1
	}
	[ "$put" != directory ] || directories="${directories-}$path$US$PWD/$name$NL"
}

# Sets `expected` to where directory $1 lies, which this transaction made.
made() {
	IFS=$NL
	for line in ${directories-}; do
		[ "${line%%"$US"*}" != "$1" ] || expected=${line#*"$US"}
	done
	IFS=$WS
	[ -n "$expected" ] || {
		reason="\`$1\` is not there, and nothing makes it"
		return 1
	}
}

# Owner, group and mode of the directory at `./$name`, from inside it: the name may become a link at any moment.
dress_directory() {
	here=$PWD
	cd -P "./$name" || return
	[ "$PWD" = "${here%/}/$name" ] || {
		reason="it became a link"
		return 1
	}
	dress . && cd "$here" || return
}

# Undoes the swaps, last first, runs again what had been activated, and looks whether all is as it was.
put_back() {
	trouble='' IFS=$WS
	for number in $swapped; do
		entry "$number"
		undo || trouble="$trouble$NL\`$path\`: $reason"
	done
	cd / || return
	if [ -n "$activated" ]; then
		step activate
		again=$activated
		IFS=$NL
		for line in $again; do
			# What one of them cannot do is no reason to leave the others with new settings and old files.
			call_handler "$line" || trouble="$trouble$NL$reason"
			IFS=$NL
		done
		IFS=$WS
	fi
	for number in $swapped; do
		entry "$number"
		eval "expected=\$parent_$number"
		case $kept in
		*"\`$path\` stays"*) continue ;;
		esac
		[ -n "$seen_parent" ] || [ -e "$parent" ] || continue
		enter "$expected" && unchanged || trouble="$trouble$NL$reason"
	done
	cd / || return
	reason=${trouble#"$NL"}
	[ -z "$trouble" ]
}

undo() {
	eval "place=\$place_$number expected=\$parent_$number"
	enter "$expected" || return
	case $put:$seen_kind in
	remove:absent) ;;
	*:absent)
		if [ "$put" = directory ]; then
			# Somebody else's files in it are not ours to remove.
			[ ! -d "./$name" ] || try rmdir "./$name" || kept="$kept$NL\`$path\` stays: $reason"
		else
			try rm -f "./$name"
		fi
		;;
	remove:directory) [ -d "./$name" ] || try mv -fT "$place/$number.old" "./$name" ;;
	*:directory)
		mode=$seen_mode owner='' group=''
		[ "$(id -u)" != 0 ] || owner=$seen_owner group=$seen_group
		dress_directory
		;;
	*)
		# Not yet swapped: the old file is still there, and the saved one another name of it.
		if [ -e "$place/$number.old" ] || [ -L "$place/$number.old" ]; then
			try mv -fT "$place/$number.old" "./$name"
		fi
		;;
	esac
}
