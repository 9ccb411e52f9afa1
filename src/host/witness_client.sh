# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the Ruby is Ruby's, the awk awk's. SC2034: other programs read these variables. SC2086: words are split on purpose.
# SC2154: what the other parts of this program set.
# Where the witness asks, and how.

# Sets `ask_scheme`, `ask_address`, `ask_port` and `ask_host`: what was asked for, else the server of nginx that hands requests to
# socket $1, or to $2.
witness_find() {
	ask_scheme=$witness_scheme ask_address=$witness_address ask_port=$witness_port ask_host=$witness_host
	[ -z "$witness_address" ] || return 0
	line=$(timeout 20 nginx -T 2>/dev/null | awk -v socket="$1" "$server_program")
	[ -n "$line" ] || [ -z "$2" ] ||
		line=$(timeout 20 nginx -T 2>/dev/null | awk -v socket="$2" "$server_program")
	case $line in
	'' | *[!a-zA-Z0-9.:\ _-]*) return 1 ;;
	esac
	set -- $line
	[ $# = 4 ] || return
	ask_scheme=$1 ask_address=$2 ask_port=$3 ask_host=${witness_host:-$4}
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
