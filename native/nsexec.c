// nsexec: enters namespaces and runs a program there. One file a verb: hold.c, enter.c, serve.c, settle.c; this one holds what they share.
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "usage: nsexec world [--spares] COMMAND [ARG ...] run COMMAND with root's rights over new namespaces; spare.c tells of some for it\n"
    "       nsexec join PID COMMAND [ARG ...]         run COMMAND in the user namespace of process PID\n"
    "       nsexec scratch COMMAND [ARG ...]          run COMMAND in a network of its own that goes with it\n"
    "       nsexec hold DIR                           keep the namespaces of the lab whose state is in DIR\n"
    "       nsexec enter [--caps=HEX] DIR NODE COMMAND [ARG ...]\n"
    "                                                 run COMMAND in a node of that lab, with these capabilities alone; rights.c\n"
    "       nsexec tool DIR NODE COMMAND [ARG ...]    run the machine's own COMMAND in the network of a node, whose root may lack it\n"
    "       nsexec serve DIR NODE SERVICE [KEY=VALUE ...] -- COMMAND [ARG ...]\n"
    "                                                 supervise COMMAND as a service of that node; serve.c tells the keys\n"
    "       nsexec forward ports|dns ...              pass connections and datagrams between the machine and a node; forward.c\n"
    "       nsexec netlink DIR NODE                   pass datagrams between stdin, a socket, and the kernel in that node\n"
    "       nsexec settle                             wait until the kernel has freed dead network namespaces\n"
    "Exit status: COMMAND's own; 125 nsexec failed, 126 COMMAND cannot be run, 127 COMMAND is not there.\n";

void fail(const char *what) {
  int error = errno;
  const char *name = strerrorname_np(error);
  fprintf(stderr, "nsexec: %s: %s: %s\n", what, name ? name : "?", strerror(error));
  _exit(EXIT_NSEXEC);
}

int is_there(const char *name) {
  if (strchr(name, '/')) return !access(name, F_OK);
  const char *path = getenv("PATH");
  while (path && *path) {
    size_t length = strcspn(path, ":");
    char file[4096];
    int size = snprintf(file, sizeof file, "%.*s/%s", (int)length, path, name);
    if (size < (int)sizeof file && !access(file, F_OK)) return 1;
    path += length + (path[length] == ':');
  }
  return 0;
}

void run(char **argv) {
  execvp(argv[0], argv);
  int error = errno == EACCES && !is_there(argv[0]) ? ENOENT : errno;
  const char *node = getenv("NETLAB_NODE");
  // A script without its interpreter is told of with the same ENOENT.
  if (error == ENOENT && !is_there(argv[0])) fprintf(stderr, "netlab: %s has no program \"%s\"\n", node ? node : "the node", argv[0]);
  else fprintf(stderr, "netlab: %s%s%s: %s\n", node ? node : "", node ? ": " : "", argv[0], strerror(error));
  _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

// ---- packets

int send_packet(int socket, const char *text, const int *fds, int count) {
  union { struct cmsghdr align; char bytes[CMSG_SPACE(PACKET_FDS * sizeof(int))]; } control = {0};
  struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

ssize_t receive_packet(int socket, char *text, size_t room, int *fds, int *count) {
  union { struct cmsghdr align; char bytes[CMSG_SPACE(PACKET_FDS * sizeof(int))]; } control;
  struct iovec part = {.iov_base = text, .iov_len = room - 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  int space = *count;
  *count = 0;
  ssize_t length;
  do length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) return -1;
  text[length] = 0;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int came = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < came; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      if (i < space) fds[(*count)++] = fd;
      else close(fd);
    }
  }
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {       // more text or descriptors than there is room for: half of it is nothing
    while (*count > 0) close(fds[--*count]);
    errno = EMSGSIZE;
    return -1;
  }
  return length;
}

// ---- user namespaces

static int has_cap_sys_admin(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data)) fail("capget");
  return (data[0].effective >> CAP_SYS_ADMIN) & 1;
}

static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t written = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return written < 0 ? -1 : 0;
}

