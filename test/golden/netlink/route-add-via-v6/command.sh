ip route add 10.9.0.0/16 via inet6 fd00::2 dev eth0
