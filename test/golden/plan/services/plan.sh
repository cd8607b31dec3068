#!/bin/sh
# Changes the network lab, whose namespaces are known to ip netns.
# Hostnames are left as they are: ip netns knows no uts namespace.
set -eu

# Namespaces
ip netns add lab.new  # lab.yaml:10

# Links
ip -n lab.new link set lo up  # lab.yaml:10

# Services that go
# stop service gone: kill its processes

# Services
ip netns exec lab.web sh -c 'python3 -m http.server 80' </dev/null >/dev/null 2>&1 &  # lab.yaml:3
ip netns exec lab.web sh -c 'sleep 9' </dev/null >/dev/null 2>&1 &  # lab.yaml:4
ip netns exec lab.web sh -c 'sleep 2' </dev/null >/dev/null 2>&1 &  # lab.yaml:5
ip netns exec lab.web sh -c 'cd /srv
exec ./serve
' </dev/null >/dev/null 2>&1 &
ip netns exec lab.new sh -c 'sleep 1' </dev/null >/dev/null 2>&1 &  # lab.yaml:12

# Services that go
# stop service last: kill its processes

# Namespaces that go
ip netns del lab.old
