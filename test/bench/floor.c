/*
 * floor: the least time in which one process can build a network of namespaces, with nothing but the system calls.
 *
 *   floor [option=value ...] < description
 *
 * The description (test/bench/topologies.js writes it) has one object a line:
 *   bridge                                        one bridge, in the namespace where this process starts
 *   node FORWARDING                               a network namespace; nodes count from 0
 *   link A ADDRESS B ADDRESS PREFIXLEN            a veth pair; A may be -1, a port of the bridge
 *   route NODE DESTINATION PREFIXLEN GATEWAY
 *   ping NODE PEER ADDRESS                        from NODE to ADDRESS, which is PEER's; checked once all is up, not timed
 *
 * Options: extra=0|1|2 each node has net; net+uts; net+uts+mnt namespaces   q=N queues a veth end (0: the kernel's choice)
 *          addrgen=N IPv6 addr_gen_mode (1: no link-local addresses)   bruplast=0|1 the bridge comes up after its ports
 *          snoop=0|1 multicast snooping of the bridge
 *
 * Prints one line of JSON. up_ms: until the last route stands; down_ms: until every reference is dropped; gone_ms: until the
 * kernel has freed them. Everything happens in a private namespace: nothing is left, whatever happens.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES_PER_SEND 32
#define SECONDS_AT_MOST 120
#define BRIDGE_IFINDEX 2
#define FIRST_PORT_IFINDEX 10
#define SENTINEL_IFINDEX 500000

static int opt_extra = 2, opt_q = 1, opt_addrgen = 1, opt_bruplast = 1, opt_snoop = 0;

static void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* ---- the description */

struct node { int forwarding, links, net, uts, mnt, rtnl; };
struct end { int node, ifindex; struct in_addr addr; };
struct link { struct end a, b; int prefixlen; };
struct route { int node; struct in_addr dst, via; int prefixlen; };

static struct node *nodes;
static struct link *links;
static struct route *routes;
static int n_nodes, n_links, n_routes, has_bridge, ping_node = -1, ping_peer;
static char ping_addr[32];

/* Room for one more element, doubling at powers of two. */
static void *grow(void *array, int used, size_t size) {
  if (used & (used - 1)) return array;
  array = realloc(array, (used ? 2 * (size_t)used : 1) * size);
  if (!array) die("realloc");
  return array;
}

static struct in_addr parse_addr(const char *text) {
  struct in_addr addr = {0};
  if (strcmp(text, "-") && inet_pton(AF_INET, text, &addr) != 1) { errno = EINVAL; die(text); }
  return addr;
}

/* Interfaces of a node count from 2: lo is 1. Chosen here, so that addresses need no look-up. */
static int next_ifindex(int node) { return node < 0 ? 0 : ++nodes[node].links + 1; }

static void read_description(void) {
  char line[256], a[32], b[32];
  int x, y, prefixlen;
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "bridge\n")) has_bridge = 1;
    else if (sscanf(line, "node %d", &x) == 1) {
      nodes = grow(nodes, n_nodes, sizeof *nodes);
      nodes[n_nodes++] = (struct node){.forwarding = x, .net = -1, .uts = -1, .mnt = -1, .rtnl = -1};
    } else if (sscanf(line, "link %d %31s %d %31s %d", &x, a, &y, b, &prefixlen) == 5) {
      links = grow(links, n_links, sizeof *links);
      links[n_links++] = (struct link){{x, next_ifindex(x), parse_addr(a)}, {y, next_ifindex(y), parse_addr(b)}, prefixlen};
    } else if (sscanf(line, "route %d %31s %d %31s", &x, a, &prefixlen, b) == 4) {
      routes = grow(routes, n_routes, sizeof *routes);
      routes[n_routes++] = (struct route){x, parse_addr(a), parse_addr(b), prefixlen};
    } else if (sscanf(line, "ping %d %d %31s", &x, &y, ping_addr) == 3) ping_node = x, ping_peer = y;
    else { errno = EINVAL; die(line); }
  }
}

/* ---- rtnetlink: messages are gathered, sent together, and acknowledged by the last */

static char batch[1 << 17];
static int batch_len, batch_count;
static uint32_t seq;
static int host_rtnl, host_net, host_uts, host_mnt;

static int open_rtnl(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  if (fd < 0 || bind(fd, (void *)&self, sizeof self)) die("rtnetlink socket");
  return fd;
}

static struct nlmsghdr *current(void) { return (void *)(batch + batch_len); }

