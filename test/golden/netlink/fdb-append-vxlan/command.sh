ip link add eth9 index 9 type vxlan id 7 dstport 4789
bridge fdb append 00:00:00:00:00:00 dev eth9 dst 10.0.0.2
