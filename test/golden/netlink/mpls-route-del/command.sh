ip -f mpls route del 100 as 200 via inet 10.0.0.2 dev eth0
