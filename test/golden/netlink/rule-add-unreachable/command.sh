ip rule add to 10.2.0.0/16 unreachable priority 1004
