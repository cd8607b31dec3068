ip link add br0 index 9 type bridge
bridge mdb add dev br0 port eth0 grp 239.1.1.1 permanent vid 10
