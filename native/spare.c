// Network namespaces that are made before it is known what they will be: a third of a large lab's `up`, while client and engine only begin.
// They have no name, and go with the descriptors that the engine does not take.
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 16 };            // spares to a packet

// As openNetlink of src/linux/transport.ts.
static int open_netlink(void) {
  static const int options[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -1;
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    if (setsockopt(fd, SOL_NETLINK, options[i], &one, sizeof one)) return -1;
  return connect(fd, (struct sockaddr *)&kernel, sizeof kernel) ? -1 : fd;
}

// Sends a packet; where too many descriptors are on their way to a reader that is not there yet (ETOOMANYREFS), it waits.
static int give(int out, const int *fds, int count) {
  const struct timespec pause = {.tv_nsec = 1000000};
  while (send_packet(out, "spare", fds, count)) {
    if (errno != ETOOMANYREFS) return -1;
    nanosleep(&pause, NULL);
  }
  return 0;
}

// Whatever fails here fails again where a namespace is wanted, and is told there.
static _Noreturn void make_spares(int in, int out) {
  char text[16] = "";
  if (read(in, text, sizeof text - 1) <= 0) _exit(0);
  int fds[2 * BATCH], count = 0;
  for (long missing = strtol(text, NULL, 10); missing > 0; missing--) {
    if (unshare(CLONE_NEWNET)) break;
    fds[count] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    fds[count + 1] = open_netlink();
    if (fds[count] < 0 || fds[count + 1] < 0) break;
    count += 2;
    if (count < 2 * BATCH && missing > 1) continue;
    if (give(out, fds, count)) break;
    while (count > 0) close(fds[--count]);
  }
  _exit(0);
}

void start_spares(void) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) fail("socketpair");
  pid_t maker = fork();
  if (maker < 0) fail("fork");
  if (maker == 0) {
    for (int fd = 0; fd < SPARES_FD; fd++) close(fd);     // the engine's channel is among them: its end must be seen when the engine ends
    close(pair[0]);
    make_spares(SPARES_FD, pair[1]);
  }
  if (dup2(pair[0], SPARES_FD) < 0) fail("dup2");
}
