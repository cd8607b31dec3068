#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Sysctls
ip netns exec lab.r1 sysctl -qw net.ipv4.ip_forward=1  # lab.yaml:9

# Links
ip -n lab.h1 link set eth0 mtu 1500  # lab.yaml:2

# Sysctls
ip netns exec lab.h1 sysctl -qw net.ipv4.conf.eth0.rp_filter=1  # lab.yaml:5
ip netns exec lab.r1 sysctl -qw net.ipv4.conf.eth0.forwarding=1  # lab.yaml:9

# Addresses
ip -n lab.h1 addr add fd00::1/64 dev eth0 nodad  # lab.yaml:3

# Links
ip -n lab.h1 link set eth0 up  # lab.yaml:2

# Routes, rules and neighbours
ip -n lab.h1 route add default via 10.0.0.254 dev eth0  # lab.yaml:4
ip -6 -n lab.h1 route add default via fd00::fe dev eth0  # lab.yaml:4
ip -n lab.r1 -batch - <<'EOF'
route del 10.5.0.0/16 via 10.0.0.77 dev eth0
rule del priority 7 from 10.5.0.0/16 lookup 100
neigh del 10.0.0.1 dev eth0
EOF

# Packet filters
ip netns exec lab.r1 iptables-restore <<'EOF'  # lab.yaml:10
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
*filter
-A FORWARD -j ACCEPT
COMMIT
EOF
ip netns exec lab.r1 ip6tables-restore <<'EOF'  # lab.yaml:11
*filter
-A INPUT -p udp -j DROP
-A INPUT -p tcp -j DROP
COMMIT
EOF
