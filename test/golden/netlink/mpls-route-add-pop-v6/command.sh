ip -f mpls route add 1048575 via inet6 fd00::2 dev eth0
