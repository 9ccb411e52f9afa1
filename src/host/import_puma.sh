# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the programs are awk's. SC2034, SC2154: variables that parts share. SC2086: lists are split on purpose, under `set -f`.
# What a Puma reads at its start, and the tree that it is deployed in. What the app's user can put in the way is read for seconds
# and a few hundred kilobytes at most.

# The configuration file of the unit at hand: where it is, whose, and the settings for which zdt has variables.
import_config() {
	shown_of WorkingDirectory
	work_directory=${value#-}
	# A shell may go there by itself.
	[ -n "$value" ] || [ -z "$cwd" ] || shown="$shown${NL}WorkingDirectory=$cwd"
	config_of '' >/dev/null
	[ -n "$config" ] || return 0
	say config "$config"
	if [ ! -f "$config" ] || [ ! -r "$config" ]; then
		say config_untold 'it is not there or cannot be read'
		return
	fi
	say config_real "$(readlink -f -- "$config" 2>/dev/null)"
	say config_owner "$(stat -c '%U:%G %a' -- "$config" 2>/dev/null)"
	text=$(timeout -s KILL 5 head -c 262144 -- "$config")
	case $text in
	'# Written by zdt, role '*) say config_ours yes ;;
	esac
	settings=$(printf '%s\n' "$text" | awk "$import_names$settings_program" | sed "$import_hiding")
	lets=$(printf '%s\n' "$text" | awk "$lets_program")
	while IFS= read -r line; do
		say set "$line"
	done <<-END
		$settings
	END
	while IFS= read -r line; do
		say let "$line"
	done <<-END
		$lets
	END
	IFS=$WS
}

# What a rule does not ask.
import_names='
BEGIN {
	split("environment threads bind port state_path state_permission pidfile bind_to_activated_sockets queue_requests plugin", more, " ")
	for (i in more) names[more[i]] = more[i]
	names["activate_control_app"] = "control"
	names["on_worker_boot"] = "hook"; names["before_worker_boot"] = "hook"
	names["silence_single_worker_warning"] = "silence"
}
'

# A control server may be given its token, and a certificate its password.
import_hiding='
/^control	/s/^\([^	]*	[^	]*	[^	]*	[^,{?]*\)[,{?].*/\1/
/ssl:/s/?.*//
'

# Prints `NAME LINE EXPRESSION`, tabs between, of variables that hold paths and numbers: settings are made from them. None that
# sounds like a secret.
lets_program='
/^__END__/ { exit }
/^=begin/ { hidden = 1 }
/^=end/ { hidden = 0; next }
hidden { next }
match($0, /^[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*/) {
	name = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
	sub(/[ \t]*=[ \t]*$/, "", name)
	if (tolower(name rest) ~ /secret|token|passw|key|cred|salt/) next
	# An address of something else may hold who logs in there.
	if (rest ~ /:\/\/[^\/]/) next
	if (rest !~ /^["\047][^"\047]*\/[^"\047]*["\047]/ && rest !~ /^(File|__dir__|ENV|Integer[(]|[0-9]+ *$)/ && rest !~ /^["\047]#[{]/) next
	gsub(/[\t\r]/, " ", rest)
	sub(/ +#[^{].*$/, "", rest)
	gsub(/^ +| +$/, "", rest)
	print name "\t" NR "\t" substr(rest, 1, 300)
}
'

# The variables by which settings are often made, as the unit gives them.
import_environment() {
	for name in RAILS_ENV RACK_ENV APP_ENV WEB_CONCURRENCY RAILS_MAX_THREADS RAILS_MIN_THREADS PORT; do
		# Its own variables take the name.
		environment_of "$name"
		[ -z "$value" ] || say env "$name=$value"
	done
	shown_of EnvironmentFiles
	while IFS= read -r file; do
		file=${file%' (ignore_errors='*}
		if [ -n "$file" ] && [ -e "$file" ] && [ ! -r "$file" ]; then say env_untold "$file"; fi
	done <<-END
		$value
	END
	IFS=$WS
}

# Capistrano's tree around it: the folder that holds the link `current`.
import_tree() {
	set -- "$work_directory" "$cwd" "${config%/*}"
	root='' from=WorkingDirectory
	for place; do
		case $place in
		*/current | */current/*) one=${place%/current*} ;;
		*/releases/*) one=${place%/releases/*} ;;
		*/shared | */shared/*) one=${place%/shared*} ;;
		*) one='' ;;
		esac
		if [ -n "$one" ] && [ -L "$one/current" ]; then
			root=$one
			break
		fi
		case $from in
		WorkingDirectory) from=cwd ;;
		*) from=config ;;
		esac
	done
	[ -n "$root" ] || return 0
	say root "$root"
	say root_from "$from"
	say current "$(readlink -f -- "$root/current" 2>/dev/null)"
	set +f
	set -- "$root"/releases/*/
	set -f
	[ ! -d "$1" ] || say releases "$#"
	[ ! -d "$root/shared" ] || say shared yes
	[ ! -f "$root/revisions.log" ] || say revisions_log yes
	if [ -f "$root/current/REVISION" ] && [ -r "$root/current/REVISION" ]; then
		# It may be a link to anything: a name of a commit or a release, and nothing else, leaves the host.
		say revision "$(timeout -s KILL 5 head -c 100 -- "$root/current/REVISION" | grep -xE '[0-9A-Za-z][0-9A-Za-z._-]{0,63}' | head -n 1)"
	fi
	if [ -f "$root/current/Gemfile.lock" ] && [ -r "$root/current/Gemfile.lock" ]; then
		say locked "$(timeout -s KILL 5 head -c 4194304 -- "$root/current/Gemfile.lock" |
			sed -n '/^    puma (\([0-9][0-9A-Za-z.]*\).*/{s//\1/p;q;}')"
	fi
}
