ip link add link eth0 name eth0.10 index 9 mtu 1400 type vlan protocol 802.1Q id 10 reorder_hdr off
