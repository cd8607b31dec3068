ip link add br0 index 9 type bridge
ip link set br0 type bridge stp_state 0 ageing_time 100 mcast_snooping 1
