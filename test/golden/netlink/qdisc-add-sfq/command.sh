tc qdisc add dev eth0 parent 1:1 handle 2: sfq limit 127 flows 127 depth 127 divisor 1024 quantum 1514 perturb 10
