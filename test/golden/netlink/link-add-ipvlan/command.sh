ip link add link eth0 name i0 index 9 mtu 1500 type ipvlan mode l2
