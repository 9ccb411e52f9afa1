# shellcheck shell=sh disable=SC2016,SC2086,SC2154
# SC2016: the program is awk's. SC2086: lists are split on purpose. SC2154: variables that parts share.
# How nginx comes to Puma: the upstream as all of nginx's files together make it, and the way to the socket.

# The upstream $1, socket $2 and Puma as unit $3.
fact_nginx_traps() {
	fact_nginx_running nginx.service >/dev/null
	if [ -z "$master" ]; then
		say untold 'nginx does not run'
	elif ! command -v nginx >/dev/null; then
		say untold 'the program `nginx` is not there'
	else
		traps_upstream "$1" "$2"
	fi
	unit_shown "$3"
	binds=''
	title_of "$main_pid" && case $title in
	'puma '[0-9]*' ('*)
		binds=${title#*\(}
		binds=${binds%%\)*}
		;;
	esac
	[ -n "$binds" ] || say binds_untold "Puma does not run as \`$3\`, or does not say what it is bound to"
	say binds "$binds"
	traps_meet
	[ -z "$meeting" ] || {
		say meeting "$meeting"
		traps_way "$meeting"
	}
}

traps_upstream() {
	text=$(timeout -s KILL 15 nginx -T 2>/dev/null | head -c 4194304 | upstream=$1 socket=$2 timeout -s KILL 15 awk "$nginx_reader$upstream_program")
	addresses=''
	case $text in
	*"${NL}end"*) ;;
	*)
		say untold '`nginx -T` shows no whole configuration'
		return
		;;
	esac
	while IFS='	' read -r key value; do
		case $key in
		end | '') continue ;;
		addresses) addresses=$value ;;
		esac
		say "$key" "$value"
	done <<-END
		$text
	END
}

