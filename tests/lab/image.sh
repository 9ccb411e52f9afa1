# shellcheck shell=bash
# Images: one debootstrap a suite, kept between runs outside the repository. Hosts lie over them and never write to them.

IMAGE_PACKAGES=systemd,systemd-sysv,dbus,openssh-server,sudo,nginx-light,puma,iproute2,curl,ca-certificates,procps

images() {
  local suite
  [ $# -gt 0 ] || set -- "${ALL_SUITES[@]}"
  for suite in "$@"; do image "$suite"; done
}

# SUITE, or SUITE+PACKAGE… for one that has more (the benchmark's other tools want Python on a host).
image() {
  local name=$1 suite=${1%%+*} extra='' target=$CACHE/images/$1 mirror
  [ "$name" = "$suite" ] || extra=,${name#*+}
  extra=${extra//+/,}
  case " ${ALL_SUITES[*]} " in *" $suite "*) ;; *) die "no suite \`$suite\`; there are ${ALL_SUITES[*]}" ;; esac
  [ ! -d "$target" ] || return 0
  mkdir -p "$CACHE/images"
  # Two runs may want the same image: the second waits and then finds it.
  exec 8>"$CACHE/images/.$name.lock"
  flock 8
  if [ ! -d "$target" ]; then
    command -v debootstrap >/dev/null || die "debootstrap is not installed"
    printf 'lab: making the image %s (a minute or two)\n' "$name" >&2
    for mirror in $(image_mirrors); do
      rm -rf --one-file-system "$target.part"
      if debootstrap --variant=minbase --include="$IMAGE_PACKAGES$extra" "$suite" "$target.part" "$mirror" \
        >"$CACHE/images/$name.log" 2>&1; then
        rm -rf "$target.part"/var/cache/apt/archives/*.deb
        # Renamed when complete, so that a folder of this name is a whole image.
        mv -T "$target.part" "$target"
        break
      fi
    done
    [ -d "$target" ] || die "debootstrap $suite failed on every mirror that apt knows; see $CACHE/images/$name.log"
  fi
  exec 8>&-
}

# The machine's own mirrors, asked from apt: nobody's address stands in the repository.
image_mirrors() {
  if [ -n "${ZDT_LAB_MIRROR:-}" ]; then
    printf '%s\n' "$ZDT_LAB_MIRROR"
  else
    # The words are apt's own placeholders.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | awk '!seen[$0]++'
  fi
}
