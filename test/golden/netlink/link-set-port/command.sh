ip link add br0 index 9 type bridge
ip link set eth0 master br0
ip link set dev eth0 type bridge_slave priority 8 cost 100 hairpin on guard on root_block on fastleave on learning off flood off mcast_flood off isolated on
