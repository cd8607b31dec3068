ip link set eth0 addrgenmode none
