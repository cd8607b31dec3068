ip -f mpls route add 16 dev lo
