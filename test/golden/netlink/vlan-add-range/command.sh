bridge vlan add vid 20-30 dev eth0
