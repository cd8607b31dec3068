tc qdisc add dev eth0 root handle 1: tbf rate 10mbit burst 6250 limit 68750
tc qdisc del dev eth0 root
