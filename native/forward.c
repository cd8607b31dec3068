// nsexec forward: passes connections and datagrams from one network into another. Runs as a service that stays in the machine's network
// (serve.c, net=host), with the node's network namespace as NODE_NETNS_FD.
//
//   nsexec forward ports TARGETS SPEC ...   listen on the machine, connect in the node. TARGETS: addresses of the node, tried in order,
//                                           with "," between them; SPEC: tcp|udp,ADDRESS,PORT,PORT-IN-THE-NODE
//   nsexec forward dns ADDRESS ...          listen on port 53 of these addresses in the node, ask the name servers of the machine's
//                                           /etc/resolv.conf, read anew for each question: on 127.0.0.53, too, which no node could reach
//
// One process, one poll(2): a socket keeps the network that it was opened in, so whichever side needs new sockets is where the process is.
#define _GNU_SOURCE
#include "nsexec.h"
#include "forward.h"
#include "rights.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DNS_PORT = 53, LISTENERS_PER_PACKET = 64 };

static Listener *listeners;
static int listener_count;
static Target fixed_targets[MAX_TARGETS];
static int fixed_count;

static int parse_target(const char *text, int port, Target *target) {
  struct sockaddr_in *four = (struct sockaddr_in *)&target->address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&target->address;
  memset(target, 0, sizeof *target);
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    target->length = sizeof *four;
  } else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    target->length = sizeof *six;
  } else return -1;
  return 0;
}

int open_socket(const Target *target, int type) {
  return socket(target->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// ---- where to

static int name_servers(Target *targets) {
  FILE *file = fopen("/etc/resolv.conf", "re");
  char line[1024], word[128];
  int count = 0;
  while (file && count < MAX_TARGETS && fgets(line, sizeof line, file))
    if (sscanf(line, " nameserver %127s", word) == 1 && !parse_target(word, DNS_PORT, &targets[count])) count++;
  if (file) fclose(file);
  return count;
}

int targets_of(const Listener *listener, Target *targets) {
  if (listener->port_there < 0) return name_servers(targets);
  for (int i = 0; i < fixed_count; i++) {
    targets[i] = fixed_targets[i];
    in_port_t port = htons((uint16_t)listener->port_there);
    if (targets[i].address.ss_family == AF_INET) ((struct sockaddr_in *)&targets[i].address)->sin_port = port;
    else ((struct sockaddr_in6 *)&targets[i].address)->sin6_port = port;
  }
  return fixed_count;
}

// ---- listening

static int listen_on(const char *address, int port, int type) {
  Target here;
  int yes = 1;
  if (parse_target(address, port, &here)) {
    fprintf(stderr, "nsexec: %s: not an address\n", address);
    _exit(EXIT_NSEXEC);
  }
  int fd = open_socket(&here, type);
  if (fd < 0) fail("socket");
  // Of a server that has ended the machine keeps old connections, which must not keep the next one out. Two may not share a UDP port so.
  if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (here.address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&here.address, here.length) || (type == SOCK_STREAM && listen(fd, SOMAXCONN))) {
    char what[128];
    snprintf(what, sizeof what, "%s port %d of %s", type == SOCK_STREAM ? "tcp" : "udp", port, address);
    fail(what);
  }
  return fd;
}

static void keep_listener(int fd, int type, int port_there) {
  listeners = realloc(listeners, (size_t)(listener_count + 1) * sizeof *listeners);
  if (!listeners) fail("realloc");
  listeners[listener_count++] = (Listener){.fd = fd, .type = type, .port_there = port_there};
}

static void enter_node(void) {
  if (setns(NODE_NETNS_FD, CLONE_NEWNET)) fail("setns(CLONE_NEWNET)");
}

static int open_ports(char **argv) {
  if (!argv[0] || !argv[1]) return -1;
  for (char *rest = argv[0], *word; (word = strsep(&rest, ",")) && fixed_count < MAX_TARGETS;)
    if (parse_target(word, 0, &fixed_targets[fixed_count++])) return -1;
  for (argv++; *argv; argv++) {
    char *rest = *argv, *protocol = strsep(&rest, ","), *address = strsep(&rest, ","), *port = strsep(&rest, ",");
    if (!rest) return -1;
    int type = !strcmp(protocol, "udp") ? SOCK_DGRAM : SOCK_STREAM;
    keep_listener(listen_on(address, atoi(port), type), type, atoi(rest));
  }
  enter_node();
  return 0;
}

// A child opens the sockets in the node, for a user namespace leaves no way back to the machine's network.
static int open_dns(char **argv) {
  static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
  for (; *argv; argv++) {
    int pair[2], fds[2], count = 2, status;
    char word[8];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) fail("socketpair");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      enter_node();
      for (int i = 0; i < 2; i++) fds[i] = listen_on(*argv, DNS_PORT, types[i]);
      _exit(send_packet(pair[1], "ok", fds, 2) ? EXIT_NSEXEC : 0);
    }
    close(pair[1]);
    ssize_t length = receive_packet(pair[0], word, sizeof word, fds, &count);
    close(pair[0]);
    while (waitpid(child, &status, 0) < 0)
      if (errno != EINTR) fail("waitpid");
    if (length <= 0 || count != 2) _exit(EXIT_NSEXEC);       // the child has said why
    for (int i = 0; i < 2; i++) keep_listener(fds[i], types[i], -1);
  }
  return listener_count ? 0 : -1;
}

int forward_main(char **argv) {
  int (*open_listeners)(char **) = !argv[0] ? NULL : !strcmp(argv[0], "ports") ? open_ports : !strcmp(argv[0], "dns") ? open_dns : NULL;
  if (!open_listeners || open_listeners(argv + 1)) return -1;
  // What comes from either side is not to be trusted, and nothing from here on takes a right that others have not.
  const char *step = limit_capabilities(0);
  if (!step) step = give_up_rights(0);
  if (step) fail(step);
  if (printf("ready\n") < 0 || fflush(stdout)) fail("write");
  struct pollfd *set = NULL;
  int room = 0;
  for (;;) {
    int count = listener_count + connection_places() + session_places();
    if (count > room) {
      room = count * 2;
      set = realloc(set, (size_t)room * sizeof *set);
      if (!set) fail("realloc");
    }
    for (int i = 0; i < listener_count; i++) {
      int is_full = listeners[i].type == SOCK_STREAM && !has_connection_room();
      set[i] = (struct pollfd){.fd = is_full ? -1 : listeners[i].fd, .events = POLLIN};
    }
    struct pollfd *connections = set + listener_count, *sessions = connections + connection_places();
    watch_connections(connections);
    watch_sessions(sessions);
    if (poll(set, (nfds_t)count, -1) < 0 && errno != EINTR) fail("poll");
    // From the back of what is there: whatever is added meanwhile has not been waited for.
    serve_sessions(sessions);
    serve_connections(connections);
    for (int i = 0; i < listener_count; i++) {
      if (!(set[i].revents & POLLIN)) continue;
      if (listeners[i].type == SOCK_STREAM) accept_connection(&listeners[i]);
      else take_datagram(&listeners[i]);
    }
  }
}
