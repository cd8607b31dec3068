# PID 1 of the guest, on the host's root: completes /dev, /sys and cgroup2, runs the command, reports its status and powers off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
guest=/run/guest
. $guest/settings

mkdir -p /dev/pts /dev/shm /dev/net
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
[ -e /dev/fd ] || { ln -s /proc/self/fd /dev/fd; ln -s fd/0 /dev/stdin; ln -s fd/1 /dev/stdout; ln -s fd/2 /dev/stderr; }
# Opening it loads the module; there is no udev to make the node.
[ -e /dev/net/tun ] || mknod -m 666 /dev/net/tun c 10 200
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo '+cpu +memory +pids' >/sys/fs/cgroup/cgroup.subtree_control
[ -n "$aslr" ] || echo 0 >/proc/sys/kernel/randomize_va_space
hostname guest
ip link set lo up

# The ports' devices appear a moment after the driver.
find_port() {
  local name tries
  for tries in $(seq 100); do
    for name in /sys/class/virtio-ports/*/name; do
      [ "$(cat "$name" 2>/dev/null)" = "guest.$1" ] && { name=${name%/name}; echo "/dev/${name##*/}"; return; }
    done
    sleep 0.05
  done
}
stdout=$(find_port stdout) stderr=$(find_port stderr) status=$(find_port status)

read -r booted _ </proc/uptime
# Through pipes: what the command leaves running may hold a pipe open, but must not hold the port.
mkfifo $guest/stdout $guest/stderr
cat $guest/stdout >"$stdout" & out=$!
cat $guest/stderr >"$stderr" & err=$!
exec 8>$guest/stderr
if [ -n "$one_stream" ]; then
  setsid bash $guest/command </dev/null >$guest/stdout 2>&1 8>&- &
else
  setsid bash $guest/command </dev/null >$guest/stdout 2>&8 8>&- &
fi
wait $!
code=$?
# The command took its shell's place, so nobody else tells of its end by a signal.
[ $code -lt 126 ] || { echo "guest: the command ended with status $code"; dmesg | tail -n 20; } >&8
exec 8>&-
for tries in $(seq 10); do
  kill -0 $out 2>/dev/null || kill -0 $err 2>/dev/null || break
  sleep 0.2
done
sync
tac $guest/shares | while read -r folder; do umount "$folder" 2>/dev/null || mount -o remount,ro "$folder"; done
used=$(awk '/MemTotal/ { total = $2 } /MemAvailable/ { available = $2 } END { print int((total - available) / 1024) }' /proc/meminfo)
echo "status $code $booted $(cut -d' ' -f1 /proc/uptime) $used" >"$status"
# Time for the port to drain: what is still in it when the power goes is lost.
sleep 0.1
echo o >/proc/sysrq-trigger
sleep 60
