// nsexec hold: PID 1 of a lab's own pid namespace. It keeps every namespace of the lab by descriptor and hands them out over a
// unix socket; when it dies, however it dies, the kernel ends every process of the lab and frees every namespace.
//
// Packets (SOCK_SEQPACKET, the socket lies in DIR, mode 0700):
//   "put COUNT NAME …"           keep COUNT descriptors for each name: 1 (net) or 3 (net mnt uts); answer "ok"
//   "get NAME"                   answer "ok KIND …" + a descriptor for each kind of namespace: those that NAME has, the lab's own otherwise
//                                the name @base is the lab itself: its fabric, and the machine's file tree with the lab's own /proc
//   "enter NAME"                 the same with the node's own pid, ipc, cgroup and time namespaces, which are made now if they are not there
//   "isolate NAME WORDS"         which of these a node has, in the words of isolate.h; what runs in its pid namespace ends; answer "ok"
//   "del NAME"                   close them, and end what runs in its pid namespace; answer "ok"
//   "list"                       answer "NAME NET MNT WORDS" a line: the numbers of its descriptors here, MNT -1 where it has none, and what
//                                it isolates; a packet of one newline ends it
//   "proc"                       answer "ok" + a new procfs, mounted nowhere: an engine without root can make none outside of this pid namespace
//   anything else, or a name that is not there: "error …", and nothing was done
// A client that does not read its answers is cut off: it must not keep the others waiting.
#define _GNU_SOURCE
#include "isolate.h"
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CLIENTS = 64, ENGINE_PIPE = 3, LIST_BYTES = 4096 };
// Places in the poll set.
enum { LISTENER, SIGNALS, ENGINE, FIRST_CLIENT, PLACES = FIRST_CLIENT + MAX_CLIENTS };

typedef struct {
  char name[NAME_MAX_BYTES + 1];
  int net, mnt, uts;       // mnt and uts are -1 for a namespace that is net only
  Isolation isolation;     // of a node
} Held;

static Held *held;
static size_t held_count, held_room;
static int own[NS_COUNT];
// Descriptors from here on are not for keeping: clients, and the packet that is being received, need some, too.
static int reserved_from;

// What is left to send of a list. A long one takes more packets than a socket holds, so the client's reading sets the pace.
typedef struct {
  char *text;
  size_t length, sent;
} Outbox;

static Held *find(const char *name) {
  for (size_t i = 0; i < held_count; i++)
    if (!strcmp(held[i].name, name)) return &held[i];
  return NULL;
}

