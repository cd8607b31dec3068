ip link add name br0 index 9 address 02:00:00:00:00:0b type bridge forward_delay 400 hello_time 100 max_age 1000 ageing_time 6000 stp_state 1 priority 4096 mcast_snooping 0
