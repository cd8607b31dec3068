#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
# Hostnames are left as they are: ip netns knows no uts namespace.
set -eu

# Hostnames
# hostname h1: ip netns has no uts namespace

# Sysctls
ip netns exec lab.h1 sysctl -qw net.ipv4.ip_forward=0

# Packet filters
ip netns exec lab.h1 iptables-restore <<'EOF'
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
EOF

# Files
if [ "${FILES-}" = 1 ]; then rm -f /etc/netns/lab.h1/motd; fi
