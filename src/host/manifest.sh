# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SC2034: other programs read these variables. SC2086: words are split on purpose, under `set -f` and an IFS that no
# word contains. SC2154: US, NL, WS, plain: words.sh.
# The manifest: what to put where, checks, handlers. Entry N is kept as the lines `entry_N` and `data_N`.

# The text of this program, for the shell in the private namespace.
transaction_text=$text

# Reads a request, or a record's manifest, from 3. Half of one must never be obeyed.
read_manifest() {
	count=0 checks='' handlers='' header='' applied='' id='' state_dir='' doing=apply checking=no renew=no by='' trial=no witness='' confirm=0 lock_timeout=30 guarded=no keep=20 keep_size=65536
	while IFS= read -r line <&3 || exit 9; do
		IFS=$US
		set -- $line
		IFS=$WS
		case $1 in
		entry)
			IFS= read -r data <&3 || exit 9
			count=$((count + 1))
			# Here once: what could not be read must not pass for a folder that was not there.
			plain "${12-}" || exit 9
			eval "entry_$count=\$line data_$count=\$data seen_parent_$count=\$plain"
			continue
			;;
		check) checks=$checks${line#*"$US"}$NL ;;
		handler) handlers=$handlers${line#*"$US"}$NL ;;
		applied) applied=$applied${line#*"$US"}$NL ;;
		end) break ;;
		*) header=$header$line$NL ;;
		esac
		case $1 in
		id) id=$2 ;;
		state) state_dir=$2 ;;
		kind) doing=$2 ;;
		checking) checking=$2 ;;
		renew) renew=$2 ;;
		by)
			plain "$2"
			by=$plain
			;;
		trial) trial=$2 ;;
		witness)
			witness=yes witness_scheme=$2 witness_address=$3 witness_port=$4 witness_host=$5 witness_path=$6 witness_method=$7
			shift 7
			witness_rate=$1 witness_expect=$2 witness_header=$3 witness_failed=$4 witness_stall=$5
			;;
		confirm) confirm=$2 ;;
		wait) lock_timeout=$2 ;;
		guard) guarded=$2 ;;
		keep) keep=$2 keep_size=$3 ;;
		esac
	done
	data=''
}

# Prints the request without contents: what a record keeps of it.
print_record() {
	printf '%s' "$header" || return
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		eval "printf '%s\n\n' \"\$entry_$number\"" || return
	done
	print_lines check "$checks" && print_lines handler "$handlers" && print_lines applied "$applied" || return
	printf 'end%s\n' "$US"
}

# Each line of $2, after the word $1.
print_lines() {
	IFS=$NL
	for line in $2; do
		printf "%s$US%s\n" "$1" "$line" || return
	done
	IFS=$WS
}

# Prints what read_manifest read, as far as checks need it.
print_manifest() {
	printf '%s' "$header"
	number=0
	while [ "$number" -lt "$count" ]; do
		number=$((number + 1))
		eval "printf '%s\n' \"\$entry_$number\" \"\$data_$number\""
	done
	print_lines check "$checks"
	printf 'end%s\n' "$US"
}

# Sets path, put, … to those of entry $1, and `parent` and `name` to the parts of the path.
entry() {
	eval "line=\$entry_$1 data=\$data_$1 seen_parent=\$seen_parent_$1"
	IFS=$US
	set -- $line
	IFS=$WS
	path=$2 put=$3 mode=$4 owner=$5 group=$6
	seen_kind=$7 seen_mode=$8 seen_owner=$9
	shift 9
	seen_group=$1 seen_detail=$2
	hash=$4
	parent=${path%/*}/ name=${path##*/}
}

# Runs a command; what it says is then `reason`.
try() {
	reason=$("$@" 2>&1)
}

# Sets `ancestor` to the nearest directory above `path` that exists, links resolved.
nearest() {
	ancestor=${path%/*}
	until cd -P "$ancestor/" 2>/dev/null; do
		ancestor=${ancestor%/*}
	done
	ancestor=$PWD
	cd / || return
}

# Writes the candidate of the entry at hand to $1, which nobody else can reach: owner and mode first, then content.
candidate() {
	case $put in
	file)
		try create "$1" && dress "$1" || return
		if [ -w "$1" ]; then
			try fill "$1"
		else
			# Not root, and the mode takes our own right to write.
			try chmod u+w "$1" && try fill "$1" && try chmod "$mode" "$1"
		fi
		;;
	directory)
		try mkdir -m 0700 "$1" && dress "$1"
		;;
	saved)
		plain "~$data" && restored "$plain" "$1" && dress "$1"
		;;
	link)
		plain "~$data" && try ln -s -- "$plain" "$1" && dress "$1"
		;;
	attributes)
		try cp -a "$path" "$1" || return
		detail_of "$1"
		[ "$kind$detail" = "$seen_kind$seen_detail" ] || {
			reason="\`$path\` changed while it was copied"
			return 1
		}
		dress "$1"
		;;
	esac
}

# Copies the file $1 of the history to $2, with all that it had.
restored() {
	case $1 in
	*/*/* | *..* | *[!0-9A-Za-z./-]*)
		reason="\`$1\` is no file of the history"
		return 1
		;;
	esac
	try cp -a "$state_dir/history/$1" "$2" || return
	detail_of "$2"
	[ "$kind $detail" = "file $hash" ] || {
		reason="\`$1\` of the history is not what it was"
		return 1
	}
}

create() {
	umask 077
	set -C
	: >"$1"
}

# Not every base64 says that the disk is full.
fill() {
	printf '%s' "$data" | base64 -d >"$1" || return
	now=$(sha256sum <"$1")
	[ "${now%% *}" = "$hash" ] || {
		echo 'it could not be written whole: no space left?'
		return 1
	}
}

# Gives $1 the owner, group and mode of the entry at hand, as far as it names them.
dress() {
	[ -z "$owner$group" ] || try chown -h "$owner${group:+:$group}" "$1" || return
	# Five digits: with four, GNU's chmod leaves a directory's set-group-id bit as it is.
	[ -z "$mode" ] || [ -L "$1" ] || try chmod "0$mode" "$1"
}

# Sets `kind` of $1, and `detail`: the hash of a file, the target of a link in base64.
detail_of() {
	detail=''
	if [ -L "$1" ]; then
		kind='link'
		detail=$(readlink -n "$1" | base64 | tr -d '\n')
	elif [ -f "$1" ]; then
		kind='file'
		# Whoever owns the folder may put a pipe or an endless file there at any moment.
		# shellcheck disable=SC2016
		detail=$(timeout -s KILL 60 sh -c 'exec sha256sum <"$1"' sh "$1") || return
		detail=${detail%% *}
	elif [ -d "$1" ]; then
		kind=directory
	elif [ -p "$1" ]; then
		kind=fifo
	elif [ -S "$1" ]; then
		kind=socket
	elif [ -e "$1" ]; then
		kind=device
	else
		kind=absent
	fi
}
