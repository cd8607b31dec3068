#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Addresses
ip -n lab.h1 -batch - <<'EOF'
addr del 10.0.0.2/24 dev eth0
addr del 10.0.0.1/24 dev eth0
addr add 10.0.0.5/24 brd + dev eth0  # lab.yaml:4
addr add 10.0.0.2/24 brd + dev eth0  # lab.yaml:4
EOF

# Routes, rules and neighbours
ip -n lab.h1 route add default via 10.0.0.254 dev eth0  # lab.yaml:5
