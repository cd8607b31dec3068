#!/bin/sh
# Builds the network lab with ip netns. Needs iproute2 and root, or: unshare -Urnm, and a tmpfs on /run.
# "sh THIS-SCRIPT down" takes it down again, or what of it stands after an error.
# Hostnames are left as they are: ip netns knows no uts namespace.
set -eu

namespaces='
lab.h1
lab.h2
'
case ${1-up} in
  up) ;;
  down)
    for netns in $namespaces; do
      if [ -e "/var/run/netns/$netns" ]; then ip netns del "$netns"; fi
      if [ "${FILES-}" = 1 ]; then rm -rf "/etc/netns/$netns"; fi
    done
    exit ;;
  *)
    echo "usage: $0 [up | down]" >&2
    exit 2 ;;
esac

# Namespaces
ip -batch - <<'EOF'
netns add lab.h1  # lab.yaml:1
netns add lab.h2  # lab.yaml:4
EOF

# Cables
ip -n lab.h1 link add eth0 address 02:51:57:bb:b7:5c mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name eth0 netns lab.h2 address 02:ba:ff:16:4e:fe mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:2

# Links
ip -n lab.h1 link set lo up  # lab.yaml:1

# Addresses
ip -n lab.h1 addr add 10.0.0.1/24 brd + dev eth0  # lab.yaml:3

# Links
ip -n lab.h1 link set eth0 up  # lab.yaml:2
ip -n lab.h2 link set lo up  # lab.yaml:4

# Addresses
ip -n lab.h2 addr add 10.0.0.2/24 brd + dev eth0  # lab.yaml:6

# Links
ip -n lab.h2 link set eth0 up  # lab.yaml:5

# Setup commands
ip netns exec lab.h2 sh -c 'echo ready'  # lab.yaml:7
