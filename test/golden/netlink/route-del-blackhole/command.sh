ip route add blackhole 10.9.0.0/16
ip route del blackhole 10.9.0.0/16
