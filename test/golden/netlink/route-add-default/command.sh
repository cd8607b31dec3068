ip route add default via 10.0.0.2 dev eth0
