ip -f mpls route replace 100 nexthop as 200 via inet 10.0.0.2 dev eth0 nexthop via inet 10.0.1.2 dev eth1
