ip link add link eth0 name m0 index 9 address 02:00:00:00:00:0d mtu 1500 type macvlan mode bridge
