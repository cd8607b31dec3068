ip link set eth0 alias ""
