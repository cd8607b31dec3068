ip link add name d0 index 9 address 02:00:00:00:00:0d mtu 1400 type dummy
