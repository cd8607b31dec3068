#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Modules
[ -e /proc/sys/net/mpls ] || modprobe mpls_router

# Sysctls
ip netns exec lab.p sysctl -qw net.mpls.platform_labels=301  # lab.yaml:9
ip netns exec lab.q sysctl -qw net.mpls.platform_labels=21  # lab.yaml:13

# Routes, rules and neighbours
ip -n lab.p route replace 10.9.0.0/16 encap mpls 100/200 via 10.0.0.2 dev eth0  # lab.yaml:6
ip -f mpls -n lab.p -batch - <<'EOF'
route replace 100 as 200 via inet 10.0.0.2 dev eth0  # lab.yaml:7
route add 300 nexthop as 301 via inet 10.0.0.2 dev eth0 weight 1 nexthop via inet 10.1.0.2 dev eth1 weight 1  # lab.yaml:8
route del 150 dev lo
EOF
