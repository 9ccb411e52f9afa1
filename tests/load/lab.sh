# shellcheck shell=bash
# What the measurements under load share: their words, their hosts, and the sweeping up.

# The lines of the script that say how it is used.
usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
  exit 64
}
number() { case $1 in '' | *[!0-9]*) usage ;; esac }

cannot() {
  printf 'SKIPPED, nothing is proven: %s\n' "$*" >&2
  exit 77
}

# At the repository's root: runs the ignored test of tests/NAME.rs, with the settings that are exported; prints its table, and keeps it at OUT if that is named.
measure() { # NAME OUT SUITE…
  local name=$1 out=$2 code program
  shift 2
  [ "$(id -u)" = 0 ] || cannot "not root, and the lab boots hosts"
  PATH=$PATH:/usr/sbin:/sbin
  for program in systemd-nspawn debootstrap ip ssh cargo; do
    command -v "$program" >/dev/null || cannot "\`$program\` is not installed; tests/run installs what Debian has"
  done
  unshare --mount --net true 2>/dev/null || cannot "no namespaces to be had here"

  export ZDT_LAB_RUN=load-$$ ZDT_LAB_OWNER=$$
  work=$(mktemp -d /tmp/zdt-load.XXXXXX) || exit 1
  trap 'tests/lab/lab down --all; rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  tests/lab/lab images "$@" || cannot "no images of $*"
  export ZDT_LOAD_SUITES="$*" ZDT_LOAD_TABLE=$work/table

  # The program's own words go by as they come; the table alone is the result.
  cargo test --quiet --test "$name" -- --ignored --nocapture >"$work/said"
  code=$?
  if [ -s "$work/table" ]; then
    cat "$work/table"
    [ -z "$out" ] || cp "$work/table" "$out"
  else
    cat "$work/said"
    echo "there is no table: it did not come to its end" >&2
    [ "$code" -ne 0 ] || code=1
  fi
  [ "$code" -eq 0 ] || exit 1
}
