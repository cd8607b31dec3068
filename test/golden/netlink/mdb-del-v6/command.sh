ip link add br0 index 9 type bridge
bridge mdb del dev br0 port eth0 grp ff0e::1 permanent
