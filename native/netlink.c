// nsexec netlink: a way to one network namespace of a lab for who is outside: reads datagrams for the kernel from stdin, sends each, and
// writes what the kernel answers to stdout, until stdin ends. Each datagram has its length before it, 32 bits in host order.
// A process of its own is done in 3 ms, where an engine would enter all namespaces of the lab first.
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

static int read_whole(void *into, size_t length) {
  for (size_t have = 0; have < length;) {
    ssize_t got = read(STDIN_FILENO, (char *)into + have, length - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read");
    if (got == 0) return 0;
    have += (size_t)got;
  }
  return 1;
}

static void write_whole(const void *from, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t put = write(STDOUT_FILENO, (const char *)from + done, length - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write");
    done += (size_t)put;
  }
}

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
  get_namespaces(argv[0], argv[1], fds);
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
  for (uint32_t length; read_whole(&length, sizeof length);) {
    if (length > DATAGRAM_BYTES || !read_whole(datagram, length)) return EXIT_NSEXEC;
    uint32_t sequence = last_sequence(datagram, length);
    if (send(netlink, datagram, length, 0) < 0) fail("send");
    for (;;) {
      ssize_t got = recv(netlink, datagram, DATAGRAM_BYTES, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("recv");
      uint32_t answered = (uint32_t)got;
      write_whole(&answered, sizeof answered);
      write_whole(datagram, answered);
      if (is_last(datagram, answered, sequence)) break;
    }
  }
  return 0;
}
