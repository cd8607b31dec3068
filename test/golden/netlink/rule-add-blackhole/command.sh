ip rule add oif eth1 blackhole priority 1005
