# shellcheck shell=bash
# What others read: the list, an ssh config, an inventory.

# Hosts come and go while this reads: what is no longer there is not listed.
print_list() {
  local dir name suite number life
  for dir in "$STATE"/hosts/*/; do
    name=$(basename "$dir")
    if ! { number=$(cat "$dir/number") && suite=$(cat "$dir/suite"); } 2>/dev/null; then continue; fi
    if host_pid "$name" >/dev/null; then life=up; else life=dead; fi
    printf '%s\t%s\t10.77.%s.%s\t%s\n' "$name" "$suite" "$(cat "$STATE/net")" "$number" "$life"
  done
}

# Gathered anew each time, and put in place whole: somebody may be reading.
print_known_hosts() {
  cat "$STATE"/hosts/*/known_hosts >"$STATE/known_hosts.$$" 2>/dev/null || true
  mv "$STATE/known_hosts.$$" "$STATE/known_hosts"
}

print_ssh_config() {
  [ -d "$STATE/hosts" ] || die "nothing is up"
  local name address _
  print_known_hosts
  while IFS=$'\t' read -r name _ address _; do
    printf 'Host %s %s\n  HostName %s\n' "$name" "$address" "$address"
  done < <(print_list)
  cat <<TEXT
Host *
  User root
  IdentityFile $STATE/key
  IdentitiesOnly yes
  UserKnownHostsFile $STATE/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 5
TEXT
}

print_inventory() {
  [ -d "$STATE/hosts" ] || die "nothing is up"
  local name address _
  print_known_hosts
  cat <<TEXT
all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: $STATE/key
    ansible_ssh_common_args: >-
      -o UserKnownHostsFile=$STATE/known_hosts -o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes
    zdt_roles: [nginx_upstream, systemd_exec_reload, puma_config]
    app_name: shop
    app_path: /srv/shop
    app_user: shop
    app_group: shop
    puma_service: puma.service
    puma_config_path: /srv/shop/shared/puma.rb
    puma_workers: 2
    puma_threads: [1, 3]
  hosts:
TEXT
  while IFS=$'\t' read -r name _ address _; do
    printf '    %s:\n      ansible_host: %s\n' "$name" "$address"
  done < <(print_list)
}
