tc qdisc add dev eth0 parent 1:1 handle 2: netem limit 5000 delay 40ms
