#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Routes, rules and neighbours
ip -n lab.h1 -batch - <<'EOF'
route del blackhole 10.1.0.7/32
route replace 10.5.0.0/16 nexthop via 10.0.0.2 dev eth0 weight 1 nexthop via 10.1.0.2 dev eth1 weight 2  # lab.yaml:6
route add default via 10.0.0.9 dev eth0 metric 20  # lab.yaml:8
route add 10.7.0.0/16 via 10.1.0.7 dev eth1  # lab.yaml:9
route replace unreachable 10.6.0.0/16  # lab.yaml:7
route del default via 10.0.0.9 dev eth0 metric 10
rule del priority 200 from 10.1.0.0/24 lookup 30
rule add priority 100 from 10.0.0.0/24 lookup 20  # lab.yaml:10
rule add priority 200 from all lookup 30  # lab.yaml:10
rule del priority 100 from 10.0.0.0/24 lookup 10
EOF
