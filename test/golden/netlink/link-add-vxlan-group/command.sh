ip link add name vx0 index 9 mtu 1430 type vxlan id 100 group ff05::100 dev eth0 dstport 4789
