# shellcheck shell=bash
# A host's life: an overlay over its image, a namespace, systemd-nspawn; and its end, which leaves nothing.
# $STATE/hosts/NAME holds number, suite, pid (of systemd-nspawn), console.log, and the mount point root.

host_known() { [ -d "$STATE/hosts/${1:?a host}" ] || die "no host \`$1\` is up; there are: $(ls "$STATE/hosts" 2>/dev/null)"; }

# A pid alone may be somebody else's by now: the command line must name our mount point too.
host_pid() { # NAME: prints the pid of its systemd-nspawn if that lives
  local pid
  pid=$(cat "$STATE/hosts/$1/pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$STATE/hosts/$1/root" || return 1
  printf '%s\n' "$pid"
}

# systemd-nspawn's child is the PID 1 of the host.
host_init() { # NAME
  local pid child
  pid=$(host_pid "$1") || return 1
  # The file ends without a newline, which `read` reports as a failure.
  read -r child _ <"/proc/$pid/task/$pid/children" || true
  [ -n "$child" ] && printf '%s\n' "$child"
}

run_prepare() {
  mkdir -p "$STATE/hosts"
  exec 7>"$STATE/.lock"
  flock 7
  [ -z "${ZDT_LAB_OWNER:-}" ] || printf '%s\n' "$ZDT_LAB_OWNER" >"$STATE/owner"
  network_of_run
  [ -f "$STATE/key" ] || ssh-keygen -q -t ed25519 -N '' -C zdt-lab -f "$STATE/key"
  # Hosts write to memory: quick, and gone with the run.
  mountpoint -q "$STATE/disk" || { mkdir -p "$STATE/disk" && mount -t tmpfs -o mode=0755 zdt-lab "$STATE/disk"; }
  # Each systemd takes several inotify instances; at the default of 128 about twelve hosts fit.
  [ "$(sysctl -n fs.inotify.max_user_instances)" -ge 4096 ] || sysctl -qw fs.inotify.max_user_instances=4096
}

host_up() {
  local name=${1:?a name} suite=${2:?a suite} naive=no number dir
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      --naive) naive=yes ;;
      *) die "up: unknown option \`$1\`" ;;
    esac
    shift
  done
  [[ $name =~ ^[a-z0-9][a-z0-9-]{0,40}$ ]] || die "a name has a-z, 0-9 and -"
  image "$suite"
  run_sweep
  run_prepare
  if [ -d "$STATE/hosts/$name" ]; then
    ! host_pid "$name" >/dev/null || die "\`$name\` is up already"
    host_remove "$name"
  fi
  dir=$STATE/hosts/$name
  for number in $(seq 10 250); do
    grep -qsx "$number" "$STATE"/hosts/*/number || break
  done
  mkdir -p "$dir/root" "$STATE/disk/$name/upper" "$STATE/disk/$name/work"
  printf '%s\n' "$number" >"$dir/number"
  printf '%s\n' "$suite" >"$dir/suite"
  exec 7>&-

  network_attach "$number"
  mount -t overlay -o "lowerdir=$CACHE/images/$suite,upperdir=$STATE/disk/$name/upper,workdir=$STATE/disk/$name/work" \
    zdt-lab "$dir/root"
  ZDT_LAB_NAME=$name ZDT_LAB_KEY=$STATE/key sh "$HERE/accounts.sh" "$dir/root"
  printf '%s,10.77.%s.%s %s\n' "$name" "$NET" "$number" "$(cut -d' ' -f1,2 "$dir/root/etc/ssh/ssh_host_ed25519_key.pub")" \
    >"$dir/known_hosts"
  [ "$naive" = no ] || sh "$HERE/naive.sh" "$dir/root"
  host_boot "$name" "$suite"
  host_wait "$name" "10.77.$NET.$number" "$naive"
}

host_boot() { # NAME SUITE
  local dir=$STATE/hosts/$1 machine=zdt$NET-$1 keep=()
  # From systemd 256 on a container refuses the old cgroup hierarchy; older ones take what the machine has.
  [[ $2 == bookworm* ]] || export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  # Under systemd each host gets a scope of its own; elsewhere a control group that we make. Sharing one, the hosts'
  # systemds would end each other's services.
  [ -d /run/systemd/system ] || keep=(--keep-unit)
  (
    [ -d /run/systemd/system ] || cgroup_enter "$machine"
    exec setsid systemd-nspawn --quiet --register=no "${keep[@]}" --machine="$machine" --resolv-conf=off \
      --timezone=off --link-journal=no --network-namespace-path="/run/netns/zdt$NET-$(cat "$dir/number")" \
      -D "$dir/root" --console=passive -b
  ) </dev/null >"$dir/console.log" 2>&1 &
  printf '%s\n' $! >"$dir/pid"
  disown
  # Until the subshell has become systemd-nspawn, the process cannot be told from somebody else's.
  for _ in $(seq 100); do
    ! host_pid "$1" >/dev/null || return 0
    sleep 0.02
  done
}

# The hierarchies that systemd-nspawn looks at: the unified one, and the old one named systemd.
cgroup_mounts() {
  awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) { print $2 }' /proc/mounts
}

cgroup_enter() { # MACHINE: the calling subshell moves there
  local mount
  for mount in $(cgroup_mounts); do
    mkdir -p "$mount/zdt-lab/$1"
    printf '%s\n' "$BASHPID" >"$mount/zdt-lab/$1/cgroup.procs"
  done
}

cgroup_remove() { # MACHINE
  local mount
  for mount in $(cgroup_mounts); do
    [ ! -d "$mount/zdt-lab/$1" ] || find "$mount/zdt-lab/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

# Up means: sshd answers with its banner, nothing of the boot is still under way; a naive host also serves its app.
host_wait() { # NAME ADDRESS NAIVE
  local deadline=$((SECONDS + 30)) banner=
  until [ "${banner:0:4}" = SSH- ]; do
    [ $SECONDS -lt $deadline ] || host_failed "$1" "sshd does not answer on $2"
    host_pid "$1" >/dev/null || host_failed "$1" "systemd-nspawn ended"
    banner=$({ exec 6<>"/dev/tcp/$2/22" && read -r -t 2 line <&6 && printf '%s' "$line"; } 2>/dev/null) || sleep 0.1
  done
  # "degraded" is up too; it is for the test to mind.
  host_exec "$1" timeout 20 systemctl is-system-running --wait >/dev/null || true
  [ "$3" = yes ] || return 0
  until curl -fsS -o /dev/null --max-time 2 "http://$2/" 2>/dev/null; do
    [ $SECONDS -lt $deadline ] || host_failed "$1" "the app does not answer on http://$2/"
    sleep 0.1
  done
  # An app that has only just booted is not the one of a running site: see README.md about Ruby 3.3.
  sleep "${ZDT_LAB_SETTLE:-2}"
}

host_failed() { # NAME WHY: shows what there is to see, and ends the host
  tail -n 30 "$STATE/hosts/$1/console.log" >&2
  host_exec "$1" journalctl -b --no-pager -n 40 >&2 || true
  host_remove "$1"
  die "$1: $2"
}

host_exec() {
  local init name=${1:?a host}
  shift
  host_known "$name"
  init=$(host_init "$name") || die "\`$name\` is dead"
  nsenter -t "$init" -m -u -i -n -p -r -w -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

host_root() { # NAME: prints the folder that is its root file system
  host_known "$1"
  printf '%s/hosts/%s/root\n' "$STATE" "$1"
}

# A power cut: PID 1 and with it all processes are killed at once; then it boots from what its disk holds.
host_crash() { # NAME
  local dir=$STATE/hosts/${1:?a host} pid init
  host_known "$1"
  NET=$(cat "$STATE/net")
  pid=$(host_pid "$1") || die "\`$1\` is dead"
  init=$(host_init "$1") || die "\`$1\` is dead"
  kill -KILL "$init"
  for _ in $(seq 200); do
    host_pid "$1" >/dev/null || break
    sleep 0.02
  done
  kill -KILL "$pid" 2>/dev/null || true
  host_boot "$1" "$(cat "$dir/suite")"
  host_wait "$1" "$(host_address "$1")" no
}

host_push() { # NAME FILE PATH
  # shellcheck disable=SC2016 # $1 is the host's
  host_exec "$1" sh -c 'cat >"$1" && chmod 0755 "$1"' sh "$3" <"$2"
}

host_address() {
  host_known "$1"
  printf '10.77.%s.%s\n' "$(cat "$STATE/net")" "$(cat "$STATE/hosts/$1/number")"
}

host_remove() { # NAME: ends it, whatever state it is in
  local dir=$STATE/hosts/$1 pid init
  NET=$(cat "$STATE/net")
  if pid=$(host_pid "$1"); then
    # Killing the host's PID 1 ends all its processes at once; systemd-nspawn follows by itself.
    ! init=$(host_init "$1") || kill -KILL "$init" 2>/dev/null || true
    for _ in $(seq 100); do
      host_pid "$1" >/dev/null || break
      sleep 0.02
    done
    kill -KILL "$pid" 2>/dev/null || true
  fi
  [ ! -f "$dir/number" ] || network_detach "$(cat "$dir/number")"
  if mountpoint -q "$dir/root"; then umount "$dir/root" 2>/dev/null || umount -l "$dir/root"; fi
  cgroup_remove "zdt$NET-$1"
  rm -rf --one-file-system "$dir" "$STATE/disk/$1"
}

host_down() {
  local name
  if [ "${1:?a host, or --all}" = --all ]; then
    run_end
  else
    for name in "$@"; do
      host_known "$name"
      host_remove "$name"
    done
  fi
}

run_end() { # the whole run at $STATE
  local dir
  [ -d "$STATE" ] || return 0
  for dir in "$STATE"/hosts/*/; do
    [ ! -d "$dir" ] || host_remove "$(basename "$dir")"
  done
  if mountpoint -q "$STATE/disk"; then umount "$STATE/disk" 2>/dev/null || umount -l "$STATE/disk"; fi
  [ ! -f "$STATE/net" ] || network_end "$(cat "$STATE/net")"
  rm -rf --one-file-system "$STATE"
}

# Ends the runs whose owner is dead (a test that was killed cannot end its own).
run_sweep() {
  local owned
  # One at a time: hosts that boot together would all sweep up the same.
  mkdir -p "$RUNS"
  exec 6>"$RUNS/.sweep.lock"
  flock 6
  for owned in "$RUNS"/nets/*; do
    [ -L "$owned" ] || continue
    owned=$(readlink "$owned")
    if [ -f "$owned/owner" ] && [ "$owned" != "$STATE" ] && ! kill -0 "$(cat "$owned/owner")" 2>/dev/null; then
      (STATE=$owned && run_end) || true
    fi
  done
  exec 6>&-
}
