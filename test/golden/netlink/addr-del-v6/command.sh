ip addr del fd00::1/64 dev eth0