static void release(Held *entry) {
  end_isolation(&entry->isolation);
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

static int is_name(const char *name) {
  size_t length = strlen(name);
  for (const char *c = name; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127) return 0;   // a list has a name a line
  return length > 0 && length <= NAME_MAX_BYTES;
}

// Takes over the descriptors of one name; on error they stay the caller's.
static const char *put_one(const char *name, const int *fds, int count) {
  if (!is_name(name)) return "error: bad name";
  for (int i = 0; i < count; i++)
    if (fds[i] >= reserved_from) return "error: the limit of open files is reached (RLIMIT_NOFILE)";
  Held *entry = find(name);
  if (entry) release(entry);
  else entry = new_entry();
  if (!entry) return "error: out of memory";
  snprintf(entry->name, sizeof entry->name, "%s", name);
  entry->net = fds[0];
  entry->mnt = count == 3 ? fds[1] : -1;
  entry->uts = count == 3 ? fds[2] : -1;
  entry->isolation = count == 3 ? ISOLATION_DEFAULT : (Isolation){0};
  return NULL;
}

// Keeps or closes every descriptor.
static const char *put(char *words, const int *fds, int count) {
  char *rest = words, *number = strsep(&rest, " ");
  int each = !strcmp(number, "1") ? 1 : !strcmp(number, "3") ? 3 : 0, names = rest ? 1 : 0, used = 0;
  for (char *c = rest; c && *c; c++) names += *c == ' ';
  const char *error = !each ? "error: put takes one or three descriptors a name"
                      : names * each != count ? "error: not as many descriptors as the names take" : NULL;
  while (!error && used < count) {
    error = put_one(strsep(&rest, " "), fds + used, each);
    if (!error) used += each;
  }
  for (int i = used; i < count; i++) close(fds[i]);
  return error;
}

// Writes the list down, to be sent as the client reads.
static int start_list(Outbox *outbox) {
  size_t line = NAME_MAX_BYTES + 32 + ISOLATION_BYTES;
  outbox->text = malloc(held_count * line + 1);
  if (!outbox->text) return -1;
  outbox->length = outbox->sent = 0;
  for (size_t i = 0; i < held_count; i++) {
    char words[ISOLATION_BYTES];
    print_isolation(&held[i].isolation, words, sizeof words);
    outbox->length += (size_t)snprintf(outbox->text + outbox->length, line, "%s %d %d %s\n", held[i].name, held[i].net, held[i].mnt, words);
  }
  return 0;
}

// Sends as much of the list as the client has room for: whole lines, then a packet of one newline.
static int send_list(int client, Outbox *outbox) {
  while (outbox->sent < outbox->length) {
    char *start = outbox->text + outbox->sent;
    size_t length = outbox->length - outbox->sent;
    if (length > LIST_BYTES)
      for (length = LIST_BYTES; start[length - 1] != '\n';) length--;
    if (send(client, start, length, MSG_NOSIGNAL) < 0) return errno == EAGAIN ? 0 : -1;
    outbox->sent += length;
  }
  if (send(client, "\n", 1, MSG_NOSIGNAL) < 0) return errno == EAGAIN ? 0 : -1;
  free(outbox->text);
  outbox->text = NULL;
  return 0;
}

static void reap(void) {
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
    for (size_t i = 0; i < held_count; i++) forget_isolation(&held[i].isolation, pid);
}

static int reply_get(int client, const char *name, int enters) {
  int of_kind[NS_COUNT], fds[NS_COUNT], count = 0;
  char text[128] = "ok";
  memcpy(of_kind, own, sizeof of_kind);
  Held *entry = find(name);
  if (enters) reap();                                      // the pid namespace of a PID 1 that has died takes no further process
  if (!entry && strcmp(name, BASE)) return send_packet(client, "error: no namespace of that name", NULL, 0);
  if (entry && enters) {
    const char *refused = make_isolation(&entry->isolation, name, entry->net, entry->mnt, entry->uts);
    if (refused) {
      snprintf(text, sizeof text, "error: %.100s", refused);
      return send_packet(client, text, NULL, 0);
    }
    for (int kind = 0; kind < NS_COUNT; kind++)
      if (entry->isolation.is_made && entry->isolation.fds[kind] >= 0) of_kind[kind] = entry->isolation.fds[kind];
  }
  if (entry) of_kind[NS_NET] = entry->net;
  if (entry && entry->mnt >= 0) of_kind[NS_MNT] = entry->mnt;
  if (entry && entry->uts >= 0) of_kind[NS_UTS] = entry->uts;
  for (int kind = 0; kind < NS_COUNT; kind++) {
    if (of_kind[kind] < 0) continue;
    fds[count++] = of_kind[kind];
    strcat(strcat(text, " "), namespace_kinds[kind].name);
  }
  return send_packet(client, text, fds, count);
}

static int reply_isolate(int client, char *name) {
  char *words = strchr(name, ' ');
  if (words) *words++ = 0;
  Held *entry = find(name);
  Isolation isolation;
  if (!entry || entry->mnt < 0) return send_packet(client, "error: no node of that name", NULL, 0);
  if (!words || read_isolation(words, &isolation)) return send_packet(client, "error: not what a node can isolate", NULL, 0);
  end_isolation(&entry->isolation);
  entry->isolation = isolation;
  return send_packet(client, "ok", NULL, 0);
}

static int reply_del(int client, const char *name) {
  Held *entry = find(name);
  if (!entry) return send_packet(client, "error: no namespace of that name", NULL, 0);
  release(entry);
  *entry = held[--held_count];
  return send_packet(client, "ok", NULL, 0);
}

static int reply_proc(int client) {
  int context = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
  int made = context < 0 ? -1 : (int)syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
  int tree = made ? -1 : (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
  if (context >= 0) close(context);
  if (tree < 0) return send_packet(client, "error: the kernel mounts no procfs", NULL, 0);
  int failed = send_packet(client, "ok", &tree, 1);
  close(tree);
  return failed;
}

// Answers one packet, or begins to. Returns -1 when the client is to be closed.
static int serve(int client, Outbox *outbox) {
  char text[PACKET_BYTES];
  int fds[PACKET_FDS], count = PACKET_FDS;
  ssize_t length = receive_packet(client, text, sizeof text, fds, &count);
  if (length < 0 && errno == EMSGSIZE) return send_packet(client, "error: the packet is too large", NULL, 0);
  if (length < 0) return errno == EAGAIN ? 0 : -1;
  if (!strncmp(text, "put ", 4)) {
    const char *error = put(text + 4, fds, count);
    return send_packet(client, error ? error : "ok", NULL, 0);
  }
  for (int i = 0; i < count; i++) close(fds[i]);
  if (length == 0) return -1;
  if (!strncmp(text, "get ", 4)) return reply_get(client, text + 4, 0);
  if (!strncmp(text, "enter ", 6)) return reply_get(client, text + 6, 1);
  if (!strncmp(text, "isolate ", 8)) return reply_isolate(client, text + 8);
  if (!strncmp(text, "del ", 4)) return reply_del(client, text + 4);
  if (!strcmp(text, "proc")) return reply_proc(client);
  if (!strcmp(text, "list")) return start_list(outbox) ? -1 : send_list(client, outbox);
  return send_packet(client, "error: not a request", NULL, 0);
}

// Serves until SIGTERM from outside the lab, or until the engine goes away before it has said that the lab is complete.
static void serve_forever(int listener, int signals) {
  struct pollfd set[PLACES] = {
      {.fd = listener, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = ENGINE_PIPE, .events = POLLIN}};
  Outbox outboxes[PLACES] = {0};
  int count = FIRST_CLIENT;
  for (;;) {
    if (poll(set, (nfds_t)count, -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll");
    }
    if (set[ENGINE].revents) {
      char byte;
      if (read(ENGINE_PIPE, &byte, 1) != 1) return;
      close(ENGINE_PIPE);
      set[ENGINE].fd = -1;
    }
    if (set[SIGNALS].revents) {
      struct signalfd_siginfo info;
      ssize_t length = read(signals, &info, sizeof info);
      // A sender in the lab has a pid here: root of a node must not end the lab with "kill 1".
      if (length == sizeof info && info.ssi_signo == SIGTERM && info.ssi_pid == 0) return;
      reap();
    }
    for (int i = count - 1; i >= FIRST_CLIENT; i--) {
      if (!set[i].revents) continue;
      if (outboxes[i].text ? send_list(set[i].fd, &outboxes[i]) : serve(set[i].fd, &outboxes[i])) {
        close(set[i].fd);
        free(outboxes[i].text);
        set[i] = set[--count];
        outboxes[i] = outboxes[count];
        outboxes[count].text = NULL;
        continue;
      }
      set[i].events = outboxes[i].text ? POLLOUT : POLLIN;
    }
    if (set[LISTENER].revents && count < PLACES) {
      int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (client >= 0) set[count++] = (struct pollfd){.fd = client, .events = POLLIN};
    }
    set[LISTENER].fd = count < PLACES ? listener : -1;
  }
}

static int listen_here(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = HOLDER_SOCKET};   // relative: a path has 107 bytes at most
  int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) fail("socket");
  unlink(HOLDER_SOCKET);
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind " HOLDER_SOCKET);
  if (listen(listener, MAX_CLIENTS)) fail("listen");
  return listener;
}

// The lab's own. The cgroup and time namespaces are the machine's: to join these again is refused to an ordinary user.
static void open_own_namespaces(void) {
  for (int kind = 0; kind < NS_COUNT; kind++) {
    own[kind] = -1;
    if (kind == NS_CGROUP || kind == NS_TIME) continue;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", namespace_kinds[kind].name);
    own[kind] = open(path, O_RDONLY | O_CLOEXEC);
    if (own[kind] < 0) fail(path);
  }
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) fail("setrlimit");
  reserved_from = (limit.rlim_cur > INT_MAX ? INT_MAX : (int)limit.rlim_cur) - MAX_CLIENTS - PACKET_FDS;
}

