ip route add 10.9.0.0/16 via 192.0.2.1 dev eth0 onlink
