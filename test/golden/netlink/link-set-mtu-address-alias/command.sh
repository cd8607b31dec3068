ip link set eth0 mtu 1400 address 02:00:00:00:00:77 alias "a long name"
