ip link set eth0 nomaster
