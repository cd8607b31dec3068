ip route add 10.9.0.0/16 dev eth0 proto bird scope host mtu 1400 window 70000 advmss 1360 reordering 5 hoplimit 9 initcwnd 20 initrwnd 30 quickack 1
