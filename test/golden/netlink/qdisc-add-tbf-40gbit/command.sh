tc qdisc add dev eth0 root handle 1: tbf rate 40gbit burst 25000000 limit 275000000
