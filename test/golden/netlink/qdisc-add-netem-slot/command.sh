tc qdisc add dev eth0 root handle 1: netem limit 1000 slot 1ms 2ms packets 10 bytes 15000
