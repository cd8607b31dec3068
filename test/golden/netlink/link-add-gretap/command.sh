ip link add name gt0 index 9 mtu 1462 type gretap remote 10.0.0.2 local 10.0.0.1 nopmtudisc dev eth0
