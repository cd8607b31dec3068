// nsexec hold: PID 1 of a lab's own pid namespace. It keeps every namespace of the lab by descriptor and hands them out over a
// unix socket; when it dies, however it dies, the kernel ends every process of the lab and frees every namespace.
//
// Packets (SOCK_SEQPACKET, the socket lies in DIR, mode 0700):
//   "put COUNT NAME …"           keep COUNT descriptors for each name: 1 (net) or 3 (net mnt uts); answer "ok"
//   "get NAME"                   answer "ok" + user pid net mnt uts (mnt and uts are the holder's own where NAME has none)
//   "del NAME"                   close them; answer "ok"
//   "list"                       answer "NAME NET MNT" a line, the numbers of its descriptors here, MNT -1 where it has none;
//                                a packet of one newline ends it
//   anything else, or a name that is not there: "error …"
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CLIENTS = 64, ENGINE_PIPE = 3 };

typedef struct {
  char name[NAME_MAX_BYTES + 1];
  int net, mnt, uts;       // mnt and uts are -1 for a namespace that is net only
} Held;

static Held *held;
static size_t held_count, held_room;
static int own[NS_COUNT];

static Held *find(const char *name) {
  for (size_t i = 0; i < held_count; i++)
    if (!strcmp(held[i].name, name)) return &held[i];
  return NULL;
}

static void release(Held *entry) {
  close(entry->net);
  if (entry->mnt >= 0) close(entry->mnt);
  if (entry->uts >= 0) close(entry->uts);
}

static Held *new_entry(void) {
  if (held_count == held_room) {
    size_t room = held_room ? held_room * 2 : 64;
    Held *grown = realloc(held, room * sizeof *held);
    if (!grown) return NULL;
    held = grown;
    held_room = room;
  }
  return &held[held_count++];
}

// Takes over the descriptors of one name; on error they stay the caller's.
static const char *put_one(const char *name, const int *fds, int count) {
  if (!*name || strlen(name) > NAME_MAX_BYTES) return "error: bad name";
  Held *entry = find(name);
  if (entry) release(entry);
  else entry = new_entry();
  if (!entry) return "error: out of memory";
  snprintf(entry->name, sizeof entry->name, "%s", name);
  entry->net = fds[0];
  entry->mnt = count == 3 ? fds[1] : -1;
  entry->uts = count == 3 ? fds[2] : -1;
  return NULL;
}

static const char *put(char *words, const int *fds, int count) {
  char *rest = words;
  int each = atoi(strsep(&rest, " ")), used = 0;
  const char *error = each == 1 || each == 3 ? NULL : "error: put takes one or three descriptors a name";
  for (char *name; !error && (name = strsep(&rest, " ")); used += each)
    error = used + each <= count ? put_one(name, fds + used, each) : "error: too few descriptors";
  for (int i = error ? used - each : used; i >= 0 && i < count; i++) close(fds[i]);
  return error;
}

static int reply_list(int client) {
  char text[4096];
  size_t used = 0;
  for (size_t i = 0; i < held_count; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "%s %d %d\n", held[i].name, held[i].net, held[i].mnt);
    if (used < sizeof text - NAME_MAX_BYTES - 32 && i + 1 < held_count) continue;
    if (send_packet(client, text, NULL, 0)) return -1;
    used = 0;
  }
  return send_packet(client, "\n", NULL, 0);
}

static int reply_get(int client, const char *name) {
  int fds[NS_COUNT];
  memcpy(fds, own, sizeof fds);
  Held *entry = find(name);
  if (!entry) return send_packet(client, "error: no namespace of that name", NULL, 0);
  fds[NS_NET] = entry->net;
  if (entry->mnt >= 0) fds[NS_MNT] = entry->mnt;
  if (entry->uts >= 0) fds[NS_UTS] = entry->uts;
  return send_packet(client, "ok", fds, NS_COUNT);
}

