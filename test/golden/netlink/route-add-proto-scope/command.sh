ip route add 10.9.0.0/16 dev eth0 proto bird scope site
