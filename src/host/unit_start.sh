# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154
# SC2016: the awk is awk's. SC2034: other programs read these variables. SC2086: words are split on purpose. SC2154: what the other parts of this program
# set.
# How systemd starts a unit's process, word by word: `systemctl show` runs words together, so its bus is asked.

# Finds who tells it of `unit`, which `address` has found. False, with `untried`, where nobody does.
find_bus() {
	bus='' peer=''
	if [ -n "$scope" ] && [ ! -S "/run/user/$unit_uid/bus" ]; then
		# A user's systemd listens there too; but to nobody who greets a bus first, as `busctl` does.
		command -v dbus-send >/dev/null || {
			untried="\`$unit_user\` has no bus (Debian: \`dbus-user-session\`), and \`dbus-send\` is not on the host"
			return 1
		}
		peer=unix:path=/run/user/$unit_uid/systemd/private
		bus=/org/freedesktop/systemd1/unit/$(printf '%s\n' "$unit_name" |
			sed 's/_/_5f/g; s/[.]/_2e/g; s/-/_2d/g; s/:/_3a/g; s/@/_40/g; s/\\/_5c/g; s/^\([0-9]\)/_3\1/')
		return
	fi
	command -v busctl >/dev/null || {
		untried="\`busctl\` is not on the host"
		return 1
	}
	bus=$(as_manager 5 busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
		org.freedesktop.systemd1.Manager GetUnit s "$unit_name" 2>/dev/null)
	bus=${bus#*\"} bus=${bus%\"*}
}

# Property $1 of the unit, a word a line, texts behind a `=`: its type, then how many entries it has, then they. False where one
# holds what does not fit into a line.
bus_words() {
	if [ -n "$peer" ]; then
		timeout -s KILL 6 $as_owner dbus-send --peer="$peer" --print-reply --reply-timeout=5000 "$bus" \
			org.freedesktop.DBus.Properties.Get string:org.freedesktop.systemd1.Service "string:$1" \
			2>/dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- | awk "$peer_program"
	else
		as_manager 5 busctl get-property org.freedesktop.systemd1 "$bus" org.freedesktop.systemd1.Service "$1" 2>/dev/null |
			awk "$busctl_program"
	fi
}

busctl_program='
{
	text = $0
	while (length(text) > 0) {
		first = substr(text, 1, 1)
		if (first == " ") { text = substr(text, 2); continue }
		if (first != "\"") { place = index(text " ", " "); print substr(text, 1, place - 1); text = substr(text, place); continue }
		text = substr(text, 2); word = ""
		while ((first = substr(text, 1, 1)) != "\"") {
			if (first == "") exit bad = 1
			if (first == "\\") {
				text = substr(text, 2); first = substr(text, 1, 1)
				if (first != "\"" && first != "\\" && first != "\047") exit bad = 1
			}
			word = word first; text = substr(text, 2)
		}
		print "=" word; text = substr(text, 2)
	}
}
END { exit bad || NR != 1 }'

# A value stands on its own line; of arrays and structures, their ends do too. Of a text nothing is escaped, so one of several
# lines is not one of ours.
peer_program='
function add(words) { held[depth] = held[depth] words; number[depth]++ }
NR == 1 { if ($0 !~ /^method return /) exit bad = 1; next }
{
	text = $0
	sub(/^ +/, "", text)
	if (NR == 2) { if (!sub(/^variant +/, "", text)) exit bad = 1 }
	if (text == "array [" || text == "struct {") { depth++; held[depth] = ""; number[depth] = 0 }
	else if (text == "]" && depth > 0) { words = number[depth] "\n" held[depth]; depth--; add(words) }
	else if (text == "}" && depth > 0) { words = held[depth]; depth--; add(words) }
	else if (text ~ /^string ".*"$/) add("=" substr(text, 9, length(text) - 9) "\n")
	else if (text ~ /^(boolean|u?int64|u?int32) [a-z0-9-]+$/) { sub(/^[a-z0-9]+ /, "", text); add(text "\n") }
	else exit bad = 1
}
END { if (bad || depth || number[0] != 1) exit 1; printf "-\n%s", held[0] }'
