#!/bin/sh
# Builds the network lab with ip netns. Needs iproute2 and root, or: unshare -Urnm, and a tmpfs on /run.
# "sh THIS-SCRIPT down" takes it down again, or what of it stands after an error.
# Hostnames are left as they are: ip netns knows no uts namespace.
set -eu

namespaces='
lab.h1
lab.fw
lab.web
lab.sw
lab
'
case ${1-up} in
  up) ;;
  down)
    for netns in $namespaces; do
      if [ -e "/var/run/netns/$netns" ]; then ip netns del "$netns"; fi
      if [ "${FILES-}" = 1 ]; then rm -rf "/etc/netns/$netns"; fi
    done
    exit ;;
  *)
    echo "usage: $0 [up | down]" >&2
    exit 2 ;;
esac

# ip netns exec shows /etc/netns/NAME/FILE as /etc/FILE. These are files of this machine: FILES=1 writes them.
write() {
  if [ "${FILES-}" != 1 ]; then return; fi
  mkdir -p "/etc/netns/$2"
  "$1" >"/etc/netns/$2/$3"
  chmod "$4" "/etc/netns/$2/$3"
}

file_1() {
  cat <<'EOF'
127.0.0.1 localhost
10.0.1.1 h1
EOF
}

# Namespaces
ip netns add lab.h1  # lab.yaml:1

# Files
write file_1 lab.h1 hosts 0644  # lab.yaml:6

# Namespaces
ip netns add lab.fw  # lab.yaml:7

# Sysctls
ip netns exec lab.fw sysctl -qw net.ipv4.ip_forward=1  # lab.yaml:16
ip netns exec lab.fw sysctl -qw net.ipv6.conf.all.forwarding=1  # lab.yaml:15

# Namespaces
ip -batch - <<'EOF'
netns add lab.web  # lab.yaml:25
netns add lab.sw  # lab.yaml:31
netns add lab  # lab.yaml:35
EOF

# Bridges
ip -n lab.sw link add sw address 02:f9:99:04:86:33 type bridge stp_state 1 priority 4096 ageing_time 30000 forward_delay 1500 hello_time 200 max_age 2000 mcast_snooping 0  # lab.yaml:33
ip -n lab link add lan address 02:78:6d:64:94:c7 type bridge stp_state 0 priority 32768 ageing_time 30000 forward_delay 1500 hello_time 200 max_age 2000 mcast_snooping 0  # lab.yaml:37

# Cables
ip -n lab.h1 link add eth0 address 02:51:57:bb:b7:5c mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name h1.eth0 netns lab address 02:79:a8:0d:32:a2 mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:2
ip -n lab.fw -batch - <<'EOF'
link add eth0 address 02:1d:70:f2:e7:e1 mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name fw.eth0 netns lab address 02:17:6b:9a:22:36 mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:9
link add eth1 address 02:36:fe:d6:75:2b mtu 1400 numtxqueues 1 numrxqueues 1 type veth peer name eth0 netns lab.web address 02:c3:14:42:68:92 mtu 1400 numtxqueues 1 numrxqueues 1  # lab.yaml:10
link add eth2 address 02:93:25:d9:3f:a4 mtu 1500 numtxqueues 1 numrxqueues 1 type veth peer name eth1 netns lab.web address 02:64:bb:10:4e:e3 mtu 1500 numtxqueues 1 numrxqueues 1  # lab.yaml:11
EOF
ip -n lab -batch - <<'EOF'
link set h1.eth0 master lan  # lab.yaml:2
link set fw.eth0 master lan  # lab.yaml:9
EOF

# Links
ip -n lab.sw link set sw mtu 9000  # lab.yaml:33

# Sysctls
ip netns exec lab.h1 sysctl -qw net.ipv6.conf.eth0.accept_dad=0  # lab.yaml:5
ip netns exec lab.fw sysctl -qw net.ipv4.conf.eth0.rp_filter=0  # lab.yaml:14

# Links
ip -n lab.h1 link set lo up  # lab.yaml:1

# Addresses
ip -n lab.h1 -batch - <<'EOF'
addr add 10.0.1.1/24 brd + dev eth0  # lab.yaml:3
addr add fd00:1::1/64 dev eth0 nodad  # lab.yaml:3
EOF

# Links
ip -n lab.h1 link set eth0 up  # lab.yaml:2
ip -n lab.fw link set lo up  # lab.yaml:7

# Addresses
ip -n lab.fw -batch - <<'EOF'
addr add 10.0.1.254/24 brd + dev eth0  # lab.yaml:12
addr add fd00:1::fe/64 dev eth0 nodad  # lab.yaml:12
addr add 10.0.2.1/30 brd + dev eth1  # lab.yaml:12
addr add 10.0.3.1/30 brd + dev eth2  # lab.yaml:12
EOF

# Links
ip -n lab.fw -batch - <<'EOF'
link set eth0 up  # lab.yaml:9
link set eth1 up  # lab.yaml:10
link set eth2 up  # lab.yaml:11
EOF
ip -n lab.web link set lo up  # lab.yaml:25

# Addresses
ip -n lab.web addr add 10.0.2.2/30 brd + dev eth0  # lab.yaml:28

# Links
ip -n lab.web link set eth0 up  # lab.yaml:27
ip -n lab.sw link set lo up  # lab.yaml:31

# Addresses
ip -n lab.sw addr add 10.0.5.1/24 brd + dev sw  # lab.yaml:34

# Links
ip -n lab -batch - <<'EOF'
link set lo up  # lab.yaml:35
link set h1.eth0 up  # lab.yaml:38
link set fw.eth0 up  # lab.yaml:39
EOF
ip -n lab.sw link set sw up  # lab.yaml:33
ip -n lab link set lan up  # lab.yaml:37

# Routes, rules and neighbours
ip -n lab.h1 route add default via 10.0.1.254 dev eth0  # lab.yaml:4
ip -6 -n lab.h1 route add default via fd00:1::fe dev eth0  # lab.yaml:4
ip -n lab.fw -batch - <<'EOF'
route add 10.9.9.9/32 dev eth1  # lab.yaml:20
route add 10.9.0.0/16 via 10.9.9.9 dev eth1 metric 10  # lab.yaml:19
route add 10.8.0.0/16 nexthop via 10.0.2.2 dev eth1 weight 1 nexthop via 10.0.3.2 dev eth2 weight 5  # lab.yaml:21
route add default via 10.0.2.2 dev eth1 table 100  # lab.yaml:22
route add blackhole 10.7.0.0/16  # lab.yaml:18
rule add priority 100 from 10.0.1.0/24 lookup 100  # lab.yaml:23
EOF
ip -6 -n lab.fw rule add priority 200 from fd00:1::/64 lookup 100  # lab.yaml:23
ip -n lab.web neigh replace 10.0.2.1 lladdr 02:00:00:00:02:01 dev eth0 nud permanent  # lab.yaml:29

# Packet filters
ip netns exec lab.fw iptables-restore <<'EOF'  # lab.yaml:24
*filter
:FORWARD DROP [0:0]
-A FORWARD -i eth0 -j ACCEPT
COMMIT
EOF
ip netns exec lab.web nft -f - <<'EOF'  # lab.yaml:30
table inet t { }
EOF
