ip link add eth9 index 9 type vxlan id 7 dstport 4789 local fd00::1
bridge fdb append 00:00:00:00:00:00 dev eth9 dst fd00::2
bridge fdb del 00:00:00:00:00:00 dev eth9 dst fd00::2
