ip addr add 10.1.2.2/31 dev eth0