/* Room behind what the current message holds; zeroed. */
static void *append(size_t len) {
  struct nlmsghdr *header = current();
  void *at = (char *)header + NLMSG_ALIGN(header->nlmsg_len);
  memset(at, 0, NLMSG_ALIGN(len));
  header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + len;
  return at;
}

static void *begin(int type, int flags, size_t len) {
  struct nlmsghdr *header = current();
  *header = (struct nlmsghdr){.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++seq};
  return append(len);
}

static struct rtattr *attr(int type, const void *data, size_t len) {
  struct rtattr *rta = append(RTA_LENGTH(len));
  rta->rta_type = type;
  rta->rta_len = RTA_LENGTH(len);
  if (len) memcpy(RTA_DATA(rta), data, len);
  return rta;
}
static void attr_u32(int type, uint32_t value) { attr(type, &value, sizeof value); }
static void attr_str(int type, const char *text) { attr(type, text, strlen(text) + 1); }
static struct rtattr *nest(int type) { return attr(type, NULL, 0); }
static void unnest(struct rtattr *rta) { rta->rta_len = (char *)current() + current()->nlmsg_len - (char *)rta; }

static void end(void) {
  batch_len += NLMSG_ALIGN(current()->nlmsg_len);
  batch_count++;
}

static void flush(int fd, const char *what) {
  if (!batch_count) return;
  struct nlmsghdr *last = (void *)batch;
  while ((char *)last + NLMSG_ALIGN(last->nlmsg_len) < batch + batch_len) last = (void *)((char *)last + NLMSG_ALIGN(last->nlmsg_len));
  last->nlmsg_flags |= NLM_F_ACK;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(fd, batch, batch_len, 0, (void *)&kernel, sizeof kernel) < 0) die(what);
  for (int acked = 0; !acked;) {
    static char replies[1 << 16];
    int len = recv(fd, replies, sizeof replies, 0);
    if (len < 0) die(what);
    for (struct nlmsghdr *reply = (void *)replies; NLMSG_OK(reply, len); reply = NLMSG_NEXT(reply, len)) {
      if (reply->nlmsg_type != NLMSG_ERROR) continue;
      errno = -((struct nlmsgerr *)NLMSG_DATA(reply))->error;
      if (errno) die(what);
      if (reply->nlmsg_seq == last->nlmsg_seq) acked = 1;
    }
  }
  batch_len = batch_count = 0;
}

/* ---- the network */

static void write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) die(path);
  close(fd);
}

static int open_ns(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(path);
  return fd;
}

static void make_node(int i) {
  struct node *node = &nodes[i];
  if (unshare(CLONE_NEWNET | (opt_extra >= 1 ? CLONE_NEWUTS : 0) | (opt_extra >= 2 ? CLONE_NEWNS : 0))) die("unshare");
  node->net = open_ns("/proc/thread-self/ns/net");
  if (opt_extra >= 1) {
    char name[16];
    node->uts = open_ns("/proc/thread-self/ns/uts");
    if (sethostname(name, snprintf(name, sizeof name, "n%d", i))) die("sethostname");
  }
  if (opt_extra >= 2) node->mnt = open_ns("/proc/thread-self/ns/mnt");
  if (opt_addrgen) {
    char mode[8];
    snprintf(mode, sizeof mode, "%d", opt_addrgen);
    write_file("/proc/sys/net/ipv6/conf/default/addr_gen_mode", mode);
  }
  if (node->forwarding) write_file("/proc/sys/net/ipv4/ip_forward", "1");
  node->rtnl = open_rtnl();
}

static void go_home(void) {
  if (setns(host_net, CLONE_NEWNET)) die("setns net");
  if (opt_extra >= 1 && setns(host_uts, CLONE_NEWUTS)) die("setns uts");
  if (opt_extra >= 2 && setns(host_mnt, CLONE_NEWNS)) die("setns mnt");
}

static void set_up(int ifindex) {
  struct ifinfomsg *info = begin(RTM_NEWLINK, 0, sizeof *info);
  info->ifi_index = ifindex;
  info->ifi_flags = info->ifi_change = IFF_UP;
  end();
}

static void make_bridge(void) {
  struct ifinfomsg *info = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *info);
  info->ifi_index = BRIDGE_IFINDEX;
  if (!opt_bruplast) info->ifi_flags = info->ifi_change = IFF_UP;
  attr_str(IFLA_IFNAME, "br0");
  struct rtattr *linkinfo = nest(IFLA_LINKINFO);
  attr_str(IFLA_INFO_KIND, "bridge");
  struct rtattr *data = nest(IFLA_INFO_DATA);
  uint8_t snoop = opt_snoop;
  attr(IFLA_BR_MCAST_SNOOPING, &snoop, sizeof snoop);
  unnest(data);
  unnest(linkinfo);
  end();
  flush(host_rtnl, "add bridge");
}

