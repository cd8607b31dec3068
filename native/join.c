// Joining a node: the lab's user and pid namespace and the node's net, mnt and uts namespaces, by descriptors from the lab's holder.
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void get_namespaces(const char *directory, const char *node, int *fds) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = HOLDER_SOCKET};
  int home = open(".", O_PATH | O_CLOEXEC), socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (home < 0 || socket_fd < 0) fail("socket");
  if (chdir(directory)) fail(directory);                  // the socket is named relative: a path has 107 bytes at most
  if (connect(socket_fd, (struct sockaddr *)&address, sizeof address)) fail("connect to the lab's holder");
  if (fchdir(home)) fail("fchdir");
  char text[256];
  snprintf(text, sizeof text, "get %s", node);
  if (send_packet(socket_fd, text, NULL, 0)) fail("ask the lab's holder");
  int count = NS_COUNT;
  if (receive_packet(socket_fd, text, sizeof text, fds, &count) <= 0) fail("answer of the lab's holder");
  if (strcmp(text, "ok") || count != NS_COUNT) {
    fprintf(stderr, "nsexec: %s: %s\n", node, text);
    _exit(EXIT_NSEXEC);
  }
  close(home);
  close(socket_fd);
}

// Returns whether the user namespace is another one: then this process has yet to become its root.
static int join_user_and_pid(const int *fds) {
  struct stat own, theirs;
  if (stat("/proc/self/ns/user", &own) || fstat(fds[NS_USER], &theirs)) fail("stat of a user namespace");
  int other_user = own.st_ino != theirs.st_ino;           // joining one's own user namespace is EINVAL, setns(2)
  if (other_user && setns(fds[NS_USER], CLONE_NEWUSER)) fail("setns(CLONE_NEWUSER)");
  if (setns(fds[NS_PID], CLONE_NEWPID)) fail("setns(CLONE_NEWPID)");
  return other_user;
}

static void become_root(int other_user) {
  if (other_user && (setresgid(0, 0, 0) || setresuid(0, 0, 0))) fail("setresuid");
}

static void join_namespaces(const int *fds) {
  int other_user = join_user_and_pid(fds);
  if (setns(fds[NS_NET], CLONE_NEWNET)) fail("setns(CLONE_NEWNET)");
  if (setns(fds[NS_UTS], CLONE_NEWUTS)) fail("setns(CLONE_NEWUTS)");
  char *directory = getcwd(NULL, 0);
  if (setns(fds[NS_MNT], CLONE_NEWNS)) fail("setns(CLONE_NEWNS)");
  if (!directory || chdir(directory)) {                   // the node may not have the caller's directory
    if (chdir("/")) fail("chdir /");
  }
  free(directory);
  become_root(other_user);
}

void join_node(const char *directory, const char *node) {
  int fds[NS_COUNT];
  get_namespaces(directory, node, fds);
  join_namespaces(fds);
  for (int i = 0; i < NS_COUNT; i++) close(fds[i]);
}

void join_beside(const char *directory, const char *node) {
  int fds[NS_COUNT], base[NS_COUNT];
  get_namespaces(directory, node, fds);
  get_namespaces(directory, BASE, base);
  int other_user = join_user_and_pid(fds);
  if (setns(base[NS_MNT], CLONE_NEWNS)) fail("setns(CLONE_NEWNS)");
  become_root(other_user);
  if (dup2(fds[NS_NET], NODE_NETNS_FD) < 0) fail("dup2");
  for (int i = 0; i < NS_COUNT; i++) close(fds[i]), close(base[i]);
}
