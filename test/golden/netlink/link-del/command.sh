ip link del eth0
