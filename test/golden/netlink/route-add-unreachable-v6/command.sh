ip -6 route add unreachable fd09::/48 metric 2000
