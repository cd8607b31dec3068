bridge vlan add vid 10 pvid untagged dev eth0 self
