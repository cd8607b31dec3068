ip link add name g0 index 9 mtu 1472 type gre remote 10.0.0.2 local 10.0.0.1 ttl 64 key 42 csum seq
