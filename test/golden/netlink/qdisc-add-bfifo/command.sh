tc qdisc add dev eth0 parent 2:1 handle 3: bfifo limit 62500
