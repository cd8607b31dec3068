tc qdisc add dev eth0 parent 1:1 handle 2: red limit 62500 min 5208 max 15625 avpkt 1000 burst 8 bandwidth 10mbit probability 0.02 ecn
