# shellcheck shell=sh disable=SC2034,SC2154
# SC2034: other programs read these variables. SC2154: US, the separator of words, comes from the session.
# How words travel: fields end with US, and a field that may hold any byte is `=` and itself, or `~` and its base64.

WS=$IFS
NL=${IFS#??}

# Sets `word` to $1 as it may stand in an answer: `=` and itself, or `~` and its base64.
word() {
	case $1 in
	*["$US$NL"]*) word="~$(printf '%s' "$1" | base64 | tr -d '\n')" ;;
	*) word="=$1" ;;
	esac
}

# Sets `plain` to the bytes of field $1; `-` is no bytes at all. False where they could not be read: not the same as none.
plain() {
	case $1 in
	=*) plain=${1#=} ;;
	\~*)
		plain=$(printf '%s' "${1#\~}" | base64 -d && echo .)
		case $plain in
		*.) plain=${plain%.} ;;
		*)
			plain='' reason="\`base64\` failed"
			return 1
			;;
		esac
		;;
	*) plain='' ;;
	esac
}
