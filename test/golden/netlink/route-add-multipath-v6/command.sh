ip route add fd09::/48 metric 1024 nexthop via fd00::2 dev eth0 nexthop via fd00::3 dev eth0 weight 2
