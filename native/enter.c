// nsexec enter: runs a command in a node: joins the lab's user namespace and the node's own namespaces,
// then waits for the command as a shell would, passing signals on and handing the terminal over and back.
#define _GNU_SOURCE
#include "nsexec.h"
#include "cgroup.h"
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t parent, child;
static Cgroups cgroups;
// The command is a job of its own on the terminal; otherwise it is in our process group.
static int has_own_group;

// What signals the command is sent that come to us, and what we did with each before.
static const int passed[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
enum { PASSED_COUNT = sizeof passed / sizeof *passed };
static struct sigaction before[PASSED_COUNT], before_ttou;

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// The terminal sends Ctrl-C to a whole process group: our parent has it, too, and hands it on to us as any other signal.
enum { ECHO_MS = 500 };

static void pass_on(int signal, siginfo_t *info, void *context) {
  (void)context;
  static long long typed_ms = -ECHO_MS;
  int is_typed = info->si_code == SI_KERNEL && (signal == SIGINT || signal == SIGQUIT);
  if (is_typed) {
    typed_ms = now_ms();
    if (has_own_group) kill(-child, signal);              // a command in our group has had it from there
    return;
  }
  int is_echo = info->si_pid == parent && (signal == SIGINT || signal == SIGQUIT) && now_ms() - typed_ms < ECHO_MS;
  if (!is_echo) kill(child, signal);
}

static void watch_signals(void) {
  struct sigaction pass = {.sa_sigaction = pass_on, .sa_flags = SA_RESTART | SA_SIGINFO}, ignore = {.sa_handler = SIG_IGN};
  for (int i = 0; i < PASSED_COUNT; i++) sigaction(passed[i], &pass, &before[i]);
  sigaction(SIGTTOU, &ignore, &before_ttou);              // else tcsetpgrp from the background would stop us
}

// In the child, while all signals wait: those that come from now on are the command's own.
static void unwatch_signals(void) {
  for (int i = 0; i < PASSED_COUNT; i++) sigaction(passed[i], &before[i], NULL);
}

// Capabilities that the command keeps; NULL: all rights.
static const uint64_t *capabilities;

static void limit_rights(void) {
  const char *step = limit_capabilities(*capabilities);
  if (!step) step = give_up_rights(*capabilities);
  if (step) fail(step);
}

static _Noreturn void become_command(char **argv, int terminal, int life, const sigset_t *mask) {
  unwatch_signals();
  if (terminal >= 0) {                                    // a process group that the lab's pid namespace can name, for job control
    setpgid(0, 0);
    tcsetpgrp(terminal, getpgrp());
    close(terminal);
  }
  sigaction(SIGTTOU, &before_ttou, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);                       // the command does not outlive the one who asked for it
  struct pollfd alive = {.fd = life};                     // who may have ended just before
  if (poll(&alive, 1, 0) > 0) _exit(EXIT_NSEXEC);
  const char *refused = join_cgroups(&cgroups);
  if (refused) fail(refused);
  if (capabilities) limit_rights();
  sigprocmask(SIG_SETMASK, mask, NULL);
  run(argv);
}

// Waits for the command, and stops and goes on with it as a shell's job does.
static int wait_for_command(int terminal) {
  int in_front = terminal >= 0;                           // the terminal is the command's, or its children's
  for (;;) {
    int status;
    if (waitpid(child, &status, WUNTRACED) < 0) {
      if (errno == EINTR) continue;
      fail("waitpid");
    }
    if (WIFSTOPPED(status)) {
      if (!has_own_group) continue;
      if (in_front) tcsetpgrp(terminal, getpgrp());
      // In the background it may have stopped because it wants the terminal, which the shell has given to us since: "fg".
      if (in_front || tcgetpgrp(terminal) != getpgrp()) kill(0, SIGSTOP);
      in_front = tcgetpgrp(terminal) == getpgrp();        // "fg", or "bg"
      if (in_front) tcsetpgrp(terminal, child);
      kill(-child, SIGCONT);
      continue;
    }
    if (in_front) tcsetpgrp(terminal, getpgrp());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

int enter_main(char **argv) {
  static const char option[] = "--caps=";
  uint64_t kept;
  if (argv[0] && !strncmp(argv[0], option, sizeof option - 1)) {
    kept = strtoull(*argv++ + sizeof option - 1, NULL, 16);
    capabilities = &kept;
  }
  if (!argv[0] || !argv[1] || !argv[2]) return -1;
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal >= 0 && (!isatty(STDIN_FILENO) || tcgetpgrp(terminal) != getpgrp())) {
    close(terminal);
    terminal = -1;
  }
  const char *refused = open_cgroups(argv[0], argv[1], &cgroups);
  if (refused) fail(refused);
  join_node(argv[0], argv[1]);
  has_own_group = terminal >= 0;
  parent = getppid();
  int life[2];                                            // closes when we end
  if (pipe2(life, O_CLOEXEC)) fail("pipe2");
  sigset_t all, mask;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &mask);                    // a signal must find either the default or the child, never neither
  watch_signals();
  child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(life[1]);
    become_command(argv + 2, terminal, life[0], &mask);
  }
  if (terminal >= 0) setpgid(child, child);               // whoever of the two is first
  sigprocmask(SIG_SETMASK, &mask, NULL);
  close(life[0]);
  return wait_for_command(terminal);
}
