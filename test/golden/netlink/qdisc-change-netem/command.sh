tc qdisc change dev eth0 root handle 1: netem limit 1000 delay 20ms
