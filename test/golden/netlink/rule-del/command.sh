ip rule add from 10.1.0.0/24 table 100 priority 1000
ip rule del from 10.1.0.0/24 table 100 priority 1000
