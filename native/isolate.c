// A node's own pid, ipc, cgroup and time namespaces. A process makes them from inside the node, and stays as PID 1 where there is a pid
// namespace: it reaps, and passes on to every process of the node what signals it is sent from outside. It costs nothing at `up`: a node in
// which nothing ever runs has none. Nor has it a /sys of its own, which the kernel makes the slower the more there are (sget_fc).
#define _GNU_SOURCE
#include "isolate.h"
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT = 3 };
static const int own_kinds[] = {NS_PID, NS_IPC, NS_CGROUP, NS_TIME};
enum { OWN_KINDS = sizeof own_kinds / sizeof *own_kinds };
static const int passed[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

char *verb_words[2];

static int wants(const Isolation *isolation, int kind) {
  return (isolation->wanted >> kind) & 1;
}

int read_isolation(const char *words, Isolation *isolation) {
  char text[128], *rest = text, *word;
  *isolation = (Isolation){0};
  if (!strcmp(words, "-")) return 0;
  if (snprintf(text, sizeof text, "%s", words) >= (int)sizeof text) return -1;
  while ((word = strsep(&rest, ","))) {
    int end = 0, found = 0;
    if (sscanf(word, "time=%lld/%lld%n", &isolation->boottime_ms, &isolation->monotonic_ms, &end) == 2 && !word[end]) {
      isolation->wanted |= 1 << NS_TIME;
      continue;
    }
    for (int i = 0; i < OWN_KINDS; i++) {
      if (own_kinds[i] == NS_TIME || strcmp(word, namespace_kinds[own_kinds[i]].name)) continue;
      isolation->wanted |= 1 << own_kinds[i];
      found = 1;
    }
    if (!found) return -1;
  }
  return 0;
}

void print_isolation(const Isolation *isolation, char *text, size_t room) {
  size_t length = 0;
  for (int i = 0; i < OWN_KINDS; i++) {
    int kind = own_kinds[i];
    if (!wants(isolation, kind)) continue;
    length += (size_t)snprintf(text + length, room - length, "%s%s", length ? "," : "", namespace_kinds[kind].name);
    if (kind == NS_TIME)
      length += (size_t)snprintf(text + length, room - length, "=%lld/%lld", isolation->boottime_ms, isolation->monotonic_ms);
  }
  if (!length) snprintf(text, room, "-");
}

// ---- /proc

// Whether root here is root of the machine, rather than of a user namespace.
static int is_root_of_machine(void) {
  unsigned inside, outside, count;
  FILE *map = fopen("/proc/self/uid_map", "re");
  int found = map && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && outside == 0 && count == UINT_MAX;
  if (map) fclose(map);
  return found;
}

// What of /proc is the machine's own, and root's to write or to read, is neither for a node, as in containers. Only the settings of the
// network, which are the node's, can be written. In a user namespace the kernel sees to that by itself.
const char *protect_proc(void) {
  static const char *const masked[] = {"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug"};
  static const char *const read_only[] = {"/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger"};
  if (!is_root_of_machine()) return NULL;
  if (mount("/proc/sys/net", "/proc/sys/net", NULL, MS_BIND, NULL)) return "bind /proc/sys/net";
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
    if (access(read_only[i], F_OK)) continue;             // not every kernel has all
    if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL)) return read_only[i];
    unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount(NULL, read_only[i], NULL, flags, NULL)) return read_only[i];
  }
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++)
    if (!access(masked[i], F_OK) && mount("/dev/null", masked[i], NULL, MS_BIND, NULL)) return masked[i];
  return NULL;
}

// ---- inside

static const char *enter_time(const Isolation *isolation) {
  if (unshare(CLONE_NEWTIME)) return "unshare(CLONE_NEWTIME)";
  FILE *offsets = fopen("/proc/self/timens_offsets", "we");
  if (!offsets) return "/proc/self/timens_offsets";
  const struct { const char *name; long long ms; } clocks[] = {{"monotonic", isolation->monotonic_ms}, {"boottime", isolation->boottime_ms}};
  for (int i = 0; i < 2; i++) {
    long long seconds = clocks[i].ms / 1000, rest = clocks[i].ms % 1000;
    if (rest < 0) seconds--, rest += 1000;
    fprintf(offsets, "%s %lld %lld\n", clocks[i].name, seconds, rest * 1000000);
  }
  return fclose(offsets) ? "write /proc/self/timens_offsets" : NULL;
}

// Shared memory and message queues have names, too.
static const char *mount_ipc(void) {
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (!access("/dev/shm", F_OK) && mount("tmpfs", "/dev/shm", "tmpfs", flags, "mode=1777")) return "mount tmpfs on /dev/shm";
  if (!access("/dev/mqueue", F_OK) && mount("mqueue", "/dev/mqueue", "mqueue", flags, NULL)) return "mount mqueue on /dev/mqueue";
  return NULL;
}

// Its root is the cgroup that the process is in when it makes it. This one stays there: it is the first of those that `pids` counts.
static const char *enter_cgroup(const char *node) {
  Cgroups cgroups;
  const char *refused = open_cgroups(".", node, &cgroups);   // the holder is in the lab's directory
  if (!refused) refused = join_cgroups(&cgroups);
  if (!refused && unshare(CLONE_NEWCGROUP)) refused = "unshare(CLONE_NEWCGROUP)";
  return refused;
}

