# shellcheck shell=sh disable=SC2034,SC2154
# SC2034: other programs read US. SC2154: NL and WS: words.sh.
# The first program of every session: reads requests and obeys them, one after the other, until its input ends.
# A request is a verb on a line, then what that verb reads. An answer ends with a mark, so that a connection that died
# is never taken for one. Data is read into variables and never evaluated: only programs come through `load`.

export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
set -f
# Requests come on 3, so that no command that runs here can eat them.
exec 3<&0 </dev/null
IFS= read -r US <&3 || exit 9

# Reads a program of $1 bytes, and its end mark, into `text`; half a program must never run. A shell reads a pipe byte by
# byte; where `dd` can read a whole block it does so at once (it reads nothing where it cannot).
program() {
	text=$(dd bs="$1" count=1 iflag=fullblock <&3 2>/dev/null)
	if [ -n "$text" ]; then
		[ "${#text}" -eq "$(($1 - 1))" ] && IFS= read -r line <&3 && [ "$line" = '#end' ] || exit 9
		text=$text$NL
		return
	fi
	while IFS= read -r line <&3 || exit 9; do
		[ "$line" = '#end' ] && return
		text=$text$line$NL
	done
}

# Asks for nothing.
verb_hello() {
	:
}

serve() {
	printf '\n\036zdt ready\n'
	while IFS= read -r verb <&3; do
		case $verb in
		'load '*)
			program "${verb#load }"
			eval "$text"
			continue
			;;
		esac
		"verb_$verb"
		printf '\036zdt end %s\n' "$?"
		IFS=$WS
	done
}
