ip route add prohibit 10.9.0.0/16 metric 7