static _Noreturn void hold(void) {
  if (setsid() < 0) fail("setsid");
  close_range(ENGINE_PIPE + 1, ~0U, 0);                    // whatever else the engine had open; ENOSYS before Linux 5.9
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
  const char *refused = protect_proc();
  if (refused) fail(refused);
  // The lab's own files. They lie over the state directory, which the nodes need not see; the socket stays reachable from outside.
  if (mount("tmpfs", ".", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")) fail("mount tmpfs");
  open_own_namespaces();
  if (dprintf(STDOUT_FILENO, "ready\n") < 0) fail("write");
  int null = open("/dev/null", O_RDWR);
  if (null < 0) fail("/dev/null");
  for (int fd = 0; fd <= 2; fd++)
    if (dup2(null, fd) < 0) fail("dup2");
  if (null > 2) close(null);
  serve_forever(listener, signals);
  _exit(0);
}

// The first process of a pid namespace must be a child of the one that made it, unshare(2): so two steps. The first prints
// the holder's pid as the host counts, the second "ready".
int hold_main(char **argv) {
  if (!argv[0] || argv[1]) return -1;
  if (fcntl(ENGINE_PIPE, F_GETFD) < 0) fail("descriptor 3, the engine's end of a pipe");
  if (chdir(argv[0])) fail(argv[0]);
  verb_words[0] = argv[-1];
  verb_words[1] = argv[0];
  if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWIPC))
    fail("unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWIPC)");
  pid_t holder = fork();
  if (holder < 0) fail("fork");
  if (holder == 0) hold();
  if (dprintf(STDOUT_FILENO, "%d\n", holder) < 0) fail("write");
  return 0;
}
