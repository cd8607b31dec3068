ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent
