# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the Ruby is Ruby's, the awk awk's. SC2034: other programs read these variables. SC2086: words are split on purpose.
# SC2154: what the other parts of this program set.
# The witness: while anything is activated, or put back, real requests go through nginx at a steady rate, and each is counted.
# It runs on the host, so that what it sees decides even where nobody is connected any more.

# Begins to ask, unless it asks already; where it cannot, that is told. Sets `witness_pid`.
witness_begin() {
	[ -n "$witness" ] && [ -z "$witness_pid" ] || return 0
	unwitnessed='' main=0
	witness_subject
	[ -n "$witness_unit" ] || return 0
	unit_state "$witness_unit"
	if [ "$main" = 0 ] || ! title_of "$main" || ! is_puma || ! puma_ruby "$main"; then
		unwitnessed='Puma does not run, so nobody is served'
	elif [ -z "$witness_address" ] && ! witness_find; then
		unwitnessed="no server of nginx was found that hands requests to \`$witness_socket\`"
	fi
	[ -z "$unwitnessed" ] || {
		witness=''
		word "$unwitnessed"
		emit "unwitnessed$US$word$US"
		return 0
	}
	(
		trap '' HUP INT
		exec $as_puma "$ruby" --disable=gems -e "$witness_program" "$witness_scheme" "$witness_address" "$witness_port" \
			"${witness_host:-localhost}" "${witness_path:-/}" "$witness_method" "$witness_rate" "$witness_expect" \
			"$witness_header" >"$record/witness" 2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	) &
	witness_pid=$!
	# What fails before anything was done is nobody's fault here.
	uptime
	until=$((now + 4000)) excused=no
	while [ "$now" -lt "$until" ]; do
		sleep 0.1
		uptime
		witness_so_far
		[ "$answered" -lt 5 ] || break
	done
	[ "$answered" -ge 5 ] && [ "$failed" -lt "$answered" ] || excused=yes
}

# Sets unit and socket of the app whose requests are at stake, as the handlers name them; none where no request could notice.
witness_subject() {
	witness_unit='' witness_socket='' witness_other=''
	IFS=$NL
	for line in $handlers; do
		IFS=$US
		set -- $line
		case $2 in
		nginx_reload) witness_unit=${4-} witness_socket=${5-} ;;
		puma_phased | puma_restart) witness_unit=$3 witness_socket=${6-} ;;
		# On the way back nginx is at Puma's own.
		puma_activate | puma_listen) witness_unit=$3 witness_socket=${8-} witness_other=${6-} ;;
		esac
		[ -z "$witness_unit" ] || break
	done
	IFS=$WS
}

# Sets `sent`, `answered`, `failed` as they are by now.
witness_so_far() {
	sent=0 answered=0 failed=0
	[ -n "$witness_pid" ] || return 0
	line=$(tail -n 1 "$record/witness" 2>/dev/null)
	case $line in
	'at '*[!0-9\ at]*) ;;
	'at '[0-9]*' '[0-9]*' '[0-9]*)
		set -- $line
		sent=$2 answered=$3 failed=$4
		;;
	esac
}

# Ends it, tells what it has seen, and judges: false, with `reason`, where more failed or waited longer than may be. $1 is how
# many milliseconds a restart may make requests wait; empty: nobody knows.
witness_end() {
	[ -n "$witness_pid" ] || return 0
	# What follows a restart at once belongs to it.
	sleep 0.5
	kill -TERM "$witness_pid" 2>/dev/null
	uptime
	until=$((now + 35000))
	while kill -0 "$witness_pid" 2>/dev/null && [ "$now" -lt "$until" ]; do
		sleep 0.1
		uptime
	done
	kill -KILL "$witness_pid" 2>/dev/null
	wait "$witness_pid" 2>/dev/null
	witness_pid=''
	line=$(tail -n 1 "$record/witness" 2>/dev/null)
	rm -f "$record/witness"
	case $line in
	'end '*[!a-zA-Z0-9\ .:,_-]*) line='' ;;
	'end '[0-9]*) ;;
	*) line='' ;;
	esac
	set -- "$1" $line
	case $# in
	9) ;;
	*)
		word 'it was lost: what it counted is not known'
		emit "unwitnessed$US$word$US"
		reason='the witness of the requests was lost: whether any failed is not known'
		return 1
		;;
	esac
	# end SENT FAILED P50 P99 LONGEST KINDS ANSWERS
	allowed=$witness_stall
	[ -z "$1" ] && allowed='' || allowed=$((witness_stall + $1))
	emit "witnessed$US$3$US$4$US$5$US$6$US$7$US$allowed$US$8$US$9$US$excused$US"
	[ "$excused" = no ] || return 0
	if [ "$4" -gt "$witness_failed" ]; then
		reason="$4 of $3 requests failed ($8)"
		return 1
	fi
	if [ -n "$allowed" ] && [ "$7" -gt "$allowed" ]; then
		reason="a request waited $7 ms, and $allowed ms were allowed"
		return 1
	fi
}

