#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Links that go
ip -n lab.h1 link del eth0

# Cables
ip -n lab.h1 link add eth0 address 02:51:57:bb:b7:5c mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name eth0 netns lab.r2 address 02:7c:10:d9:b1:80 mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:2

# Sysctls
ip netns exec lab.h1 sysctl -qw net.ipv4.conf.eth0.rp_filter=0  # lab.yaml:6

# Addresses
ip -n lab.h1 -batch - <<'EOF'
addr add 10.0.0.1/24 brd + dev eth0  # lab.yaml:3
addr add fd00::1/64 dev eth0 nodad  # lab.yaml:3
EOF

# Links
ip -n lab.h1 link set eth0 up  # lab.yaml:2

# Addresses
ip -n lab.r2 addr add 10.0.0.254/24 brd + dev eth0  # lab.yaml:12

# Links
ip -n lab.r2 link set eth0 up  # lab.yaml:11

# Routes, rules and neighbours
ip -n lab.h1 -batch - <<'EOF'
route add default via 10.0.0.254 dev eth0  # lab.yaml:4
neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent  # lab.yaml:5
EOF
