# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what words.sh, manifest.sh
# and the other parts of this program set.
# Puts the staged candidates in place by rename, and undoes that.

# Sets `directories`: where those that this transaction makes come to lie, links resolved.
chart() {
	directories=$NL number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		entry "$number"
		[ "$put" = directory ] || continue
		expected_parent || continue
		directories=$directories$path$US${expected%/}/$name$NL
	done
	reason=''
}

# Sets `expected` to where the directory that holds the entry at hand must lie: as the plan saw it, or as we make it.
expected_parent() {
	expected=$seen_parent
	[ -z "$expected" ] || return 0
	case $directories in
	*"$NL${parent%/}$US"*)
		expected=${directories#*"$NL${parent%/}$US"}
		expected=${expected%%"$NL"*}
		;;
	*)
		reason="\`$parent\` is not there, and nothing makes it"
		return 1
		;;
	esac
}

swap_all() {
	step swap
	# After a power cut, notes on single paths may be lost though their renames are not: then this says to look at all.
	try note "$record/swapping" yes && to_disk "$record/swapping" "$record" || return
	# Renames must outlive a power cut before anybody confirms them.
	each swap && flush
}

swap() {
	# Compared once more: checks may have taken minutes.
	expected_parent && enter "$expected" && unchanged || return
	eval "place=\${place_$number:-\$record}"
	try note "$record/swapped" "$number" || return
	swapped="$swapped$number "
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
}

# Owner, group and mode of the directory at `./$name`, from inside it: the name may become a link at any moment.
dress_directory() {
	here=$PWD
	cd -P "./$name" || return
	[ "$PWD" = "${here%/}/$name" ] || {
		reason="it became a link"
		return 1
	}
	case $mode in
	# Whom the mode alone lets in must not be shut out while the group changes: nginx is at work in there.
	*[1357]) try chmod "0$mode" . || return ;;
	esac
	dress . && cd "$here" || return
}

# Undoes the swaps, last first, runs again what had been activated, and looks whether all is as it was.
put_back() {
	trouble='' kept='' IFS=$WS
	[ -e "$record/swapping" ] || return 0
	number=$count
	while [ "$number" -gt 0 ]; do
		entry "$number"
		# Twice: one command that failed is no reason to call for a person.
		undo || undo || trouble="$trouble$NL\`$path\`: $reason"
		number=$((number - 1))
	done
	cd / || return
	again=$(back_order)
	[ -z "$again" ] || witness_begin
	doubted_before=$doubted
	run_again
	# Only the last app showed that its release is bad: those before it have come to their end, and go back now.
	if [ "$doubted" != "$doubted_before" ]; then
		run_again
	fi
	witness_end '' || reason=''
	each is_back
	reason=${trouble#"$NL"}
	[ -z "$trouble" ]
}

run_again() {
	IFS=$NL
	for line in $again; do
		# What one of them cannot do is no reason to leave the others with new settings and old files.
		call_handler "$line" || trouble="$trouble$NL$reason"
		IFS=$NL
	done
	IFS=$WS
}

# What had been activated, nginx last: until then it forgives a worker that ends. But a socket that is given up must have
# been left before.
back_order() {
	last=''
	case $activated in
	*"${US}puma_activate$US"*)
		printf '%s' "$activated"
		return
		;;
	esac
	IFS=$NL
	for line in $activated; do
		case $line in
		*"${US}nginx_reload$US"*) last=$last$line$NL ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	printf '%s' "$last"
}

is_back() {
	was_swapped || return 0
	case $kept in
	*"\`$path\` stays"*) return 0 ;;
	esac
	gone_with_parent && return 0
	as_seen || as_seen || trouble="$trouble$NL$reason"
	return 0
}

as_seen() {
	expected_parent && enter "$expected" && unchanged
}

# Whether the entry at hand may not be as it was: what we did not touch is not ours to put back.
was_swapped() {
	case $swapped in
	all | *" $number "*) return 0 ;;
	esac
	return 1
}

# Whether the path was not there, and the folder that would hold it is not there either. While the host boots, a folder
# that was there may only be not mounted yet.
gone_with_parent() {
	[ "$seen_kind" = absent ] && [ ! -e "$parent" ] && { [ -z "$seen_parent" ] || [ "${occasion:-}" != boot ]; }
}

undo() {
	was_swapped || return 0
	gone_with_parent && return 0
	eval "place=\${place_$number:-\$record}"
	expected_parent && enter "$expected" || return
	unchanged && return 0
	[ -z "$hash" ] || [ "$kind" != file ] || [ "$detail" = "$hash" ] || [ "$detail" = "$seen_detail" ] || keep_theirs || return
	case $put:$seen_kind in
	*:absent)
		if [ -d "./$name" ] && [ ! -L "./$name" ]; then
			# Somebody else's files in it are not ours to remove.
			try rmdir "./$name" || try rmdir "./$name" || kept="$kept$NL\`$path\` stays: $reason"
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
	*) try mv -fT "$place/$number.old" "./$name" ;;
	esac
}

# Somebody changed what we had put there: their version is not lost.
keep_theirs() {
	try cp -a "./$name" "$record/$number.theirs" &&
		kept="$kept$NL\`$path\` was changed by somebody meanwhile: their version is \`$number.theirs\` in the record"
}
