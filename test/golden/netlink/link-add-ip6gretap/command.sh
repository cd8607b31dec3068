ip link add name gt6 index 9 mtu 1434 type ip6gretap remote fd00::2 local fd00::1 hoplimit 64
