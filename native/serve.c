// nsexec serve: supervises one service of a node, from inside the node's pid namespace: it ends with the node. What it needs of the machine
// (the log, the socket, in DIR/services/NODE) it opens before it enters the node.
//
// As a subreaper (prctl(2)) it inherits every process of the service that loses its parent: none escapes by forking twice or by setsid, and
// a program that goes into the background stays a part of its service. The service runs until the last of them has ended; a main process
// that fails takes the others along.
//
// Keys: user=NAME|UID[:GROUP] cwd=PATH restart=no|on-failure|always stop=SIGNAL grace=MS digest=TEXT log=BYTES caps=HEX net=host
// With net=host the service stays in the machine's network and file tree, and has the node's network namespace as descriptor 63.
// Requests (SOCK_STREAM, SERVICE.sock, one a connection): "status", "start", "stop", "restart", "kill SIGNAL", "end". The answer is one line,
// "state=… pid=… …" or "error: …"; those that end processes are answered when these have ended. "end" ends the supervisor, too.
#define _GNU_SOURCE
#include "nsexec.h"
#include "descendants.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 16, FIRST_DELAY_MS = 100, LONGEST_DELAY_MS = 10000, STEADY_MS = 10000, KILL_AGAIN_MS = 50 };
enum { LISTENER, SIGNALS, OUTPUT, FIRST_CLIENT, PLACES = FIRST_CLIENT + MAX_CLIENTS };

typedef enum { RUNNING, STOPPING, STOPPED, ENDED, WAITING } State;
static const char *const state_names[] = {"running", "stopping", "stopped", "ended", "waiting"};
typedef enum { REST, START, EXIT } Next;                  // what follows when the last process has ended

static Program program = {.cwd = "/"};
static uint64_t capabilities;
static const char *restart_policy = "no", *digest = "";
static int is_beside;                                     // net=host
static int stop_signal = SIGTERM;
static long grace_ms = 5000;
static off_t log_bound = 1 << 20;

static State state = STOPPED;
static Next next = REST;
static int was_asked;                                     // to stop, rather than that it failed
static pid_t main_pid;
static int last_status;                                   // as waitpid(2) has it
static int restarts;
static long long since_ms, started_ms, deadline_ms, delay_ms = FIRST_DELAY_MS;
static char failure[512];

static int directory_fd, log_fd = -1, output[2];
static off_t log_size, log_start;
static char log_name[NAME_MAX_BYTES + 8], old_log_name[NAME_MAX_BYTES + 8], next_log_name[NAME_MAX_BYTES + 8], socket_name[NAME_MAX_BYTES + 8];

static struct { int fd, waits; } clients[MAX_CLIENTS];
static int client_count;

static long long clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// ---- the log

// At any moment there is a log, and an older one if there ever was: somebody may be about to read them.
static void rotate_log(void) {
  if (log_fd >= 0) close(log_fd);
  unlinkat(directory_fd, next_log_name, 0);               // of a supervisor that was killed right here
  if (!linkat(directory_fd, log_name, directory_fd, next_log_name, 0)) renameat(directory_fd, next_log_name, directory_fd, old_log_name);
  log_start = 0;
  log_fd = openat(directory_fd, next_log_name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0 || renameat(directory_fd, next_log_name, directory_fd, log_name)) return;   // the service goes on; its output is lost
  log_size = 0;
}

static void write_log(const char *bytes, ssize_t length) {
  if (log_size > 0 && log_size + length > log_bound) rotate_log();
  for (ssize_t done = 0, part; log_fd >= 0 && done < length; done += part) {
    part = write(log_fd, bytes + done, (size_t)(length - done));
    if (part < 0) return;                                 // ENOSPC: what does not fit is lost
    log_size += part;
  }
}

// Logs some of what the service has said. Returns whether it had said anything. Who never pauses must not keep requests waiting.
static int take_output(void) {
  char bytes[65536];
  ssize_t length = read(output[0], bytes, sizeof bytes);
  if (length > 0) write_log(bytes, length);
  return length > 0;
}

