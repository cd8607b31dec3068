#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
set -eu

# Impairments
tc -n lab.h1 -batch - <<'EOF'
qdisc change dev eth0 root handle 1: tbf rate 10mbit burst 6250 limit 68750  # lab.yaml:5
qdisc change dev eth0 parent 1:1 handle 2: netem limit 1000 delay 20ms 2ms distribution normal loss 1% 25%  # lab.yaml:5
qdisc change dev eth0 parent 2:1 handle 3: bfifo limit 62500  # lab.yaml:5
qdisc del dev eth1 root
qdisc add dev eth1 root handle 1: tbf rate 1mbit burst 3200 limit 51648  # lab.yaml:6
qdisc add dev eth1 parent 1:1 handle 2: fq_codel limit 10240 flows 1024 target 10ms interval 100ms quantum 1514 ecn memory_limit 33554432 drop_batch 64  # lab.yaml:6
qdisc del dev eth3 root
EOF
tc -n lab.r1 -batch - <<'EOF'
qdisc add dev eth0 root handle 1: tbf rate 100mbit burst 62500 limit 687500  # lab.yaml:11
qdisc add dev eth0 parent 1:1 handle 2: red avpkt 1000 probability 0.02 limit 625000 max 156250 min 52083 burst 86 bandwidth 100mbit  # lab.yaml:11
qdisc add dev eth1 root handle 1: netem limit 5000 loss gemodel 1% 10% 70% 0.1% ecn seed 42  # lab.yaml:12
qdisc add dev eth2 root handle 1: netem limit 9908 delay 10ms duplicate 1% corrupt 0.1% reorder 25% 50% gap 5 slot 1ms 2ms packets 10  # lab.yaml:13
EOF
