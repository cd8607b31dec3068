ip link add br0 index 9 type bridge
ip link set eth0 master br0
