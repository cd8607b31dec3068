ip link add name wg0 index 9 mtu 1420 type wireguard
