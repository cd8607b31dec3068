ip -f mpls route add 100 as 200/300 via inet 10.0.0.2 dev eth0
