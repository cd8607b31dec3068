bridge fdb del 02:00:00:00:00:99 dev eth0 master
