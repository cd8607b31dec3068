ip addr add 10.1.2.3/20 brd + dev eth0
