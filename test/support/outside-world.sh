# A machine with the world behind it, for tests of what leads out of a lab. Run by root of a network and a mount namespace of its own, which
# is the machine: it has an uplink to a second one, the world, where 203.0.113.7 and 2001:db8:9::7 tell who asks, and a resolver on its
# own loopback, 127.0.0.53, that knows world.example. Runs its arguments there.
set -eu
mount -t tmpfs tmpfs /run
export XDG_RUNTIME_DIR=/run
ip link set lo up
unshare --net sleep 600 &
world=$!
while [ "$(readlink "/proc/$world/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done

ip link add up0 type veth peer name down0 netns "$world"
ip addr add 198.51.100.2/24 dev up0
ip addr add 2001:db8:1::2/64 dev up0 nodad
echo 0 > /proc/sys/net/ipv6/conf/up0/accept_dad
ip link set up0 up
ip route add default via 198.51.100.1
ip route add default via 2001:db8:1::1
nsenter --target "$world" --net sh -c '
  ip link set lo up
  ip addr add 203.0.113.7/32 dev lo
  ip addr add 2001:db8:9::7/128 dev lo
  ip addr add 198.51.100.1/24 dev down0
  ip addr add 2001:db8:1::1/64 dev down0 nodad
  ip link set down0 up'
nsenter --target "$world" --net python3 -c '
import http.server, socket
class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.client_address[0].removeprefix("::ffff:").encode())
    def log_message(self, *words): pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
Server(("::", 80), Mirror).serve_forever()' &

echo 'nameserver 127.0.0.53' > /run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
# Every name is 203.0.113.7 there, and has no other record. RFC 1035, section 4.1.
python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.53", 53))
while True:
    query, client = server.recvfrom(512)
    end = query.index(0, 12) + 5
    answer = bytes.fromhex("c00c 0001 0001 0000003c 0004 cb007107") if query[end - 4 : end - 2] == b"\x00\x01" else b""
    counts = bytes([0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(query[:2] + b"\x81\x80" + counts + query[12:end] + answer, client)' &
until nsenter --target "$world" --net ss -ltn | grep -q ':80 ' && ss -lun | grep -q ':53 '; do sleep 0.02; done
"$@"
