ip addr add 127.0.0.5/8 dev lo