// The login name of uid, read from /etc/passwd: getpwuid(3) does not work in a static program.
static int login_name(uid_t uid, char *name, size_t room) {
  FILE *passwd = fopen("/etc/passwd", "re");
  char line[1024];
  int found = 0;
  while (passwd && !found && fgets(line, sizeof line, passwd)) {
    char *end = strchr(line, ':'), *number = end ? strchr(end + 1, ':') : NULL;
    if (!number || strtoul(number + 1, NULL, 10) != uid) continue;
    *end = 0;
    found = snprintf(name, room, "%s", line) < (int)room;
  }
  if (passwd) fclose(passwd);
  return found;
}

// First range of subordinate ids of the user in /etc/subuid or /etc/subgid: lines "name-or-uid:first:count", subuid(5).
static int subordinate_range(const char *path, uid_t uid, unsigned long *first, unsigned long *count) {
  char name[256] = "", number[32], line[1024];
  login_name(uid, name, sizeof name);
  snprintf(number, sizeof number, "%u", uid);
  FILE *file = fopen(path, "re");
  int found = 0;
  while (file && !found && fgets(line, sizeof line, file)) {
    char *end = strchr(line, ':');
    if (!end) continue;
    *end = 0;
    if (strcmp(line, number) && (!*name || strcmp(line, name))) continue;
    found = sscanf(end + 1, "%lu:%lu", first, count) == 2 && *count > 0;
  }
  if (file) fclose(file);
  return found;
}

// Runs newuidmap(1) or newgidmap(1): 0 is the user, 1 and up are the subordinate ids.
static int run_mapper(const char *program, pid_t target, unsigned own, unsigned long first, unsigned long count) {
  char words[4][32];
  snprintf(words[0], 32, "%d", target);
  snprintf(words[1], 32, "%u", own);
  snprintf(words[2], 32, "%lu", first);
  snprintf(words[3], 32, "%lu", count);
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) dup2(null, 2);
    execlp(program, program, words[0], "0", words[1], "1", "1", words[2], words[3], (char *)NULL);
    _exit(EXIT_NOT_FOUND);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

// How far the mapper came: a map can be written once only.
enum { MAPPED_ALL, MAPPED_NOTHING, MAPPED_UIDS };

// Writes the maps of `target`, which waits in a new user namespace: with subordinate ids where they are to be had.
static int map_with_subordinates(pid_t target, uid_t uid, gid_t gid) {
  unsigned long first_uid, uids, first_gid, gids;
  if (!subordinate_range("/etc/subuid", uid, &first_uid, &uids)) return MAPPED_NOTHING;
  if (!subordinate_range("/etc/subgid", uid, &first_gid, &gids)) return MAPPED_NOTHING;
  if (run_mapper("newuidmap", target, uid, first_uid, uids)) return MAPPED_NOTHING;
  return run_mapper("newgidmap", target, gid, first_gid, gids) ? MAPPED_UIDS : MAPPED_ALL;
}

static void map_only_self(int mapped, uid_t uid, gid_t gid) {
  char map[64];
  snprintf(map, sizeof map, "0 %u 1\n", uid);
  if (mapped != MAPPED_UIDS && write_file("/proc/self/uid_map", map)) fail("write /proc/self/uid_map");
  if (write_file("/proc/self/setgroups", "deny")) fail("write /proc/self/setgroups");
  snprintf(map, sizeof map, "0 %u 1\n", gid);
  if (write_file("/proc/self/gid_map", map)) fail("write /proc/self/gid_map");
}

