ip rule add not from 10.1.0.0/24 to 10.2.0.0/16 iif eth0 oif eth1 fwmark 0x7/0xff ipproto tcp sport 1000-2000 dport 80 table 1000 priority 1001
