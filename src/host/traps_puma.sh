# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the programs are awk's. SC2034, SC2154: variables that parts share. SC2086: lists are split on purpose.
# Puma as it runs, and the lines of its configuration that it goes by.

# Puma as unit $1, whose state file is $2, whose current release $3 and whose configuration $4 where the unit names none.
fact_puma_traps() {
	traps_current=$3
	unit_shown "$1"
	say state "$active_state"
	[ -n "$load_state" ] || {
		say untold "${unasked:-systemctl says nothing of \`$1\`}"
		return
	}
	say load_state "$load_state"
	case $1 in
	*/*) unit_home "$1" ;;
	*) traps_user_unit "$1" ;;
	esac
	[ "$load_state" != not-found ] || {
		say untold "systemd knows no unit \`$1\`"
		return
	}
	traps_unit
	traps_file "$4"
	if [ "$main_pid" = 0 ]; then
		say untold "\`$1\` has no main process: Puma does not run"
		return
	fi
	exe=$(readlink "/proc/$main_pid/exe" 2>/dev/null)
	exe=${exe%' (deleted)'}
	say main_pid "$main_pid"
	say exe "$exe"
	case ${exe##*/} in
	sh | bash | dash | ash | zsh | ksh* | mksh | busybox | fish) say shell yes ;;
	esac
	title_of "$main_pid"
	case $title in
	'puma '[0-9]*' ('*) ;;
	*)
		say untold "the main process of \`$1\` (${main_pid}) does not call itself Puma"
		return
		;;
	esac
	traps_workers
	traps_environment
	traps_said
	traps_control "$2"
}

# How many workers there are, and whether the main process is not the parent of all: that is `fork_worker`.
traps_workers() {
	workers_of "$main_pid"
	count=0 forked='' orphaned=no
	for one in $found; do
		count=$((count + 1)) stat=''
		{ IFS= read -r stat <"/proc/$one/stat"; } 2>/dev/null
		# The name in it may hold anything; the parent stands two words behind it.
		set -- ${stat##*) }
		parent=${2-}
		case " $found" in
		*" $parent "*) forked=$parent ;;
		*) [ -z "$parent" ] || [ "$parent" = "$main_pid" ] || orphaned=yes ;;
		esac
	done
	say workers "$count"
	[ "$count" -lt 2 ] || {
		if [ -n "$forked" ] || [ "$orphaned" = yes ]; then say forked yes; else say forked no; fi
		say forked_by "$forked"
	}
}

