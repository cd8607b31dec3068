ip route add 10.9.0.0/16 encap mpls 100/200 via 10.0.0.2 dev eth0
