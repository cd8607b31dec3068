// nsexec enter: runs a command in a node: joins the lab's user and pid namespace and the node's net, mnt and uts namespaces,
// then waits for the command as a shell would, passing signals on and handing the terminal over and back.
#define _GNU_SOURCE
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void get_namespaces(const char *directory, const char *node, int *fds) {
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

static void join_namespaces(const int *fds) {
  struct stat own, theirs;
  if (stat("/proc/self/ns/user", &own) || fstat(fds[NS_USER], &theirs)) fail("stat of a user namespace");
  int other_user = own.st_ino != theirs.st_ino;           // joining one's own user namespace is EINVAL, setns(2)
  if (other_user && setns(fds[NS_USER], CLONE_NEWUSER)) fail("setns(CLONE_NEWUSER)");
  if (setns(fds[NS_PID], CLONE_NEWPID)) fail("setns(CLONE_NEWPID)");
  if (setns(fds[NS_NET], CLONE_NEWNET)) fail("setns(CLONE_NEWNET)");
  if (setns(fds[NS_UTS], CLONE_NEWUTS)) fail("setns(CLONE_NEWUTS)");
  char *directory = getcwd(NULL, 0);
  if (setns(fds[NS_MNT], CLONE_NEWNS)) fail("setns(CLONE_NEWNS)");
  if (!directory || chdir(directory)) {                   // the node may not have the caller's directory
    if (chdir("/")) fail("chdir /");
  }
  free(directory);
  if (other_user && (setresgid(0, 0, 0) || setresuid(0, 0, 0))) fail("setresuid");
}

static void pass_on(int signal) {
  if (child > 0) kill(child, signal);
}

static void watch_signals(int has_terminal) {
  struct sigaction pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART}, ignore = {.sa_handler = SIG_IGN};
  static const int passed[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH};
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) sigaction(passed[i], &pass, NULL);
  sigaction(SIGTTOU, &ignore, NULL);
  // Without the terminal the command is in our process group and gets these from the same hand as we do, or from a kill of us alone.
  sigaction(SIGINT, has_terminal ? &ignore : &pass, NULL);
  sigaction(SIGQUIT, has_terminal ? &ignore : &pass, NULL);
}

static void become_command(char **argv, int terminal) {
  if (terminal >= 0) {                                    // a process group that the lab's pid namespace can name, for job control
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(terminal, getpgrp());
    signal(SIGTTOU, SIG_DFL);
    close(terminal);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);                       // the command does not outlive the one who asked for it
  run(argv);
}

static int wait_for_command(int terminal) {
  for (;;) {
    int status;
    if (waitpid(child, &status, WUNTRACED) < 0) {
      if (errno == EINTR) continue;
      fail("waitpid");
    }
    if (WIFSTOPPED(status)) {                             // Ctrl-Z: give the terminal back, stop as the command did, go on with it
      if (terminal < 0) continue;
      tcsetpgrp(terminal, getpgrp());
      kill(0, SIGSTOP);
      tcsetpgrp(terminal, child);
      kill(-child, SIGCONT);
      continue;
    }
    if (terminal >= 0) tcsetpgrp(terminal, getpgrp());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

int enter_main(char **argv) {
  if (!argv[0] || !argv[1] || !argv[2]) return -1;
  int fds[NS_COUNT];
  get_namespaces(argv[0], argv[1], fds);
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal >= 0 && (!isatty(STDIN_FILENO) || tcgetpgrp(terminal) != getpgrp())) {
    close(terminal);
    terminal = -1;
  }
  join_namespaces(fds);
  watch_signals(terminal >= 0);
  child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    static const int reset[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGTTOU, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof reset / sizeof *reset; i++) signal(reset[i], SIG_DFL);
    become_command(argv + 2, terminal);
  }
  if (terminal >= 0) setpgid(child, child);               // whoever of the two is first
  for (int i = 0; i < NS_COUNT; i++) close(fds[i]);
  return wait_for_command(terminal);
}