// ---- processes

static void set_state(State now) {
  state = now;
  since_ms = clock_ms(CLOCK_REALTIME);
}

static void start(void) {
  next = REST;
  deadline_ms = 0;
  *failure = 0;
  log_start = log_size;
  started_ms = clock_ms(CLOCK_MONOTONIC);
  int status;
  main_pid = start_program(&program, output[1], failure, sizeof failure, &status);
  if (main_pid > 0) {
    last_status = 0;
    was_asked = 0;
    set_state(RUNNING);
    return;
  }
  main_pid = 0;
  last_status = status << 8;
  char line[sizeof failure + 2];
  write_log(line, snprintf(line, sizeof line, "%s\n", failure));
  set_state(ENDED);
}

static void begin_stop(int asked) {
  was_asked |= asked;
  if (state == RUNNING) {
    signal_descendants(stop_signal);
    deadline_ms = clock_ms(CLOCK_MONOTONIC) + grace_ms;
    set_state(STOPPING);
  }
}

static void answer_status(int fd) {
  char text[1024], status[32] = "-";
  if (state != RUNNING && state != STOPPING && WIFEXITED(last_status)) snprintf(status, sizeof status, "exit:%d", WEXITSTATUS(last_status));
  if (state != RUNNING && state != STOPPING && WIFSIGNALED(last_status)) snprintf(status, sizeof status, "signal:%d", WTERMSIG(last_status));
  int length = snprintf(text, sizeof text, "state=%s pid=%d since=%lld restarts=%d status=%s processes=%d offset=%lld digest=%s\n",
                        state_names[state], main_pid, since_ms, restarts, status, signal_descendants(0), (long long)log_start, digest);
  if (send(fd, text, (size_t)length, MSG_NOSIGNAL) < 0) return;
}

static _Noreturn void end(void) {
  for (int i = 0; i < client_count; i++)
    if (clients[i].waits) answer_status(clients[i].fd);
  unlinkat(directory_fd, socket_name, 0);
  _exit(0);
}

// The last process has ended.
static void finish(void) {
  while (take_output())
    ;
  deadline_ms = 0;
  int failed = !WIFEXITED(last_status) || WEXITSTATUS(last_status);
  set_state(was_asked ? STOPPED : ENDED);
  if (next == EXIT) end();
  if (next == START) start();
  else if (!was_asked && (!strcmp(restart_policy, "always") || (failed && !strcmp(restart_policy, "on-failure")))) {
    if (clock_ms(CLOCK_MONOTONIC) - started_ms >= STEADY_MS) delay_ms = FIRST_DELAY_MS;
    deadline_ms = clock_ms(CLOCK_MONOTONIC) + delay_ms;
    delay_ms = delay_ms * 2 > LONGEST_DELAY_MS ? LONGEST_DELAY_MS : delay_ms * 2;
    set_state(WAITING);
  }
  for (int i = 0; i < client_count; i++) {
    if (!clients[i].waits) continue;
    answer_status(clients[i].fd);
    shutdown(clients[i].fd, SHUT_RDWR);                   // the loop finds it at its end, and closes it
    clients[i].waits = 0;
  }
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    int is_main = pid == main_pid;
    // What goes down with a main process that failed, or because it was asked to, does not tell why the service ended.
    if (is_main || (!main_pid && state == RUNNING)) last_status = status;
    if (!is_main) continue;
    main_pid = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status)) begin_stop(0);
  }
  if (pid < 0 && errno == ECHILD && (state == RUNNING || state == STOPPING)) finish();
}

static void on_deadline(void) {
  deadline_ms = 0;
  if (state == STOPPING) {
    signal_descendants(SIGKILL);
    deadline_ms = clock_ms(CLOCK_MONOTONIC) + KILL_AGAIN_MS;   // some may have forked meanwhile
  } else if (state == WAITING) {
    restarts++;
    start();
  }
}

// ---- requests