# What the unit gives Puma, and where it went.
traps_environment() {
	environment_of WEB_CONCURRENCY
	[ -z "$value" ] || say web_concurrency yes
	environment_of BUNDLE_GEMFILE
	bundled=no
	case $value in
	*/releases/*)
		say gemfile "$value"
		places_of BUNDLE_GEMFILE
		say gemfile_at "$places"
		;;
	esac
	environment_of RUBYOPT
	case $value in
	*bundler/setup*) bundled=yes ;;
	esac
	say cwd "$(readlink "/proc/$main_pid/cwd" 2>/dev/null)"
	IFS=' '
	set -- $command_words
	IFS=$WS
	case ${1##*/} in
	sh | bash | dash | ash | zsh | ksh* | mksh | busybox | fish) say by_shell yes ;;
	esac
	for one; do
		one=${one#[\"\']}
		case ${one##*/} in
		bundle | bundle[0-9.]* | bundler) bundled=yes ;;
		puma)
			case $one in
			/*) ;;
			*) one=$directory/$one ;;
			esac
			# A program that Bundler or Rails has written.
			[ ! -f "$one" ] || ! timeout -s KILL 5 head -c 65536 -- "$one" | grep -q bundler/setup || bundled=yes
			;;
		esac
	done
	say bundled "$bundled"
}

# Puma itself says at each start whether it can restart phased, and whether it left Bundler.
traps_said() {
	said=$(timeout -s KILL 10 journalctl -q -b -r -n 20000 -o cat "_PID=$main_pid" 2>/dev/null |
		grep -a -e 'Restarts: .*phased' -e 'Pruning Bundler environment' -e 'Unable to prune Bundler' | head -c 65536)
	phased='' pruned=''
	while IFS= read -r line; do
		case $line in
		*'Restarts: '*)
			[ -z "$phased" ] || continue
			mark=${line%') phased'*}
			mark=${mark##*'('}
			phased=no
			# A tick or a cross, as the bytes of UTF-8.
			[ "$mark" != "$(printf '\342\234\224')" ] || phased=yes
			;;
		*'Unable to prune'*) pruned=${pruned:-no} ;;
		# A hot restart keeps what was left at the start, and says it no more.
		*'Pruning Bundler'*) pruned=${pruned:-yes} ;;
		esac
	done <<-END
		$said
	END
	say phased "$phased"
	[ -z "$phased" ] || pruned=${pruned:-no}
	say pruned "$pruned"
}

# Who else may read the token, or reach the control server.
traps_control() {
	[ "$(id -u)" = 0 ] || say control_untold "nobody but root can tell who else may read them"
	open_to_others "$1" 4
	say state_mode "$others"
	control=$(timeout -s KILL 5 head -c 65536 -- "$1" 2>/dev/null | sed -n 's|^control_url: *"\{0,1\}unix://\(/[^?"]*\).*|\1|p')
	control=${control%%"$NL"*}
	[ -n "$control" ] || return 0
	say control "$control"
	open_to_others "$control" 2
	say control_mode "$others"
}

# The configuration file that the unit's command names, and what stands in it.
traps_file() {
	config_of "$1"
	if [ ! -f "$config" ] || [ ! -r "$config" ]; then
		say file_untold "Puma's configuration \`${config:-$1}\` is not there or cannot be read"
		return
	fi
	say file "$config"
	timeout -s KILL 5 head -c 262144 -- "$config" | awk "$settings_program" | {
		while IFS='	' read -r name number doubt argument; do
			case $name in
			preload | prune | fork | directory | workers | shutdown) say "line_$name" "$config:$number" ;;
			*) say "line_$name" "$config:$number" && continue ;;
			esac
			say "set_$name" "$argument"
			[ "$doubt" = no ] || say "doubt_$name" yes
		done
	}
}

# Sets `config` to the file that the unit's command names, or $1; `directory` and `command_words` on the way. Says what the command
# itself sets.
config_of() {
	shown_of WorkingDirectory
	directory=${value#-}
	directory=${directory#!}
	shown_of ExecStart
	command_words=${value#*argv\[\]=}
	command_words=${command_words%%' ; ignore_errors='*}
	config='' before=''
	IFS=' '
	for one in $command_words; do
		# A shell's text may end with it, or go on with something else.
		one=${one#[\"\']} one=${one%[\;\)]} one=${one%[\"\']}
		case $before:$one in
		-C:* | --config:*) config=$one ;;
		*:--config=*) config=${one#*=} ;;
		*:-C?*) config=${one#-C} ;;
		*:--preload) say line_preload "the unit's \`ExecStart\`" ;;
		*:--prune-bundler) say line_prune "the unit's \`ExecStart\`" ;;
		*:--fork-worker*) say line_fork "the unit's \`ExecStart\`" ;;
		esac
		before=$one
	done
	IFS=$WS
	if [ -z "$config" ]; then
		for one in "$directory/config/puma/production.rb" "$directory/config/puma.rb" "$1"; do
			[ ! -f "$one" ] || {
				config=$one
				break
			}
		done
	fi
	case $config in
	'' | /*) ;;
	*) config=$directory/$config ;;
	esac
}

# Prints `NAME LINE DOUBT ARGUMENT` of settings, tabs between. What is indented or has a condition may be in effect or not.
# The argument of a setting that can hold a secret stays there.
settings_program='
BEGIN {
	names["preload_app!"] = "preload"; names["prune_bundler"] = "prune"; names["fork_worker"] = "fork"
	names["directory"] = "directory"; names["workers"] = "workers"; names["worker_shutdown_timeout"] = "shutdown"
	names["stdout_redirect"] = "redirect"
}
/^__END__/ { exit }
/^=begin/ { hidden = 1 }
/^=end/ { hidden = 0; next }
hidden || /^[ \t]*(#|$)/ { next }
{
	text = $0
	sub(/\r$/, "", text)
	doubt = (text ~ /^[ \t]/) ? "yes" : "no"
	sub(/^[ \t]+/, "", text)
	if (!match(text, /^[a-z_]+!?/)) next
	word = substr(text, 1, RLENGTH)
	# What follows may never be reached.
	if (word == "def") method = 1
	if (word == "end" && doubt == "no") method = 0
	if (word == "return" && !method) returns = 1
	if (returns) doubt = "yes"
	if (!(word in names)) next
	rest = substr(text, RLENGTH + 1)
	if (rest ~ /^[ \t]*[=.]/ || rest ~ /^[A-Za-z0-9]/) next
	gsub(/\t/, " ", rest)
	sub(/ +#[^{].*$/, "", rest)
	if (rest ~ / (if|unless|while|until|rescue|and|or) /) doubt = "yes"
	gsub(/^ +| +$/, "", rest)
	if (rest ~ /^[(].*[)]$/) rest = substr(rest, 2, length(rest) - 2)
	if (word == "stdout_redirect" || names[word] == "hook") rest = ""
	# What stands behind is another statement, and stays on the host.
	sub(/ *;.*/, "", rest)
	print names[word] "\t" NR "\t" doubt "\t" substr(rest, 1, 200)
}
'
