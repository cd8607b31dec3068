ip addr add fd00:1::5/64 dev eth0 nodad
