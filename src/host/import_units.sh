# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the program is awk's. SC2034, SC2154: variables that parts share. SC2086: lists are split on purpose, under `set -f`.
# Which services run Puma, and what their manager says of each.

# Those of the manager at hand, the stopped ones too.
import_units() {
	fact="manager ${unit_user:-system}"
	# A list that was cut off must not read like a server with less on it.
	if ! listed=$(
		manager list-units --type=service --all --plain --no-legend --no-pager &&
			manager list-unit-files --type=service --no-legend --no-pager
	); then
		say untold "\`systemctl${scope:+ $scope}\` does not list its services"
		return
	fi
	names=$(printf '%s\n' "$listed" | sed -n 's/^[^[:alnum:]_]*\([^[:space:]]*\.service\)[[:space:]].*/\1/p' | grep -v '@\.service$' | sort -u)
	if [ -z "$names" ]; then
		say untold "\`systemctl${scope:+ $scope}\` lists no service"
		return
	fi
	IFS=$NL
	set -- $names
	IFS=$WS
	if ! all=$(manager show --no-pager -p Id,MainPID,ExecStart -- "$@") || [ -z "$all" ]; then
		say untold "\`systemctl${scope:+ $scope} show\` does not answer"
		return
	fi
	id='' main_pid=0 exec_start='' pumas='' known=$NL
	while IFS= read -r line; do
		case $line in
		Id=*) id=${line#Id=} ;;
		MainPID=*) main_pid=${line#MainPID=} ;;
		ExecStart=*) exec_start=$exec_start$NL$line ;;
		'')
			import_is_puma && pumas=$pumas$id$NL
			id='' main_pid=0 exec_start=''
			;;
		esac
	done <<-END
		$all
	END
	# Behind the last unit there is no empty line.
	import_is_puma && pumas=$pumas$id$NL
	IFS=$NL
	for id in $pumas; do
		IFS=$WS
		fact="puma $unit_number"
		import_unit
		unit_number=$((unit_number + 1))
		IFS=$NL
	done
	IFS=$WS
}

# Whether the unit at hand is Puma's: by what its command names, or by what runs. One that was told is not told again: some are listed
# under two names.
import_is_puma() {
	[ -n "$id" ] || return
	case $known in
	*"$NL$id$NL"*) return 1 ;;
	esac
	known=$known$id$NL
	case $id in
	user@*.service)
		# What runs below it are units of that user's own.
		user_ids="$user_ids${id#user@} "
		return 1
		;;
	esac
	# A word of its own, or the end of a path: `/usr/bin/puma`, `bundle exec puma`.
	case " $exec_start" in
	*[\ /\"\']puma[\ \;\"\'\&]*) return 0 ;;
	esac
	find_running_puma
}

# Sets `puma_pid` and `title`: the main process at hand, or a process below it where a shell or Bundler stands before Puma.
find_running_puma() {
	puma_pid='' title=''
	case $main_pid in
	0 | '' | *[!0-9]*) return 1 ;;
	esac
	seekers="$main_pid " depth=0
	while [ -n "$seekers" ] && [ "$depth" -lt 4 ]; do
		below=''
		for seeker in $seekers; do
			title_of "$seeker"
			case $title in
			'puma '[0-9]*' ('*)
				puma_pid=$seeker
				return 0
				;;
			esac
			children_of "$seeker" ''
			below=$below$found
		done
		seekers=$below depth=$((depth + 1))
	done
	return 1
}

# One unit that is Puma's, `id`.
import_unit() {
	say unit "$id"
	say owner "$unit_user"
	[ -z "$unit_user" ] || {
		say home "$home"
		[ -e "/var/lib/systemd/linger/$unit_user" ] || say lingers no
	}
	shown=$(manager show --no-pager \
		-p LoadState,ActiveState,MainPID,Type,FragmentPath,DropInPaths,WorkingDirectory,User,Group,TriggeredBy \
		-p ExecStart,ExecReload,Environment,EnvironmentFiles,UnitFileState -- "$id")
	if [ -z "$shown" ]; then
		say untold "\`systemctl${scope:+ $scope} show\` does not answer"
		return
	fi
	for property in LoadState ActiveState Type FragmentPath DropInPaths WorkingDirectory User Group TriggeredBy UnitFileState; do
		shown_of "$property"
		say "$property" "$value"
	done
	for property in User Group Type WorkingDirectory ExecStart ExecReload; do
		places_of "^[[:space:]]*${property}[[:space:]]*=."
		say "at_$property" "$places"
	done
	for property in ExecStart ExecReload; do
		import_commands "$property"
	done
	shown_of User
	say primary_group "$(id -gn -- "${unit_user:-${value:-root}}" 2>/dev/null)"
	shown_of MainPID
	main_pid=$value
	# What a user's systemd says is that user's word.
	is_units_own "$main_pid" || main_pid=0
	import_process
	import_config
	import_environment
	import_tree
}

