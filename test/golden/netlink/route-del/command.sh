ip route add 10.9.0.0/16 via 10.0.0.2 dev eth0
ip route del 10.9.0.0/16 via 10.0.0.2 dev eth0
