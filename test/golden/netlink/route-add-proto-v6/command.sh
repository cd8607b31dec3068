ip -6 route add fd09::/64 via fd00::2 dev eth0 proto static metric 1024
