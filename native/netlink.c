// nsexec netlink: a way to one network namespace of a lab for who is outside: passes datagrams between stdin, a socket of type
// SOCK_SEQPACKET, and the kernel, until the other side closes it. It is there in 2 ms, where an engine would open all namespaces first.
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DATAGRAM_BYTES = 256 * 1024 };

// Sequence number of the last message: whoever asks lets the kernel acknowledge that one.
static uint32_t last_sequence(const char *datagram, size_t length) {
  uint32_t sequence = 0;
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    const struct nlmsghdr *message = (const struct nlmsghdr *)(datagram + at);
    if (message->nlmsg_len < sizeof *message) break;
    sequence = message->nlmsg_seq;
    at += NLMSG_ALIGN(message->nlmsg_len);
  }
  return sequence;
}

static int is_last(const char *datagram, size_t length, uint32_t sequence) {
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    const struct nlmsghdr *message = (const struct nlmsghdr *)(datagram + at);
    if (message->nlmsg_len < sizeof *message) break;
    int ends = message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE;
    if (ends && message->nlmsg_seq == sequence) return 1;
    at += NLMSG_ALIGN(message->nlmsg_len);
  }
  return 0;
}

int netlink_main(char **argv) {
  if (!argv[0] || !argv[1] || argv[2]) return -1;
  int fds[NS_COUNT], one = 1;
  get_namespaces(argv[0], "get", argv[1], fds);
  struct stat own, theirs;
  if (stat("/proc/self/ns/user", &own) || fstat(fds[NS_USER], &theirs)) fail("stat of a user namespace");
  if (own.st_ino != theirs.st_ino && setns(fds[NS_USER], CLONE_NEWUSER)) fail("setns(CLONE_NEWUSER)");
  if (setns(fds[NS_NET], CLONE_NEWNET)) fail("setns(CLONE_NEWNET)");
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) fail("socket");
  setsockopt(netlink, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
  setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
  setsockopt(netlink, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
  char *datagram = malloc(DATAGRAM_BYTES);
  if (!datagram) fail("malloc");
  for (;;) {
    ssize_t length = recv(STDIN_FILENO, datagram, DATAGRAM_BYTES, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) fail("recv");
    if (length == 0) return 0;
    uint32_t sequence = last_sequence(datagram, (size_t)length);
    if (send(netlink, datagram, (size_t)length, 0) < 0) fail("send to the kernel");
    do {
      while ((length = recv(netlink, datagram, DATAGRAM_BYTES, 0)) < 0)
        if (errno != EINTR) fail("recv from the kernel");
      if (send(STDIN_FILENO, datagram, (size_t)length, MSG_NOSIGNAL) < 0) fail("send");
    } while (!is_last(datagram, (size_t)length, sequence));
  }
}
