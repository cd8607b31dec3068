tc qdisc add dev eth0 root handle 1: netem limit 1000 loss gemodel 1% 10% 70% 0.1%
