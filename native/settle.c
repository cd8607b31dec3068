// nsexec settle: returns when the kernel has freed the network namespaces that died before it was called.
// The kernel frees them on one work queue, in batches (net_namespace.c, cleanup_net). So: a veth whose far end is in a namespace
// that dies now vanishes when the queue has reached it. Twice, because the first may join a batch that is half done.
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SENTINEL "sentinel"
// Four thousand nodes take the kernel some ten seconds.
enum { POLL_MICROSECONDS = 500, LIMIT_SECONDS = 120 };

typedef struct {
  struct nlmsghdr header;
  char rest[512];
} Request;

static void *append(Request *request, const void *bytes, size_t length) {
  char *end = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
  memset(end, 0, NLMSG_ALIGN(length));
  if (bytes) memcpy(end, bytes, length);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)NLMSG_ALIGN(length);
  return end;
}

static struct rtattr *attribute(Request *request, unsigned short type, const void *bytes, size_t length) {
  struct rtattr head = {.rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(length)};
  struct rtattr *start = append(request, &head, sizeof head);
  if (bytes) append(request, bytes, length);
  return start;
}

static void close_nest(Request *request, struct rtattr *nest) {
  nest->rta_len = (unsigned short)((char *)request + request->header.nlmsg_len - (char *)nest);
}

// Same as: ip link add sentinel type veth peer name peer netns <the one behind fd>
static void add_sentinel(int far_netns) {
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  Request request = {.header = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = RTM_NEWLINK,
                                .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK}};
  append(&request, &link, sizeof link);
  attribute(&request, IFLA_IFNAME, SENTINEL, sizeof SENTINEL);
  struct rtattr *info = attribute(&request, IFLA_LINKINFO, NULL, 0);
  attribute(&request, IFLA_INFO_KIND, "veth", 5);
  struct rtattr *data = attribute(&request, IFLA_INFO_DATA, NULL, 0);
  struct rtattr *peer = attribute(&request, VETH_INFO_PEER, NULL, 0);
  append(&request, &link, sizeof link);
  attribute(&request, IFLA_IFNAME, "peer", 5);
  attribute(&request, IFLA_NET_NS_FD, &far_netns, sizeof far_netns);
  close_nest(&request, peer);
  close_nest(&request, data);
  close_nest(&request, info);

  struct { struct nlmsghdr header; struct nlmsgerr error; char rest[512]; } answer;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (route < 0) fail("socket(AF_NETLINK)");
  if (sendto(route, &request, request.header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) fail("send RTM_NEWLINK");
  if (recv(route, &answer, sizeof answer, 0) < 0) fail("receive the answer to RTM_NEWLINK");
  close(route);
  if (answer.error.error) {
    errno = -answer.error.error;
    fail("RTM_NEWLINK");
  }
}

static void wait_for_queue(void) {
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || unshare(CLONE_NEWNET)) fail("unshare(CLONE_NEWNET)");
  int far = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (far < 0 || setns(home, CLONE_NEWNET)) fail("setns(CLONE_NEWNET)");
  add_sentinel(far);
  close(far);
  close(home);
  struct timespec moment = {.tv_nsec = POLL_MICROSECONDS * 1000};
  for (long polls = LIMIT_SECONDS * 1000000L / POLL_MICROSECONDS; if_nametoindex(SENTINEL); polls--) {
    if (polls == 0) {
      errno = ETIMEDOUT;
      fail("wait for the kernel to free network namespaces");
    }
    nanosleep(&moment, NULL);
  }
}

int settle_main(void) {
  become_privileged();
  if (unshare(CLONE_NEWNET)) fail("unshare(CLONE_NEWNET)");
  wait_for_queue();
  wait_for_queue();
  return 0;
}
