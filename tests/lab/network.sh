# shellcheck shell=bash
# A run's network: a bridge with 10.77.N.0/24, a namespace and a cable (veth pair) a host. Hosts get no default
# route, so nothing leaves. N is claimed in $RUNS/nets, so that runs at the same time do not meet.

# Sets NET for this run, claiming a number and laying the bridge at its first use. Called with the run's lock held.
network_of_run() {
  local holder
  if [ -f "$STATE/net" ]; then
    NET=$(cat "$STATE/net")
  else
    mkdir -p "$RUNS/nets"
    exec 9>"$RUNS/nets/.lock"
    flock 9
    for NET in $(seq 0 250); do
      holder=$(readlink "$RUNS/nets/$NET" 2>/dev/null) || break
      [ -e "$holder/net" ] || break
    done
    ln -sfn "$STATE" "$RUNS/nets/$NET"
    printf '%s\n' "$NET" >"$STATE/net"
    exec 9>&-
  fi
  BRIDGE=zdtbr$NET
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip link add "$BRIDGE" type bridge
    ip addr add "10.77.$NET.1/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
  fi
}

network_attach() { # NUMBER: namespace zdtN-NUMBER, plugged into the bridge
  local ns=zdt$NET-$1 cable=zdt$NET-h$1 mac
  network_detach "$1"
  ip netns add "$ns"
  # The same address always has the same card: a neighbour table that remembers the host before is still right.
  mac=$(printf '02:7a:64:74:%02x:%02x' "$NET" "$1")
  ip link add "$cable" type veth peer name host0 address "$mac" netns "$ns"
  ip -n "$ns" addr add "10.77.$NET.$1/24" dev host0
  ip -n "$ns" link set lo up
  ip -n "$ns" link set host0 up
  ip link set "$cable" master "$BRIDGE" up
}

network_detach() { # NUMBER
  ip link del "zdt$NET-h$1" 2>/dev/null || true
  ip netns del "zdt$NET-$1" 2>/dev/null || true
}

network_cable() { # NAME up|down
  host_known "$1"
  ip link set "zdt$(cat "$STATE/net")-h$(cat "$STATE/hosts/$1/number")" "$2"
}

network_end() {
  ip link del "zdtbr$1" 2>/dev/null || true
  [ "$(readlink "$RUNS/nets/$1" 2>/dev/null)" != "$STATE" ] || rm -f "$RUNS/nets/$1"
}
