ip addr add fe80::5/64 dev eth0 nodad
