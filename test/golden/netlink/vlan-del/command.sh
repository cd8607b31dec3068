bridge vlan del vid 10 dev eth0