// Answers one packet. Returns -1 when the client is to be closed.
static int serve(int client) {
  char text[PACKET_BYTES];
  int fds[PACKET_FDS], count = PACKET_FDS;
  ssize_t length = receive_packet(client, text, sizeof text, fds, &count);
  if (length <= 0) return -1;
  if (!strncmp(text, "put ", 4)) {
    const char *error = put(text + 4, fds, count);
    return send_packet(client, error ? error : "ok", NULL, 0);
  }
  for (int i = 0; i < count; i++) close(fds[i]);
  if (!strncmp(text, "get ", 4)) return reply_get(client, text + 4);
  if (!strcmp(text, "list")) return reply_list(client);
  if (!strncmp(text, "del ", 4)) {
    Held *entry = find(text + 4);
    if (!entry) return send_packet(client, "error: no namespace of that name", NULL, 0);
    release(entry);
    *entry = held[--held_count];
    return send_packet(client, "ok", NULL, 0);
  }
  return send_packet(client, "error: not a request", NULL, 0);
}

static void reap(void) {
  while (waitpid(-1, NULL, WNOHANG) > 0)
    ;
}

// Serves until SIGTERM, or until the engine goes away before it has said that the lab is complete.
static void serve_forever(int listener, int signals) {
  struct pollfd set[3 + MAX_CLIENTS] = {
      {.fd = listener, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = ENGINE_PIPE, .events = POLLIN}};
  int count = 3;
  for (;;) {
    if (poll(set, (nfds_t)count, -1) < 0 && errno != EINTR) fail("poll");
    if (set[2].revents) {
      char byte;
      if (read(ENGINE_PIPE, &byte, 1) != 1) return;
      close(ENGINE_PIPE);
      set[2] = (struct pollfd){.fd = -1};
    }
    if (set[1].revents) {
      struct signalfd_siginfo info;
      if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo == SIGTERM) return;
      reap();
    }
    for (int i = count - 1; i >= 3; i--)
      if (set[i].revents && serve(set[i].fd)) {
        close(set[i].fd);
        set[i] = set[--count];
      }
    if (set[0].revents && count < 3 + MAX_CLIENTS) {
      int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      if (client >= 0) set[count++] = (struct pollfd){.fd = client, .events = POLLIN};
    }
    set[0].fd = count < 3 + MAX_CLIENTS ? listener : -1;
  }
}

static int listen_here(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = HOLDER_SOCKET};   // relative: a path has 107 bytes at most
  int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket");
  unlink(HOLDER_SOCKET);
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind " HOLDER_SOCKET);
  if (listen(listener, MAX_CLIENTS)) fail("listen");
  return listener;
}

static void open_own_namespaces(void) {
  static const char *const names[NS_COUNT] = {"user", "pid", "net", "mnt", "uts"};
  for (int i = 0; i < NS_COUNT; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
    own[i] = open(path, O_RDONLY | O_CLOEXEC);
    if (own[i] < 0) fail(path);
  }
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) fail("setrlimit");
}

static _Noreturn void hold(const char *directory) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGTERM);
  sigprocmask(SIG_BLOCK, &watched, NULL);
  int signals = signalfd(-1, &watched, SFD_CLOEXEC);
  if (signals < 0) fail("signalfd");
  raise_descriptor_limit();
  int listener = listen_here();
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("mount / private");
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) fail("mount proc");
  // The lab's own files. They lie over the state directory, which the nodes need not see; the socket stays reachable from outside.
  if (mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")) fail("mount tmpfs");
  open_own_namespaces();
  if (dprintf(STDOUT_FILENO, "ready\n") < 0) fail("write");
  int null = open("/dev/null", O_RDWR);
  if (null < 0) fail("/dev/null");
  for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
  if (null > 2) close(null);
  serve_forever(listener, signals);
  _exit(0);
}

// The first process of a pid namespace must be a child of the one that made it, unshare(2): so two steps. The first prints
// the holder's pid as the host counts, the second "ready".
int hold_main(char **argv) {
  if (!argv[0] || argv[1]) return -1;
  if (chdir(argv[0])) fail(argv[0]);
  setsid();
  if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID)) fail("unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID)");
  pid_t holder = fork();
  if (holder < 0) fail("fork");
  if (holder == 0) hold(argv[0]);
  if (dprintf(STDOUT_FILENO, "%d\n", holder) < 0) fail("write");
  return 0;
}
