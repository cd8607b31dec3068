#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Links
ip -n lab -batch - <<'EOF'
link set h1.eth0 master b  # lab.yaml:4
link set b type bridge stp_state 1  # lab.yaml:4
link set b type bridge ageing_time 6000  # lab.yaml:4
EOF

# Links that go
ip -n lab link del a