# Sets `meeting` to the socket that both nginx and Puma name, and says whether there is any. One may name it by a link.
traps_meet() {
	meeting=''
	[ -n "$addresses" ] && [ -n "$binds" ] || return 0
	local_ones=''
	IFS=,
	set -- $addresses
	for address; do
		case $address in
		unix:*) address=${address#unix:} address=${address%:} ;;
		127.* | localhost* | '[::1]'*) ;;
		# Another machine's.
		*) continue ;;
		esac
		local_ones=yes
		for bind in $binds; do
			bind=${bind%%\?*}
			case $bind in
			unix:///*) bind=${bind#unix://} ;;
			unix:/*) bind=${bind#unix:} ;;
			tcp://* | http://*)
				[ "${bind##*:}" != "${address##*:}" ] || meeting=$address
				continue
				;;
			*) continue ;;
			esac
			if [ "$bind" = "$address" ] || [ "$(readlink -f -- "$bind")" = "$(readlink -f -- "$address")" ]; then
				meeting=$address
			fi
		done
	done
	IFS=$WS
	[ -z "$local_ones" ] || {
		if [ -n "$meeting" ]; then say meet yes; else say meet no; fi
	}
	case $meeting in
	/*) ;;
	*) meeting='' ;;
	esac
}

# Whether nginx's workers get to socket $1. Whoever asks as them is right also where there are lists of access.
traps_way() {
	way=$1
	ids=''
	nginx_worker >/dev/null
	if [ -z "$ids" ]; then
		say way_untold 'no worker of nginx was found'
		return
	fi
	set -- $ids
	way_uid=$1 way_gid=$2
	shift
	groups=$(printf '%s,' "$@")
	groups=${groups%,}
	[ "$way_uid" != 0 ] || {
		say way open
		return
	}
	if [ "$(id -u)" = 0 ] && setpriv --reuid="$way_uid" --regid="$way_gid" --groups="$groups" true 2>/dev/null; then
		# A worker may live behind a mount namespace of its own; then nobody else sees what it sees.
		if setpriv --reuid="$way_uid" --regid="$way_gid" --groups="$groups" test -w "$way"; then
			say way open
			return
		fi
		say way closed
	else
		say way_untold 'nobody but root can try the way to the socket as nginx'
		return
	fi
	real=$(readlink -f -- "$way" 2>/dev/null)
	steps_to "${real:-$way}"
	IFS=$NL
	set -- $steps
	IFS=$WS
	for step in "$@" "${real:-$way}"; do
		need=-x
		[ "$step" != "${real:-$way}" ] || need=-w
		setpriv --reuid="$way_uid" --regid="$way_gid" --groups="$groups" test "$need" "$step" && continue
		say closed_at "$step"
		say closed_mode "$(stat -c '%a %U:%G' -- "$step" 2>/dev/null)"
		return
	done
}

# Cuts lines of `nginx -T` into nginx's words: calls `directive()` for each directive and `block()` for each block that opens, with `n`
# words in `w`, the place in `at`, and the block in which it stands in `here` (of a block, itself). Afterwards `whole()` says whether it
# ended as it should.
nginx_reader='
function whole() { return seen && quote == "" && here == 0 }
BEGIN { here = 0; kind[0] = ""; blocks = 0; quote = "" }
/^# configuration file .*:$/ { file = substr($0, 22, length($0) - 22); number = 0; seen = 1; next }
{
	number++
	line = $0
	while (line != "") {
		if (quote != "") {
			end = index(line, quote)
			if (!end) { word = word line; break }
			w[++n] = word substr(line, 1, end - 1); line = substr(line, end + 1); quote = ""
			continue
		}
		if (match(line, /^[ \t\r]+/)) { line = substr(line, RLENGTH + 1); continue }
		first = substr(line, 1, 1)
		if (first == "#") break
		if (first == ";") { directive(); line = substr(line, 2); continue }
		if (first == "{") {
			parent[++blocks] = here; here = blocks; kind[here] = w[1]; name[here] = w[2]; opened[here] = at; block(); n = 0
			line = substr(line, 2); continue
		}
		if (first == "}") { here = parent[here] + 0; n = 0; line = substr(line, 2); continue }
		if (n == 0) at = file ":" number
		if (first == "\"" || first == "\047") { quote = first; word = ""; line = substr(line, 2); continue }
		match(line, /^([^ \t\r;{}]|[$][{][A-Za-z0-9_]*[}])+/)
		w[++n] = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
	}
}
'

# Prints `KEY VALUE`, a tab between, of the upstream that is meant, and `end`.
upstream_program='
function put(key, value) { print key "\t" value }
function seconds(text,  total, number) {
	if (text ~ /^[0-9]+$/) return text
	total = 0
	while (match(text, /^[0-9]+(ms|[smhdwMy])?/)) {
		number = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
		if (number ~ /ms$/) total += number / 1000
		else if (number ~ /m$/) total += number * 60
		else if (number ~ /h$/) total += number * 3600
		else if (number ~ /d$/) total += number * 86400
		else total += number + 0
	}
	return text == "" ? int(total) : ""
}
function block() { }
function directive() {
	if (n == 0) return
	if (kind[here] == "upstream" && w[1] == "server") {
		servers[here]++
		list[here] = list[here] (list[here] == "" ? "" : ",") w[2]
		if (!(here in server_at)) server_at[here] = at
	} else if (kind[here] == "upstream" && w[1] == "keepalive") {
		keep[here] = w[2]; keep_at[here] = at
	} else if (w[1] == "proxy_read_timeout") {
		wait[here] = w[2]; wait_at[here] = at
	} else if (w[1] == "proxy_pass") {
		pass[++passes] = w[2]; pass_in[passes] = here; pass_at[passes] = at
	}
	n = 0
}
END {
	if (!whole()) exit
	for (b = 1; b <= blocks; b++) if (kind[b] == "upstream" && name[b] == ENVIRON["upstream"]) found = b
	for (b = 1; b <= blocks && !found; b++)
		if (kind[b] == "upstream" && index("," list[b] ",", ",unix:" ENVIRON["socket"] ",")) found = b
	if (found) {
		put("upstream", name[found]); put("upstream_at", opened[found])
		put("servers", servers[found] + 0); put("addresses", list[found]); put("server_at", server_at[found])
		if (found in keep) { put("keepalive", keep[found]); put("keepalive_at", keep_at[found]) }
		least = ""
		for (p = 1; p <= passes; p++) {
			target = pass[p]
			sub(/^[a-z]+:\/\//, "", target); sub(/[\/:].*$/, "", target)
			if (target != name[found]) continue
			if (!passed++) put("passed_at", pass_at[p])
			for (b = pass_in[p]; b && !(b in wait); b = parent[b]) ;
			length_of = (b in wait) ? seconds(wait[b]) : 60
			if (length_of == "") continue
			if (least == "" || length_of + 0 < least + 0) { least = length_of; least_at = (b in wait) ? wait_at[b] : "" }
		}
		if (least != "") { put("read_timeout", least); put("read_timeout_at", least_at) }
	}
	print "end"
}
'
