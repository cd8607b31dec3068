tc qdisc add dev eth0 root handle 1: netem limit 1000 delay 20ms 2ms 25% loss 1% 30% duplicate 2% 10% corrupt 0.1% 5% reorder 25% 50% gap 5 ecn
