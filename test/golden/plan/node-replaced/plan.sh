#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
# Hostnames are left as they are: ip netns knows no uts namespace.
set -eu

# Links that go
ip -n lab link del h1.eth0

# Namespaces
ip netns add lab.h3  # lab.yaml:2

# Cables
ip -n lab.h3 link add eth0 address 02:a8:5a:3b:2f:9b mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name h3.eth0 netns lab address 02:55:ef:91:ab:ce mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:2
ip -n lab link set h3.eth0 master lan  # lab.yaml:2

# Links
ip -n lab.h3 link set lo up  # lab.yaml:2

# Addresses
ip -n lab.h3 addr add 10.0.0.1/24 brd + dev eth0  # lab.yaml:2

# Links
ip -n lab.h3 link set eth0 up  # lab.yaml:2
ip -n lab link set h3.eth0 up  # lab.yaml:4

# Namespaces that go
ip -batch - <<'EOF'
netns del lab.h1
netns del lab.h2
EOF
