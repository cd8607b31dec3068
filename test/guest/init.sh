#!/bin/busybox sh
# PID 1 of the guest, in the initial file system: mounts the host's root under an overlay and goes on there (stage2.sh).
/bin/busybox mkdir -p /proc /sys /dev /lower /upper /newroot
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module" || echo "guest: insmod $module failed"; done </modules.order
. /settings

fail() {
  echo "guest: $*"
  echo o >/proc/sysrq-trigger
  sleep 60
}
share() { mount -t 9p -o "$3,trans=virtio,version=9p2000.L,cache=loose,msize=512000" "$1" "$2"; }

share root /lower ro || fail "cannot mount the host's root"
mount -t tmpfs -o size=75%,mode=755 tmpfs /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /newroot || fail "cannot lay an overlay over it"
release=$(uname -r)
mkdir -p "/newroot/lib/modules/$release"
mount -o bind "/lower$modules" "/newroot/lib/modules/$release" || fail "cannot mount the modules"
# Before the shares: a share may lie inside them.
mount -t tmpfs -o mode=755 tmpfs /newroot/run
mount -t tmpfs -o mode=1777 tmpfs /newroot/tmp
i=0
while read -r folder; do
  mkdir -p "/newroot$folder"
  share "rw$i" "/newroot$folder" rw || fail "cannot mount $folder"
  i=$((i + 1))
done </shares
mkdir -p /newroot/run/guest
cp /command /stage2 /shares /settings /newroot/run/guest/
for folder in proc sys dev; do mount --move "/$folder" "/newroot/$folder"; done
exec switch_root /newroot /bin/bash /run/guest/stage2
