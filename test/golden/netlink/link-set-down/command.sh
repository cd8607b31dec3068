ip link set eth0 down
