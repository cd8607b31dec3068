tc qdisc add dev eth0 root handle 1: tbf rate 10mbit burst 6250 limit 68750
tc qdisc change dev eth0 root handle 1: tbf rate 20mbit burst 12500 limit 137500
