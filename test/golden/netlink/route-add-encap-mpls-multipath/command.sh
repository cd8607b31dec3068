ip addr add 10.0.1.1/24 dev eth1
ip route add 10.9.0.0/16 nexthop encap mpls 100 via 10.0.0.2 dev eth0 weight 1 nexthop encap mpls 200/1048575 via 10.0.1.2 dev eth1 weight 3
