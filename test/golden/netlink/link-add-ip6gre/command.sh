ip link add name g6 index 9 mtu 1448 type ip6gre remote fd00::2 local fd00::1 hoplimit 32 key 42