# Sets scheme, address, port and, unless it is given, host of the server that hands requests to the socket.
witness_find() {
	line=$(timeout 20 nginx -T 2>/dev/null | awk -v socket="$witness_socket" "$server_program")
	[ -n "$line" ] || [ -z "$witness_other" ] ||
		line=$(timeout 20 nginx -T 2>/dev/null | awk -v socket="$witness_other" "$server_program")
	case $line in
	'' | *[!a-zA-Z0-9.:\ _-]*) return 1 ;;
	esac
	set -- $line
	[ $# = 4 ] || return
	witness_scheme=$1 witness_address=$2 witness_port=$3 witness_host=${witness_host:-$4}
}

# Reads nginx's whole configuration; prints scheme, address, port and name of the first server behind which the socket is, one
# without TLS before the others.
server_program='
function directive(  i, name, value) {
	if (n == 0) return
	if (block[depth] == "upstream" && word[1] == "server" && word[2] == "unix:" socket) ups[label[depth]] = 1
	for (i = depth; i > 0; i--) if (block[i] == "server") {
		if (word[1] == "listen") { listens[id[i]] = listens[id[i]] " " word[2]; if (joined() ~ / (ssl|quic)( |$)/) tls[id[i] word[2]] = 1 }
		if (word[1] == "server_name" && !(id[i] in names)) names[id[i]] = word[2]
		if (word[1] ~ /_pass$/) { value = word[2]; sub(/^https?:\/\//, "", value); passes[id[i]] = passes[id[i]] " " value }
		break
	}
	n = 0
}
function joined(  i, text) { text = ""; for (i = 1; i <= n; i++) text = text " " word[i]; return text }
{
	line = $0
	while (length(line) > 0) {
		c = substr(line, 1, 1)
		if (quote == "" && c == "#" && !inside) break
		line = substr(line, 2)
		if (quote != "") { if (c == "\\") { w = w c substr(line, 1, 1); line = substr(line, 2) } else if (c == quote) quote = ""; else w = w c; continue }
		if (c == "\"" || c == "\047") { if (!inside) { quote = c; inside = 1; continue } }
		if (c == " " || c == "\t" || c == ";" || c == "{" || c == "}") {
			if (c == "{" && inside && substr(w, length(w)) == "$") { w = w c; brace = 1; continue }
			if (c == "}" && brace) { w = w c; brace = 0; continue }
			if (inside) { word[++n] = w; w = ""; inside = 0 }
			if (c == ";") directive()
			if (c == "{") { depth++; block[depth] = word[1]; label[depth] = word[2]; id[depth] = ++blocks; n = 0 }
			if (c == "}") { if (depth > 0) depth--; n = 0 }
			continue
		}
		w = w c; inside = 1
	}
	if (inside && quote == "") { word[++n] = w; w = ""; inside = 0 }
}
END {
	for (s = 1; s <= blocks; s++) {
		if (!(s in passes)) continue
		count = split(passes[s], pass, " "); hit = 0
		for (i = 1; i <= count; i++) {
			name = pass[i]
			if (index(name, "unix:" socket) == 1) hit = 1
			sub(/[\/:].*/, "", name)
			if (name in ups) hit = 1
		}
		if (!hit) continue
		if (!(s in listens)) listens[s] = " 80"
		name = (s in names) ? names[s] : "localhost"
		if (name !~ /^[a-zA-Z0-9.*_-]+$/ || name == "_" || name == "") name = "localhost"
		sub(/^\*/, "www", name); sub(/^\./, "", name)
		count = split(listens[s], listen, " ")
		for (i = 1; i <= count; i++) {
			where = listen[i]
			if (where ~ /^unix:/ || where ~ /^\[/) continue
			address = "127.0.0.1"; port = where
			if (where ~ /:/) { address = where; sub(/:[0-9]+$/, "", address); sub(/^.*:/, "", port) }
			else if (where !~ /^[0-9]+$/) { address = where; port = 80 }
			if (address == "*" || address == "0.0.0.0") address = "127.0.0.1"
			secure = ((s where) in tls)
			found = (secure ? "https" : "http") " " address " " port " " name
			if (!secure) { print found; exit }
			if (best == "") best = found
		}
	}
	if (best != "") print best
}'

# Sends by the clock, whether or not the last one was answered. On TERM it sends no more, waits for what is under way, and
# tells all; when whoever started it is gone, it ends.
witness_program='
require "socket"
scheme, address, port, host, path, method, rate, expect, header = ARGV
openssl = scheme == "https"
require "openssl" if openssl
$stdout.sync = true
lock = Mutex.new
times, kinds, answers, open = [], Hash.new(0), Hash.new(0), {}
sent = 0
ends = false
trap("TERM") { ends = true }
parent = Process.ppid
clock = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
ask = lambda do
socket = Socket.tcp(address, port.to_i, connect_timeout: 10)
begin
if openssl
context = OpenSSL::SSL::SSLContext.new
context.verify_mode = OpenSSL::SSL::VERIFY_NONE
socket = OpenSSL::SSL::SSLSocket.new(socket, context)
socket.hostname = host
socket.connect
end
socket.write("#{method} #{path} HTTP/1.1\r\nHost: #{host}\r\nUser-Agent: zdt-witness\r\nConnection: close\r\n\r\n")
head = socket.gets("\r\n\r\n")
return ["broken", nil] unless head && head.end_with?("\r\n\r\n")
length = head[/^content-length: *(\d+)/i, 1]
body = socket.read
status = head[/\AHTTP\/1\.\d (\d\d\d)/, 1].to_s
kind = if length && method != "HEAD" && body.bytesize != length.to_i
"broken"
elsif expect.empty? ? status !~ /\A[1-4]/ : status != expect
"status-#{status}"
end
[kind, header.empty? ? nil : head[/^#{Regexp.escape(header)}: *([a-zA-Z0-9._-]{1,40})/i, 1]]
ensure
socket.close
end
end
look = lambda do
now = clock.call
lock.synchronize do
oldest = open.values.min
[sent, times.size, kinds.values.sum, ((([times.max || 0, oldest ? now - oldest : 0]).max) * 1000).round]
end
end
begun = clock.call
told = begun
until ends || clock.call - begun > 3600
exit if Process.ppid != parent
sent += 1
Thread.new(sent) do |number|
at = clock.call
lock.synchronize { open[number] = at }
kind, answer = begin
ask.call
rescue Errno::ECONNREFUSED
["refused", nil]
rescue Errno::ETIMEDOUT
["timeout", nil]
rescue StandardError
["broken", nil]
end
lock.synchronize do
open.delete(number)
times << clock.call - at
kinds[kind] += 1 if kind
answers[answer] += 1 if answer
end
end
if clock.call - told >= 0.2
told = clock.call
puts "at #{look.call[0, 3].join(" ")}"
end
pause = begun + sent / rate.to_f - clock.call
sleep(pause) if pause > 0
end
finish = clock.call + 30
sleep 0.05 while lock.synchronize { !open.empty? } && clock.call < finish
lock.synchronize do
now = clock.call
open.each_value { |at| times << now - at; kinds["timeout"] += 1 }
all = times.sort
at = ->(part) { all.empty? ? 0 : (all[[(all.size * part).ceil - 1, 0].max] * 1000).round }
list = ->(map) { map.empty? ? "-" : map.map { |key, number| "#{key}:#{number}" }.join(",") }
puts "end #{sent} #{kinds.values.sum} #{at.call(0.5)} #{at.call(0.99)} #{at.call(1)} #{list.call(kinds)} #{list.call(answers)}"
end
exit!
'
