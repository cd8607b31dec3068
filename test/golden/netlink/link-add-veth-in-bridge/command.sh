ip -n A link add br0 index 9 type bridge
ip link add br0 index 9 type bridge
ip link add name port0 index 10 mtu 1500 address 02:00:00:00:00:01 numtxqueues 1 numrxqueues 1 master br0 netns A type veth peer name eth0 index 11 mtu 1500 address 02:00:00:00:00:02 numtxqueues 1 numrxqueues 1 netns B
