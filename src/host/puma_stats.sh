# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the Ruby is Ruby's. SC2034: other parts read these variables. SC2086: words are split on purpose. SC2154: NL, WS:
# words.sh.
# What Puma's control server tells. Nothing is written, and nothing that the app's user can put in the way holds us up for
# long.

# Asks the Puma whose main process is $1 through its state file $2. Sets `looked` to what it tells, a line each, words apart
# by blanks, `-` for what it does not tell; times are seconds since 1970:
#   master SINCE PHASE WANTED BOOTED OLD PUMA RUBY
#   worker INDEX PID PHASE BOOTED SINCE CHECKIN SPAWNED MAX BUSY CAPACITY BACKLOG REQUESTS
# In single mode WANTED is 0, and the one `worker` is the main process itself. False where nobody answers: `unlooked` says why.
puma_look() {
	looked='' unlooked=''
	if [ ! -r "$2" ]; then
		unlooked="its state file \`$2\` is not there or cannot be read"
		return 1
	fi
	unlooked='its control server does not answer'
	look_main=$1 look_file=$2
	puma_ruby "$1" || return
	# What runs there is the app user's choice: it gets none of our openings and ends by a signal that it cannot ignore. A
	# child of it could hold the pipe open for ever, so whoever reads it ends too.
	looked=$(
		timeout -s KILL 5 $as_puma "$ruby" --disable=gems -e "$stats_program" "$look_file" "$look_main" \
			2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- | timeout -s KILL 6 head -c 100000
	)
	case $looked in
	*[!a-zA-Z0-9.\ "$NL"-]*) ;;
	'master '*"${NL}end")
		looked=${looked%end} unlooked=''
		return 0
		;;
	esac
	looked=''
	return 1
}

# Sets `ruby` to the Ruby that runs process $1, and `as_puma` to the words before it: it runs as the user that Puma runs as,
# for its owner may be the application.
puma_ruby() {
	as_puma='' ruby=/proc/$1/exe
	ids=$(stat -c '%u %g' "/proc/$1" 2>/dev/null) || return
	[ "${ids% *}" != "$(id -u)" ] || return 0
	# After an upgrade it runs what is no longer there; under its name mostly lies the next one.
	ruby=$(readlink "/proc/$1/exe")
	ruby=${ruby%' (deleted)'}
	[ -x "$ruby" ] || ruby=$(command -v ruby) || return
	as_puma="setpriv --reuid=${ids% *} --regid=${ids#* } --init-groups --"
}

# It obeys Content-Length: a worker that is forked meanwhile may hold the connection open for ever.
stats_program='
require "socket"
require "json"
state = {}
File.foreach(ARGV[0]) do |line|
key, value = line.chomp.split(":", 2)
state[key] = value.strip.delete("\"") if value
end
exit 1 unless state["pid"] == ARGV[1]
url = state["control_url"].to_s.sub(/\?.*/, "")
socket = if url.start_with?("unix://")
UNIXSocket.new(url.delete_prefix("unix://"))
elsif url =~ %r{\Atcp://(.+):(\d+)\z}
TCPSocket.new($1, $2.to_i)
else
exit 1
end
token = state["control_auth_token"]
socket.write("GET /stats#{"?token=#{token}" if token && token != "none"} HTTP/1.0\r\n\r\n")
exit 1 unless socket.gets.to_s =~ %r{\AHTTP/1\.\d 200}
length = 0
while (line = socket.gets) && line.strip != ""
length = line[/\d+/].to_i if line =~ /\Acontent-length:/i
end
stats = JSON.parse(socket.read(length))
time = lambda do |text|
parts = text.to_s.match(/\A(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z\z/)
parts && Time.utc(*parts.captures).to_i
end
say = lambda do |*words|
puts words.map { |word| word.to_s =~ /\A[a-zA-Z0-9.-]+\z/ ? word.to_s : "-" }.join(" ")
end
each = stats["worker_status"]
workers = each || []
booted = workers.count { |worker| worker["booted"] }
versions = stats["versions"] || {}
ruby = versions["ruby"] || {}
say.call("master", time.call(stats["started_at"]), stats["phase"] || 0, stats["workers"] || 0, booted,
stats["old_workers"] || 0, versions["puma"], ruby["version"])
each ||= [{ "pid" => ARGV[1], "phase" => 0, "booted" => true, "started_at" => stats["started_at"], "last_status" => stats }]
each.each do |worker|
last = worker["last_status"] || {}
say.call("worker", worker["index"], worker["pid"], worker["phase"], worker["booted"] ? "yes" : "no",
time.call(worker["started_at"]), time.call(worker["last_checkin"]), last["running"], last["max_threads"],
last["busy_threads"], last["pool_capacity"], last["backlog"], last["requests_count"])
end
puts "end"
'
