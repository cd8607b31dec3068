#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Addresses
ip -n lab.h1 -batch - <<'EOF'
addr add 10.0.0.1/16 brd + dev eth0  # lab.yaml:4
addr del fd00::1/64 dev eth0
addr del 10.0.0.1/24 dev eth0
addr add fd00::1/48 dev eth0 nodad  # lab.yaml:4
EOF

# Routes, rules and neighbours
ip -6 -n lab.h1 route replace default via fd00::2 dev eth0 src fd00::1  # lab.yaml:5