// Returns whether the client waits for an answer.
static int obey(int fd, const char *request) {
  int is_alive = state == RUNNING || state == STOPPING, signal;
  if (!strcmp(request, "start")) {
    if (state == STOPPING) next = START;
    else if (state != RUNNING) start();
  } else if (!strcmp(request, "stop") || !strcmp(request, "restart") || !strcmp(request, "end")) {
    next = *request == 's' ? REST : *request == 'r' ? START : EXIT;
    if (is_alive) {
      begin_stop(1);
      was_asked = 1;
      return 1;
    }
    deadline_ms = 0;
    if (next == START) start();
    else set_state(STOPPED);
    if (next == EXIT) {
      answer_status(fd);
      end();
    }
  } else if (sscanf(request, "kill %d", &signal) == 1) {
    if (!signal_descendants(signal)) {
      send(fd, "error: it does not run\n", 23, MSG_NOSIGNAL);
      return 0;
    }
  } else if (strcmp(request, "status")) {
    send(fd, "error: not a request\n", 21, MSG_NOSIGNAL);
    return 0;
  }
  answer_status(fd);
  return 0;
}

// Returns whether the connection stays open.
static int serve_client(int index) {
  char text[64];
  ssize_t length = recv(clients[index].fd, text, sizeof text - 1, MSG_DONTWAIT);
  if (length < 0 && errno == EAGAIN) return 1;
  if (length <= 0) return 0;
  text[length] = 0;
  text[strcspn(text, "\n")] = 0;
  return clients[index].waits = obey(clients[index].fd, text);
}

static _Noreturn void supervise(int listener, int signals) {
  for (;;) {
    struct pollfd set[PLACES] = {
        {.fd = client_count < MAX_CLIENTS ? listener : -1, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = output[0], .events = POLLIN}};
    for (int i = 0; i < client_count; i++) set[FIRST_CLIENT + i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
    long long left = deadline_ms - clock_ms(CLOCK_MONOTONIC);
    if (poll(set, (nfds_t)(FIRST_CLIENT + client_count), !deadline_ms ? -1 : left < 0 ? 0 : (int)left) < 0 && errno != EINTR) fail("poll");
    if (set[OUTPUT].revents) take_output();
    if (set[SIGNALS].revents) {
      struct signalfd_siginfo info;
      while (read(signals, &info, sizeof info) == sizeof info) {
        // A sender in the node has a pid here: "pkill -f" of what the service is called must not take the supervisor with it.
        if (info.ssi_signo != SIGTERM || info.ssi_pid) continue;
        next = EXIT;
        if (state != RUNNING && state != STOPPING) end();
        begin_stop(1);
      }
      reap();
    }
    if (deadline_ms && clock_ms(CLOCK_MONOTONIC) >= deadline_ms) on_deadline();
    for (int i = client_count - 1; i >= 0; i--) {
      int is_done = !clients[i].waits && (set[FIRST_CLIENT + i].revents ? !serve_client(i) : 0);
      if (clients[i].waits && (set[FIRST_CLIENT + i].revents & (POLLHUP | POLLERR))) is_done = 1;
      if (!is_done) continue;
      close(clients[i].fd);
      clients[i] = clients[--client_count];
    }
    if (set[LISTENER].revents & POLLIN) {
      int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      if (client >= 0) clients[client_count].waits = 0, clients[client_count++].fd = client;
    }
  }
}

// ---- the start

static int read_settings(char **argv) {
  for (; *argv && strcmp(*argv, "--"); argv++) {
    char *value = strchr(*argv, '=');
    if (!value) return -1;
    *value++ = 0;
    if (!strcmp(*argv, "user")) program.user = value;
    else if (!strcmp(*argv, "cwd")) program.cwd = value;
    else if (!strcmp(*argv, "restart")) restart_policy = value;
    else if (!strcmp(*argv, "stop")) stop_signal = atoi(value);
    else if (!strcmp(*argv, "grace")) grace_ms = atol(value);
    else if (!strcmp(*argv, "caps")) {
      capabilities = strtoull(value, NULL, 16);
      program.capabilities = &capabilities;
    } else if (!strcmp(*argv, "digest")) digest = value;
    else if (!strcmp(*argv, "log")) log_bound = atoll(value);
    else if (!strcmp(*argv, "net")) is_beside = !strcmp(value, "host");
    else return -1;
  }
  if (!*argv || !argv[1]) return -1;
  program.argv = argv + 1;
  return 0;
}

// Takes the service's command off our own command line, where ps(1) and pkill(1) would find it twice.
static void hide_command(void) {
  size_t count = 0;
  while (program.argv[count]) count++;
  char **copy = calloc(count + 1, sizeof *copy), *end = program.argv[count - 1] + strlen(program.argv[count - 1]);
  for (size_t i = 0; copy && i < count; i++)
    if (!(copy[i] = strdup(program.argv[i]))) fail("strdup");
  if (!copy) fail("calloc");
  memset(program.argv[0], 0, (size_t)(end - program.argv[0]));
  program.argv = copy;
}

static int open_files(const char *directory, const char *node, const char *service) {
  char path[4096];
  snprintf(path, sizeof path, "%s/services/%s", directory, node);
  snprintf(log_name, sizeof log_name, "%s.log", service);
  snprintf(old_log_name, sizeof old_log_name, "%s.log.1", service);
  snprintf(next_log_name, sizeof next_log_name, "%s.log.0", service);
  snprintf(socket_name, sizeof socket_name, "%s.sock", service);
  directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd < 0 || fchdir(directory_fd)) fail(path);
  rotate_log();
  if (log_fd < 0) fail(log_name);
  struct sockaddr_un address = {.sun_family = AF_UNIX};    // relative: a path has 107 bytes at most
  snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_name);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) fail("socket");
  unlink(socket_name);                                    // of a supervisor that was killed
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, MAX_CLIENTS)) fail(socket_name);
  if (chdir("/")) fail("chdir /");
  return listener;
}

