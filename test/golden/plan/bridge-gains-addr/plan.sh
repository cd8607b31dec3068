#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Links that go
ip -n lab.h1 link del eth0

# Namespaces
ip netns add lab.sw  # lab.yaml:3

# Bridges
ip -n lab.sw link add sw address 02:f9:99:04:86:33 type bridge stp_state 0 priority 32768 ageing_time 30000 forward_delay 1500 hello_time 200 max_age 2000 mcast_snooping 0  # lab.yaml:3

# Cables
ip -n lab.h1 link add eth0 address 02:51:57:bb:b7:5c mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name h1.eth0 netns lab.sw address 02:ed:ee:92:8b:2a mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:2
ip -n lab.sw link set h1.eth0 master sw  # lab.yaml:2

# Addresses
ip -n lab.h1 addr add 10.0.0.1/24 brd + dev eth0  # lab.yaml:2

# Links
ip -n lab.h1 link set eth0 up  # lab.yaml:2
ip -n lab.sw link set lo up  # lab.yaml:3

# Addresses
ip -n lab.sw addr add 10.0.0.254/24 brd + dev sw  # lab.yaml:3

# Links
ip -n lab.sw -batch - <<'EOF'
link set h1.eth0 up  # lab.yaml:3
link set sw up  # lab.yaml:3
EOF

# Routes, rules and neighbours
ip -n lab.h1 route add default via 10.0.0.254 dev eth0  # lab.yaml:2

# Namespaces that go
ip netns del lab
