#!/bin/sh
# Captures what iproute2 sends for each case, whether or not this kernel takes it, and writes it to the case's expected.hex; then lets the test write the meanings.
# Needs iproute2 and strace, and the right to make user namespaces. A case's command.sh is run in a network of its own:
#   eth0 (ifindex 2, 10.0.0.1/24, fd00::1/64) and eth1 (ifindex 3) are the two ends of a cable, both up; netns A and B are empty.
# Arguments are folders of cases; without any, all are captured.
# The last line of command.sh is captured: its last request that changes something, with the sequence number set to 0.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ "${1:-}" = inside ] || exec unshare --user --map-root-user --net --mount "$0" inside "$@"
shift
[ $# -gt 0 ] || set -- "$here"/*/

by="iproute2 $(ip -V | sed 's/.*iproute2-\([^,]*\).*/\1/'), Linux $(uname -r | cut -d. -f1-2)"
mount -t tmpfs none /run

for folder; do
  [ -f "$folder/command.sh" ] || continue
  log=$(mktemp)
  ip netns add A
  ip netns add B
  unshare --net sh -eu -c '
    ip link set lo up
    ip link add eth0 index 2 type veth peer name eth1 index 3
    ip link set eth0 up
    ip link set eth1 up
    ip addr add 10.0.0.1/24 dev eth0
    ip addr add fd00::1/64 dev eth0 nodad
    sed \$d "$1" | sh -eu
    sed -n \$p "$1" >"$2.last"
    # A kind that this kernel has not is refused, after it was sent.
    strace -f -qq -e trace=sendmsg -e raw=all -e write=all -o "$2" sh -eu "$2.last" || echo "refused: $1"
  ' sh "$folder/command.sh" "$log"
  ip netns del A
  ip netns del B
  {
    echo "# made by: $(cat "$log.last")   ($by)"
    # Each request is a block of lines " | OFFSET  BYTES  TEXT |"; the type of a RTM_GET* ends in binary 10.
    awk '
      / bytes in buffer / { block = "" }
      /^ \| / { block = block substr($0, 11, 49) }
      /^[0-9].*sendmsg|\+\+\+/ { keep() }
      END { keep(); print last }
      function keep(  words) { if (split(block, words, " ") > 4 && words[5] !~ /[26ae]$/) last = block; block = "" }
    ' "$log" | tr -s ' ' '\n' | sed '/^$/d' | sed '9,12s/.*/00/' | paste -d' ' - - - -
  } >"$folder/expected.hex"
  rm -f "$log" "$log.last"
done

cd "$here/../../.." && UPDATE_GOLDEN=1 npx vitest run --config .config/vitest.config.ts --project golden test/golden/netlink
