tc qdisc add dev eth0 parent 1:1 handle 2: cake diffserv4 dual-srchost rtt 50ms nat wash ack-filter memlimit 32mb
