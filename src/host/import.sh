# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the programs are awk's. SC2034, SC2154: variables that parts share. SC2086: lists are split on purpose, under `set -f`.
# What an existing server runs, for an inventory that describes it: nginx's upstreams, and every Puma that systemd knows. It needs the
# programs `observe`, `running` and `traps`. Nothing is written, nothing of the app is run, and of files and environments only what
# zdt has a variable for is told: a token or a password stays where it is.

verb_import() {
	while IFS= read -r line <&3 || exit 9; do
		[ "$line" != "end$US" ] || break
	done
	IFS=$WS
	fact=host
	say uid "$(id -u)"
	say name "$(uname -n)"
	import_nginx
	unit_number=0 user_ids=''
	address all
	import_units
	import_users
	IFS=$WS
	# An answer that was cut off must not read like a server with less on it.
	fact=end
	say whole yes
}

# What nginx's files say of upstreams, and of who sends to them.
import_nginx() {
	fact=nginx
	if ! command -v nginx >/dev/null; then
		say absent yes
		return
	fi
	nginx_text=$(nginx -v 2>&1)
	fact_nginx
	text=$(timeout -s KILL 15 nginx -T 2>/dev/null | head -c 8388608 | timeout -s KILL 15 awk "$nginx_reader$directives_program")
	case $NL$text in
	*"${NL}end") ;;
	*)
		why=$(timeout -s KILL 15 nginx -T 2>&1 >/dev/null | grep -m 1 -e emerg -e denied)
		case $why in
		*'[emerg] '*) why=${why#*'[emerg] '} why=${why#*': '} ;;
		esac
		say untold "\`nginx -T\` shows no whole configuration${why:+: $why}"
		return
		;;
	esac
	while IFS= read -r line; do
		case $line in
		end | '') ;;
		*)
			say directive "$line"
			import_real "$line"
			;;
		esac
	done <<-END
		$text
	END
	IFS=$WS
}

# A socket that nginx names by a link is the one that the link leads to, and so is a file.
import_real() {
	case $1 in
	*'	0	upstream	'*)
		file=${1%%'	'*}
		file=${file%:*}
		real=$(readlink -f -- "$file" 2>/dev/null)
		[ -z "$real" ] || [ "$real" = "$file" ] || say real_file "$file	$real"
		;;
	*'	server	unix:/'*)
		socket=${1#*'	server	unix:'}
		socket=${socket%%'	'*}
		real=$(readlink -f -- "$socket" 2>/dev/null)
		[ -z "$real" ] || [ "$real" = "$socket" ] || say real "$socket	$real"
		;;
	esac
}

# Prints `FILE:LINE INDEX PARENT NAME WORDS…`, tabs between, and `end`: of upstreams all, of servers and locations what tells where
# requests go, of everything else that stands outside of blocks the name alone. INDEX is 0 but for blocks.
directives_program='
function told(index_of, above, words,  i, text, one) {
	text = at "\t" index_of "\t" above "\t" w[1]
	for (i = 2; words && i <= n; i++) {
		one = w[i]
		gsub(/[[:cntrl:]]/, " ", one)
		text = text "\t" one
	}
	print text
}
function block() { told(here, parent[here], w[1] ~ /^(upstream|server|location)$/) }
function directive() {
	if (n == 0) return
	if (kind[here] == "upstream" || w[1] ~ /^(server_name|listen|root|proxy_pass)$/) told(0, here, 1)
	else if (here == 0) told(0, 0, 0)
	n = 0
}
END { if (whole()) print "end" }
'

# Asks the systemd at hand.
manager() {
	as_manager 20 systemctl "$@" 2>/dev/null
}

# The systemds of accounts that keep their services without a login, and of those that are logged in.
import_users() {
	accounts=' '
	set +f
	set -- /var/lib/systemd/linger/*
	set -f
	for account; do
		account=${account##*/}
		[ "$account" = '*' ] || accounts="$accounts$account "
	done
	for one in $user_ids; do
		line=$(getent passwd "${one%.service}" 2>/dev/null) || continue
		case $accounts in
		*" ${line%%:*} "*) ;;
		*) accounts="$accounts${line%%:*} " ;;
		esac
	done
	for account in $accounts; do
		if ! address "$account/all"; then
			fact="manager $account"
			say untold "$reason"
			continue
		fi
		home=$(getent passwd "$account" 2>/dev/null)
		home=${home%:*}
		home=${home##*:}
		import_units
	done
}