static void queues(void) {
  if (!opt_q) return;
  attr_u32(IFLA_NUM_TX_QUEUES, opt_q);
  attr_u32(IFLA_NUM_RX_QUEUES, opt_q);
}

/* One message: both ends in their namespaces, under their final names. The first end comes up with it; of the peer the kernel
 * refuses that (ENOTCONN in veth_open), so it is set up with its address. */
static void add_veth(int ifindex, const char *name, int netns, int master, int peer_ifindex, const char *peer_name, int peer_netns) {
  struct ifinfomsg *info = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *info);
  info->ifi_index = ifindex;
  info->ifi_flags = info->ifi_change = IFF_UP;
  attr_str(IFLA_IFNAME, name);
  if (master) attr_u32(IFLA_MASTER, master);
  if (netns >= 0) attr_u32(IFLA_NET_NS_FD, netns);
  queues();
  struct rtattr *linkinfo = nest(IFLA_LINKINFO);
  attr_str(IFLA_INFO_KIND, "veth");
  struct rtattr *data = nest(IFLA_INFO_DATA), *peer = nest(VETH_INFO_PEER);
  info = append(sizeof *info);
  info->ifi_index = peer_ifindex;
  attr_str(IFLA_IFNAME, peer_name);
  attr_u32(IFLA_NET_NS_FD, peer_netns);
  queues();
  unnest(peer);
  unnest(data);
  unnest(linkinfo);
  end();
}

static void make_link(int i) {
  const struct link *link = &links[i];
  char name[16], peer[16];
  snprintf(peer, sizeof peer, "eth%d", link->b.ifindex - 2);
  if (link->a.node < 0) {
    snprintf(name, sizeof name, "v%d", i);
    add_veth(FIRST_PORT_IFINDEX + i, name, -1, BRIDGE_IFINDEX, link->b.ifindex, peer, nodes[link->b.node].net);
  } else {
    snprintf(name, sizeof name, "eth%d", link->a.ifindex - 2);
    add_veth(link->a.ifindex, name, nodes[link->a.node].net, 0, link->b.ifindex, peer, nodes[link->b.node].net);
  }
  if (batch_count >= MESSAGES_PER_SEND) flush(host_rtnl, "add link");
}

static void add_addr(const struct end *end_, int prefixlen, int is_peer) {
  if (is_peer) set_up(end_->ifindex);
  struct ifaddrmsg *addr = begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *addr);
  addr->ifa_family = AF_INET;
  addr->ifa_prefixlen = prefixlen;
  addr->ifa_index = end_->ifindex;
  attr(IFA_LOCAL, &end_->addr, sizeof end_->addr);
  end();
}

static void add_route(const struct route *route) {
  struct rtmsg *msg = begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *msg);
  msg->rtm_family = AF_INET;
  msg->rtm_dst_len = route->prefixlen;
  msg->rtm_table = RT_TABLE_MAIN;
  msg->rtm_protocol = RTPROT_STATIC;
  msg->rtm_scope = RT_SCOPE_UNIVERSE;
  msg->rtm_type = RTN_UNICAST;
  if (route->prefixlen) attr(RTA_DST, &route->dst, sizeof route->dst);
  attr(RTA_GATEWAY, &route->via, sizeof route->via);
  end();
}

/* What belongs to each node, as chains of indices: next[i] follows i, -1 ends. Built before the clock starts. */
static int *first_end, *next_end, *first_route, *next_route;

static int *filled(int count) {
  int *array = malloc((count + 1) * sizeof *array);
  if (!array) die("malloc");
  for (int i = 0; i < count; i++) array[i] = -1;
  return array;
}

static void sort_by_node(void) {
  first_end = filled(n_nodes), next_end = filled(2 * n_links), first_route = filled(n_nodes), next_route = filled(n_routes);
  for (int i = 2 * n_links - 1; i >= 0; i--) {
    int node = (i & 1 ? &links[i / 2].b : &links[i / 2].a)->node;
    if (node < 0) continue;
    next_end[i] = first_end[node];
    first_end[node] = i;
  }
  for (int i = n_routes - 1; i >= 0; i--) {
    next_route[i] = first_route[routes[i].node];
    first_route[routes[i].node] = i;
  }
}

