#!/bin/sh
# Builds the network lab with ip netns. Needs iproute2 and root, or: unshare -Urnm, and a tmpfs on /run.
# "sh THIS-SCRIPT down" takes it down again, or what of it stands after an error.
# Hostnames are left as they are: ip netns knows no uts namespace.
set -eu

namespaces='
lab.b
lab.c
'
case ${1-up} in
  up) ;;
  down)
    for netns in $namespaces; do
      if [ -e "/var/run/netns/$netns" ]; then ip netns pids "$netns" | xargs -r kill; ip netns del "$netns"; fi
      if [ "${FILES-}" = 1 ]; then rm -rf "/etc/netns/$netns"; fi
    done
    exit ;;
  *)
    echo "usage: $0 [up | down]" >&2
    exit 2 ;;
esac

# Namespaces
ip netns add lab.b  # lab.yaml:1

# Mounts
# ip netns exec keeps no mounts: each command below makes those of its node, over what is there; a tmpfs is empty each time.
mounts_1='mount --rbind -o ro /etc/apt /mnt && '  # lab.yaml:3
mounts_1=$mounts_1'mount -t tmpfs -o size=65536 tmpfs /var/lib/misc && '  # lab.yaml:4

# Namespaces
ip netns add lab.c  # lab.yaml:7

# Links
ip -n lab.b link set lo up  # lab.yaml:1
ip -n lab.c link set lo up  # lab.yaml:7

# Services
ip netns exec lab.b sh -c "$mounts_1"'exec "$@"' sh sh -c 'sleep 1' </dev/null >/dev/null 2>&1 &  # lab.yaml:6
ip netns exec lab.c sh -c 'sleep 2' </dev/null >/dev/null 2>&1 &  # lab.yaml:9
