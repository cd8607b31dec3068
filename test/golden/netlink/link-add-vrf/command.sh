ip link add name red index 9 mtu 65535 type vrf table 1000
