ip link add name bond0 index 9 mtu 1500 type bond mode active-backup primary eth0
