ip route add blackhole 10.9.0.0/16
