tc qdisc add dev eth0 root handle 1: netem limit 1000 loss state 1% 10% 5% 90% 0.1%
