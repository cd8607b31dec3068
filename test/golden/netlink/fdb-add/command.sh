bridge fdb add 02:00:00:00:00:99 dev eth0 master static vlan 10
