ip link add name vx0 index 9 mtu 1450 type vxlan id 100 remote 10.0.0.2 local 10.0.0.1 ttl 64 nolearning ageing 60 dstport 4789 noudpcsum
