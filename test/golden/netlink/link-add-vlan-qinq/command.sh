ip link add link eth0 name s100 index 9 mtu 1400 type vlan protocol 802.1ad id 100