static void build(void) {
  if (has_bridge) make_bridge();
  for (int i = 0; i < n_nodes; i++) make_node(i);
  go_home();
  for (int i = 0; i < n_links; i++) make_link(i);
  flush(host_rtnl, "add link");
  for (int i = 0; i < n_nodes; i++) {
    set_up(1);
    for (int e = first_end[i]; e >= 0; e = next_end[e]) add_addr(e & 1 ? &links[e / 2].b : &links[e / 2].a, links[e / 2].prefixlen, e & 1);
    flush(nodes[i].rtnl, "add addr");
  }
  /* After all addresses: a gateway is refused until the link to it has both its ends. */
  for (int i = 0; i < n_nodes; i++) {
    for (int r = first_route[i]; r >= 0; r = next_route[r]) add_route(&routes[r]);
    flush(nodes[i].rtnl, "add route");
  }
  if (has_bridge && opt_bruplast) set_up(BRIDGE_IFINDEX), flush(host_rtnl, "set bridge up");
}

static void drop(void) {
  for (int i = 0; i < n_nodes; i++) {
    close(nodes[i].rtnl);
    close(nodes[i].net);
    if (opt_extra >= 1) close(nodes[i].uts);
    if (opt_extra >= 2) close(nodes[i].mnt);
  }
}

/* The kernel frees namespaces in order, in a worker: when one made after all others is gone, they are gone. Seen by its link to here. */
static void wait_for_sentinel(void) {
  if (unshare(CLONE_NEWNET)) die("unshare sentinel");
  int fd = open_ns("/proc/thread-self/ns/net");
  if (setns(host_net, CLONE_NEWNET)) die("setns net");
  add_veth(SENTINEL_IFINDEX, "sentinel", -1, 0, 2, "peer", fd);
  flush(host_rtnl, "add sentinel");
  close(fd);
  while (if_nametoindex("sentinel")) usleep(500);
}

/* 1 if the far end answers, 0 if not, -1 if nobody asked. */
static int ping(void) {
  if (ping_node < 0) return -1;
  pid_t child = fork();
  if (!child) {
    int null = open("/dev/null", O_WRONLY);
    /* A chain is longer than the usual 64 hops, there and back. */
    if (setns(nodes[ping_peer].net, CLONE_NEWNET)) die("setns ping");
    write_file("/proc/sys/net/ipv4/ip_default_ttl", "255");
    if (setns(nodes[ping_node].net, CLONE_NEWNET)) die("setns ping");
    dup2(null, 1);
    /* Until the first answer: a busy kernel takes its time to tell that a cable has a carrier. */
    execlp("ping", "ping", "-c", "1", "-i", "0.2", "-w", "15", "-t", "255", ping_addr, NULL);
    die("ping");
  }
  int status;
  return waitpid(child, &status, 0) == child && status == 0;
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void read_options(char **argv) {
  const struct { const char *name; int *value; } options[] = {
    {"extra", &opt_extra}, {"q", &opt_q}, {"addrgen", &opt_addrgen}, {"bruplast", &opt_bruplast}, {"snoop", &opt_snoop},
  };
  for (; *argv; argv++) {
    size_t i = 0, known = sizeof options / sizeof *options, len = strcspn(*argv, "=");
    while (i < known && (strncmp(options[i].name, *argv, len) || options[i].name[len])) i++;
    if (i == known || !(*argv)[len]) { errno = EINVAL; die(*argv); }
    *options[i].value = atoi(*argv + len + 1);
  }
}

int main(int argc, char **argv) {
  (void)argc;
  read_options(argv + 1);
  read_description();
  sort_by_node();
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) die("getrlimit");
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  alarm(SECONDS_AT_MOST);
  if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) die("unshare");
  host_net = open_ns("/proc/self/ns/net"), host_uts = open_ns("/proc/self/ns/uts"), host_mnt = open_ns("/proc/self/ns/mnt");
  host_rtnl = open_rtnl();

  double start = now_ms();
  build();
  double up = now_ms() - start;
  int answered = ping();
  start = now_ms();
  drop();
  double down = now_ms() - start;
  /* Twice: the worker may have taken up the first one's batch before the last nodes joined it. */
  wait_for_sentinel();
  wait_for_sentinel();
  double gone = now_ms() - start;
  printf("{\"nodes\":%d,\"links\":%d,\"ping\":%d,\"up_ms\":%.2f,\"down_ms\":%.2f,\"gone_ms\":%.2f}\n", n_nodes, n_links, answered, up, down, gone);
  return 0;
}
