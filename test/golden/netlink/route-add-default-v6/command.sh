ip route add default via fd00::2 dev eth0 metric 1024
