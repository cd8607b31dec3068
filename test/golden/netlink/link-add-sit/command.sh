ip link add name s0 index 9 mtu 1480 type sit remote 10.0.0.2 local 10.0.0.1 dev eth0
