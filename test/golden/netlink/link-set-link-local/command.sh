ip link set eth0 addrgenmode eui64