// In the node's pid namespace: starts the program, reports through the pipe, and stays.
static _Noreturn void become_supervisor(int listener, int report) {
  setsid();
  hide_command();
  prctl(PR_SET_NAME, "nsexec serve");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1)) fail("prctl(PR_SET_CHILD_SUBREAPER)");
  sigset_t watched, all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGTERM);
  int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0 || pipe2(output, O_CLOEXEC)) fail("signalfd, pipe2");
  fcntl(output[0], F_SETFL, O_NONBLOCK);                  // our end alone: the service's write must wait
  start();
  if (state != RUNNING) {
    int status = WEXITSTATUS(last_status);
    fprintf(stderr, "nsexec: %s\n", failure);
    unlinkat(directory_fd, socket_name, 0);
    if (write(report, &status, sizeof status) < 0) _exit(EXIT_NSEXEC);
    _exit(status);
  }
  int done = 0, null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
  if (null > 2) close(null);
  if (write(report, &done, sizeof done) < 0) _exit(EXIT_NSEXEC);
  close(report);
  supervise(listener, signals);
}

// Returns when the program has started. The supervisor is a grandchild: an orphan is adopted by PID 1 of its parent's pid namespace, and
// we are in none of the node's.
int serve_main(char **argv) {
  if (!argv[0] || !argv[1] || !argv[2] || strlen(argv[2]) > NAME_MAX_BYTES || read_settings(argv + 3)) return -1;
  int listener = open_files(argv[0], argv[1], argv[2]);
  const char *refused = is_beside ? NULL : open_cgroups(argv[0], argv[1], &program.cgroups);
  if (refused) fail(refused);
  (is_beside ? join_beside : join_node)(argv[0], argv[1]);
  int report[2];
  if (pipe2(report, O_CLOEXEC)) fail("pipe2");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    pid_t supervisor = fork();
    if (supervisor < 0) fail("fork");
    if (supervisor > 0) _exit(0);
    close(report[0]);
    become_supervisor(listener, report[1]);
  }
  close(report[1]);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)   // else it stays where nobody reaps orphans
    ;
  int status = EXIT_NSEXEC;
  if (read(report[0], &status, sizeof status) != sizeof status) status = EXIT_NSEXEC;
  return status;
}
