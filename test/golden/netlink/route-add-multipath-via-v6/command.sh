ip route add 10.9.0.0/16 nexthop via inet6 fd00::2 dev eth0 nexthop via inet6 fd00::3 dev eth0