void become_privileged(void) {
  if (has_cap_sys_admin()) return;
  uid_t uid = geteuid();
  gid_t gid = getegid();
  pid_t self = getpid();
  int go[2];
  if (pipe2(go, O_CLOEXEC)) fail("pipe2");
  pid_t mapper = fork();                        // stays outside: newuidmap must be run from the parent's namespace
  if (mapper < 0) fail("fork");
  if (mapper == 0) {
    char byte;
    close(go[1]);
    if (read(go[0], &byte, 1) != 1) _exit(MAPPED_NOTHING);
    _exit(map_with_subordinates(self, uid, gid));
  }
  if (unshare(CLONE_NEWUSER)) fail("unshare(CLONE_NEWUSER)");
  if (write(go[1], "", 1) != 1) fail("write to the mapper");
  close(go[0]);
  close(go[1]);
  int status;
  while (waitpid(mapper, &status, 0) < 0)
    if (errno != EINTR) fail("waitpid");
  int mapped = WIFEXITED(status) ? WEXITSTATUS(status) : MAPPED_NOTHING;
  if (mapped != MAPPED_ALL) map_only_self(mapped, uid, gid);
  if (setresgid(0, 0, 0)) fail("setresgid");
  if (setresuid(0, 0, 0)) fail("setresuid");
}

// ---- verbs

static int world_main(char **argv) {
  int with_spares = argv[0] && !strcmp(argv[0], "--spares");
  argv += with_spares;
  if (!argv[0]) return -1;
  become_privileged();
  if (with_spares) start_spares();
  run(argv);
}

static int join_main(char **argv) {
  if (!argv[0] || !argv[1]) return -1;
  char path[64];
  struct stat own, theirs;
  snprintf(path, sizeof path, "/proc/%s/ns/user", argv[0]);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &theirs)) fail(path);
  if (stat("/proc/self/ns/user", &own)) fail("/proc/self/ns/user");
  if (own.st_ino != theirs.st_ino) {            // joining one's own user namespace is EINVAL, setns(2)
    if (setns(fd, CLONE_NEWUSER)) fail("setns(CLONE_NEWUSER)");
    if (setresgid(0, 0, 0)) fail("setresgid");
    if (setresuid(0, 0, 0)) fail("setresuid");
  }
  run(argv + 1);
}

// Runs a program of the machine's that has a /run of its own: iptables keeps its lock there.
static _Noreturn void run_with_own_run(char **argv) {
  if (unshare(CLONE_NEWNS)) fail("unshare(CLONE_NEWNS)");
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("mount / private");
  if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")) fail("mount tmpfs on /run");
  run(argv);
}

static int scratch_main(char **argv) {
  if (!argv[0]) return -1;
  become_privileged();
  if (unshare(CLONE_NEWNET)) fail("unshare(CLONE_NEWNET)");
  run_with_own_run(argv);
}

static int tool_main(char **argv) {
  if (!argv[0] || !argv[1] || !argv[2]) return -1;
  int fds[NS_COUNT];
  struct stat own, theirs;
  get_namespaces(argv[0], "get", argv[1], fds);
  if (stat("/proc/self/ns/user", &own) || fstat(fds[NS_USER], &theirs)) fail("stat of a user namespace");
  if (own.st_ino != theirs.st_ino) {            // joining one's own user namespace is EINVAL, setns(2)
    if (setns(fds[NS_USER], CLONE_NEWUSER)) fail("setns(CLONE_NEWUSER)");
    if (setresgid(0, 0, 0) || setresuid(0, 0, 0)) fail("setresuid");
  }
  if (setns(fds[NS_NET], CLONE_NEWNET)) fail("setns(CLONE_NEWNET)");
  for (int i = 0; i < NS_COUNT; i++) if (fds[i] >= 0) close(fds[i]);
  run_with_own_run(argv + 2);
}

int main(int argc, char **argv) {
  (void)argc;
  static const struct { const char *name; int (*main)(char **); } verbs[] = {
      {"world", world_main}, {"join", join_main}, {"scratch", scratch_main}, {"hold", hold_main}, {"enter", enter_main}, {"tool", tool_main},
      {"forward", forward_main}, {"netlink", netlink_main}, {"serve", serve_main}};
  int status = -1;
  const char *verb = argc > 1 ? argv[1] : "";
  if (!strcmp(verb, "settle")) status = settle_main();
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (!strcmp(verb, verbs[i].name)) status = verbs[i].main(argv + 2);
  if (status >= 0) return status;
  fputs(usage, stderr);
  return EXIT_NSEXEC;
}