# The commands of property $1, each without what it gives to variables that nobody needs to know.
import_commands() {
	shown_of "$1"
	while IFS= read -r line; do
		case $line in
		*'argv[]='*) ;;
		*) continue ;;
		esac
		line=${line#*'argv[]='}
		line=$(printf '%s\n' "${line%%' ; ignore_errors='*}" | awk "$masking_program")
		say "$1" "$line"
	done <<-END
		$value
	END
	IFS=$WS
}

# Words that set a variable keep its value only where it is one of those that say how Puma runs.
masking_program='
{
	n = split($0, w, " "); quoted = ""; next_hidden = 0; more = 0; text = ""
	for (i = 1; i <= n; i++) {
		one = w[i]
		if (quoted != "") { if (substr(one, length(one)) == quoted) quoted = ""; continue }
		# Words run together: what follows a hidden value may be the rest of it, unless it looks like a word of its own.
		if (more && one !~ /^([\/-]|["\047(]*[A-Za-z_][A-Za-z0-9_]*=|(bundle|exec|ruby|env|puma)$)/) continue
		more = 0
		if (one ~ /:\/\//) sub(/[?].*/, "?[hidden]", one)
		if (next_hidden) { one = "[hidden]"; next_hidden = 0 }
		else if (one == "-T" || one ~ /^--?[a-z-]*(token|secret|password)[a-z-]*$/) next_hidden = 1
		else if (one ~ /^--?[a-z-]*(token|secret|password)[a-z-]*=/) sub(/=.*/, "=[hidden]", one)
		else if (match(one, /^["\047(]*[A-Za-z_][A-Za-z0-9_]*=/)) {
			before = substr(one, 1, RLENGTH); rest = substr(one, RLENGTH + 1)
			name = before
			gsub(/["\047(=]/, "", name)
			if (name !~ /^(RAILS_ENV|RACK_ENV|APP_ENV|WEB_CONCURRENCY|RAILS_MAX_THREADS|RAILS_MIN_THREADS|PORT|BUNDLE_GEMFILE)$/) {
				first = substr(rest, 1, 1)
				if ((first == "\"" || first == "\047") && (length(rest) < 2 || substr(rest, length(rest)) != first)) quoted = first
				one = before "[hidden]"; more = 1
			}
		}
		text = text (text == "" ? "" : " ") one
	}
	print text
}
'

# What runs as the unit, by what the kernel says of it.
import_process() {
	cwd=''
	case $main_pid in
	0 | '' | *[!0-9]*) return ;;
	esac
	exe=$(readlink "/proc/$main_pid/exe" 2>/dev/null)
	exe=${exe%' (deleted)'}
	case ${exe##*/} in
	sh | bash | dash | ash | zsh | ksh* | mksh | busybox | fish) say shell "$exe" ;;
	esac
	find_running_puma || {
		say not_puma yes
		return
	}
	[ "$puma_pid" = "$main_pid" ] || say below_main yes
	version=${title#puma }
	say version "${version%% *}"
	binds=${title#*\(}
	say binds "${binds%%\)*}"
	cwd=$(readlink "/proc/$puma_pid/cwd" 2>/dev/null)
	say cwd "$cwd"
	say ran_as "$(stat -c %U "/proc/$puma_pid" 2>/dev/null)"
	children_of "$puma_pid" 'puma: cluster worker'
	set -- $found
	# Those that worker 0 has forked are its children.
	for one; do
		children_of "$one" 'puma: cluster worker'
		set -- "$@" $found
	done
	say workers "$#"
	import_sockets
}

# The sockets on which Puma listens, by the kernel's own list: also that of its control server.
import_sockets() {
	set +f
	set -- "/proc/$puma_pid/fd"/*
	set -f
	held=' '
	for one; do
		one=$(readlink "$one" 2>/dev/null) || continue
		case $one in
		'socket:['*)
			one=${one#'socket:['}
			held="$held${one%']'} "
			;;
		esac
	done
	while read -r _ _ _ flags _ _ inode path; do
		case $flags:$held in
		# Of those that accept connections alone.
		00010000:*" $inode "*) [ -z "$path" ] || say listens "$path" ;;
		esac
	done 2>/dev/null <"/proc/$puma_pid/net/unix"
}
