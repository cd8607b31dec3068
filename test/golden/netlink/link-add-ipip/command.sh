ip link add name t0 index 9 mtu 1480 type ipip remote 10.0.0.2 local 10.0.0.1 ttl 64
