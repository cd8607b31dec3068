ip link set dev eth0 type bond miimon 200 xmit_hash_policy layer2+3
