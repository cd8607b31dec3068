ip route add 10.9.0.0/16 via 10.0.0.2 dev eth0 metric 5 src 10.0.0.1 mtu 1400 table 100