// Much of /sys is the machine's. EBUSY: it is there already, from before the node's first process ended, or with the node's own root directory.
static const char *mount_sys(void) {
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
  return mount("sysfs", "/sys", "sysfs", flags, NULL) && errno != EBUSY ? "mount sysfs" : NULL;
}

static const char *enter_isolation(const Isolation *isolation, const char *node, int net, int mnt, int uts) {
  const char *outside = wants(isolation, NS_CGROUP) ? enter_cgroup(node) : NULL;
  if (outside) return outside;
  if (setns(net, CLONE_NEWNET) || setns(uts, CLONE_NEWUTS) || setns(mnt, CLONE_NEWNS)) return "setns";
  const char *refused = mount_sys();
  if (!refused && wants(isolation, NS_TIME)) refused = enter_time(isolation);
  if (!refused && wants(isolation, NS_IPC)) refused = mount_ipc();
  if (refused || !wants(isolation, NS_PID)) return refused;
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) return "mount proc";
  return protect_proc();
}

static _Noreturn void reap_and_pass_on(void) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) sigaddset(&watched, passed[i]);
  for (;;) {
    siginfo_t info;
    int signal = sigwaitinfo(&watched, &info);
    // A sender in the node has a pid here: "kill 1" there is meant for nobody.
    if (signal > 0 && signal != SIGCHLD && info.si_pid == 0) kill(-1, signal);
    while (waitpid(-1, NULL, WNOHANG) > 0)
      ;
  }
}

static _Noreturn void be_init(const Isolation *isolation, const char *node, int net, int mnt, int uts, int report) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  prctl(PR_SET_NAME, "nsexec init");
  memcpy(verb_words[0], "init", sizeof "init");           // "hold" stood there
  memset(verb_words[1], 0, strlen(verb_words[1]));
  setsid();
  const char *refused = enter_isolation(isolation, node, net, mnt, uts);
  int error = errno;
  if (dup2(report, REPORT) < 0) _exit(EXIT_NSEXEC);
  close_range(REPORT + 1, ~0U, 0);                        // the namespaces of the others; ENOSYS before Linux 5.9
  if (refused) dprintf(REPORT, "%s: %s: %s", refused, strerrorname_np(error), strerror(error));
  else if (write(REPORT, "", 1) != 1) _exit(EXIT_NSEXEC);
  char byte;
  if (refused || read(REPORT, &byte, 1) != 1 || !wants(isolation, NS_PID)) _exit(0);
  close(REPORT);
  reap_and_pass_on();
}

// ---- the holder's side

static const char *open_made(Isolation *isolation, pid_t child) {
  for (int i = 0; i < OWN_KINDS; i++) {
    int kind = own_kinds[i];
    if (!wants(isolation, kind)) continue;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s%s", child, namespace_kinds[kind].name, kind == NS_TIME ? "_for_children" : "");
    isolation->fds[kind] = open(path, O_RDONLY | O_CLOEXEC);
    if (isolation->fds[kind] < 0) return "the namespaces of the node's first process cannot be opened";
  }
  return NULL;
}

const char *make_isolation(Isolation *isolation, const char *node, int net, int mnt, int uts) {
  static char words[256];
  if (isolation->is_made || mnt < 0) return NULL;
  for (int i = 0; i < NS_COUNT; i++) isolation->fds[i] = -1;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return "socketpair";
  unsigned long flags = SIGCHLD;
  for (int i = 0; i < OWN_KINDS; i++)
    if (own_kinds[i] != NS_TIME && own_kinds[i] != NS_CGROUP && wants(isolation, own_kinds[i])) flags |= (unsigned long)namespace_kinds[own_kinds[i]].flag;
  pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);   // time: unshare(2) alone makes it; cgroup: below the node's own
  if (child == 0) be_init(isolation, node, net, mnt, uts, pair[1]);
  close(pair[1]);
  if (child < 0) {
    snprintf(words, sizeof words, "clone: %s: %s", strerrorname_np(errno), strerror(errno));
    close(pair[0]);
    return words;
  }
  ssize_t length = read(pair[0], words, sizeof words - 1);
  words[length > 0 ? length : 0] = 0;
  const char *refused = length != 1 ? *words ? words : "the node's first process ended" : open_made(isolation, child);
  if (!refused && write(pair[0], "", 1) != 1) refused = "the node's first process ended";
  close(pair[0]);
  isolation->init = refused || wants(isolation, NS_PID) ? child : 0;
  isolation->is_made = 1;
  if (refused) end_isolation(isolation);
  return refused;
}

static void close_made(Isolation *isolation) {
  for (int i = 0; i < NS_COUNT; i++)
    if (isolation->is_made && isolation->fds[i] >= 0) close(isolation->fds[i]);
  isolation->is_made = 0;
  isolation->init = 0;
}

void end_isolation(Isolation *isolation) {
  if (isolation->init > 0) kill(isolation->init, SIGKILL);
  close_made(isolation);
}

void forget_isolation(Isolation *isolation, pid_t pid) {
  if (isolation->init == pid) close_made(isolation);
}
