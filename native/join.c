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

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const struct namespace_kind namespace_kinds[NS_COUNT] = {
    [NS_USER] = {"user", CLONE_NEWUSER}, [NS_PID] = {"pid", CLONE_NEWPID}, [NS_IPC] = {"ipc", CLONE_NEWIPC},
    [NS_CGROUP] = {"cgroup", CLONE_NEWCGROUP}, [NS_TIME] = {"time", CLONE_NEWTIME}, [NS_NET] = {"net", CLONE_NEWNET},
    [NS_UTS] = {"uts", CLONE_NEWUTS}, [NS_MNT] = {"mnt", CLONE_NEWNS},
};

static int kind_of(const char *name) {
  int kind = 0;
  while (kind < NS_COUNT && strcmp(namespace_kinds[kind].name, name)) kind++;
  return kind;
}

void get_namespaces(const char *directory, const char *request, const char *node, int *fds) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = HOLDER_SOCKET};
  int home = open(".", O_PATH | O_CLOEXEC), socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (home < 0 || socket_fd < 0) fail("socket");
  if (chdir(directory)) fail(directory);                  // the socket is named relative: a path has 107 bytes at most
  if (connect(socket_fd, (struct sockaddr *)&address, sizeof address)) fail("connect to the lab's holder");
  if (fchdir(home)) fail("fchdir");
  char text[512], *rest = text;
  snprintf(text, sizeof text, "%s %s", request, node);
  if (send_packet(socket_fd, text, NULL, 0)) fail("ask the lab's holder");
  int came[NS_COUNT], count = NS_COUNT;
  if (receive_packet(socket_fd, text, sizeof text, came, &count) <= 0) fail("answer of the lab's holder");
  if (strncmp(text, "ok ", 3)) {
    fprintf(stderr, "nsexec: %s: %s\n", node, text);
    _exit(EXIT_NSEXEC);
  }
  for (int i = 0; i < NS_COUNT; i++) fds[i] = -1;
  strsep(&rest, " ");
  for (int i = 0; i < count && rest; i++) {
    int kind = kind_of(strsep(&rest, " "));
    if (kind == NS_COUNT) close(came[i]);
    else fds[kind] = came[i];
  }
  close(home);
  close(socket_fd);
}

// Joins the namespaces that there is a descriptor of, and closes these.
static void join_namespaces(const int *fds) {
  struct stat own, theirs;
  if (stat("/proc/self/ns/user", &own) || fstat(fds[NS_USER], &theirs)) fail("stat of a user namespace");
  int other_user = own.st_ino != theirs.st_ino;           // joining one's own user namespace is EINVAL, setns(2)
  for (int kind = 0; kind < NS_COUNT; kind++) {
    if (fds[kind] < 0) continue;
    if ((kind != NS_USER || other_user) && setns(fds[kind], namespace_kinds[kind].flag)) fail(namespace_kinds[kind].name);
    close(fds[kind]);
  }
  if (other_user && (setresgid(0, 0, 0) || setresuid(0, 0, 0))) fail("setresuid");
}

void join_node(const char *directory, const char *node) {
  int fds[NS_COUNT];
  get_namespaces(directory, "enter", node, fds);
  char *here = getcwd(NULL, 0);
  join_namespaces(fds);
  if (!here || chdir(here)) {                             // the node may not have the caller's directory
    if (chdir("/")) fail("chdir /");
  }
  free(here);
}

void join_beside(const char *directory, const char *node) {
  int fds[NS_COUNT], beside[NS_COUNT];
  get_namespaces(directory, "get", node, fds);
  get_namespaces(directory, "get", BASE, beside);
  close(beside[NS_NET]);
  close(beside[NS_UTS]);
  beside[NS_NET] = beside[NS_UTS] = -1;
  join_namespaces(beside);
  if (dup2(fds[NS_NET], NODE_NETNS_FD) < 0) fail("dup2");
  for (int i = 0; i < NS_COUNT; i++) if (fds[i] >= 0) close(fds[i]);
}
