// Starting the program of a service: its rights, its user, its directory, its descriptors, then execvp(3), and word of what failed on the way.
#define _GNU_SOURCE
#include "program.h"
#include "nsexec.h"
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_GROUPS = 64 };

// Who a program runs as; name is empty where /etc/passwd does not know the uid.
typedef struct {
  uid_t uid;
  gid_t gid;
  char name[256], home[PATH_MAX], shell[PATH_MAX];
} Account;

static int is_number(const char *text) {
  return *text && !text[strspn(text, "0123456789")];
}

// The account of a name or number in the node's /etc/passwd: getpwnam(3) does not work in a static program.
static int find_account(const char *wanted, Account *account) {
  FILE *passwd = fopen("/etc/passwd", "re");
  char line[8192];
  int found = 0;
  while (passwd && !found && fgets(line, sizeof line, passwd)) {
    char *rest = line, *field[7];
    int count = 0;
    line[strcspn(line, "\n")] = 0;
    while (count < 7 && rest) field[count++] = strsep(&rest, ":");
    if (count < 7 || strcmp(is_number(wanted) ? field[2] : field[0], wanted)) continue;
    account->uid = (uid_t)strtoul(field[2], NULL, 10);
    account->gid = (gid_t)strtoul(field[3], NULL, 10);
    found = snprintf(account->name, sizeof account->name, "%s", field[0]) < (int)sizeof account->name &&
            snprintf(account->home, sizeof account->home, "%s", field[5]) < (int)sizeof account->home &&
            snprintf(account->shell, sizeof account->shell, "%s", field[6]) < (int)sizeof account->shell;
  }
  if (passwd) fclose(passwd);
  if (found || !is_number(wanted)) return found;
  account->uid = (uid_t)strtoul(wanted, NULL, 10);
  account->gid = (gid_t)account->uid;
  return 1;
}

// Walks /etc/group: the number of the group `wanted`, and all groups that have `member`. Either may be NULL.
static int read_groups(const char *wanted, gid_t *gid, const char *member, gid_t *groups) {
  FILE *group = fopen("/etc/group", "re");
  char *line = NULL;
  size_t room = 0;
  int count = 0;
  while (group && getline(&line, &room, group) >= 0) {
    char *rest = line, *name = strsep(&rest, ":");
    char *password = strsep(&rest, ":"), *number = password ? strsep(&rest, ":") : NULL;
    if (!number || !rest) continue;
    gid_t id = (gid_t)strtoul(number, NULL, 10);
    if (wanted && !strcmp(name, wanted)) *gid = id;
    rest[strcspn(rest, "\n")] = 0;
    for (char *word; member && (word = strsep(&rest, ",")) && count < MAX_GROUPS;)
      if (!strcmp(word, member)) groups[count++] = id;
  }
  free(line);
  if (group) fclose(group);
  return count;
}

// Where the failing of a start is told: the pipe closes on exec.
typedef struct {
  int error, status;
  char what[256];
} Failure;

static _Noreturn void give_up(int pipe_fd, int error, int status, const char *what) {
  Failure failure = {.error = error, .status = status};
  snprintf(failure.what, sizeof failure.what, "%s", what);
  if (write(pipe_fd, &failure, sizeof failure) < 0) _exit(EXIT_NSEXEC);
  _exit(EXIT_NSEXEC);
}

static void become_user(const char *wanted, int output, int pipe_fd) {
  char text[512], *group_name;
  snprintf(text, sizeof text, "%s", wanted);
  group_name = strchr(text, ':');
  if (group_name) *group_name++ = 0;
  Account account = {0};
  char missing[200];
  if (!find_account(text, &account)) {
    snprintf(missing, sizeof missing, "user %.100s: no such account in /etc/passwd", text);
    give_up(pipe_fd, ENOENT, EXIT_NSEXEC, missing);
  }
  gid_t groups[MAX_GROUPS + 1], named = (gid_t)-1;
  int count = read_groups(group_name, &named, *account.name ? account.name : NULL, groups);
  if (group_name && is_number(group_name)) named = (gid_t)strtoul(group_name, NULL, 10);
  if (group_name && named == (gid_t)-1) {
    snprintf(missing, sizeof missing, "group %.100s: no such group in /etc/group", group_name);
    give_up(pipe_fd, ENOENT, EXIT_NSEXEC, missing);
  }
  if (group_name) account.gid = named;
  groups[count++] = account.gid;
  if (fchown(output, account.uid, account.gid)) {        // so that it may open /dev/stderr; a user namespace may not have the id:
  }                                                      // setresuid says so below
  if (setgroups((size_t)count, groups)) give_up(pipe_fd, errno, EXIT_NSEXEC, "user: setgroups");
  if (setresgid(account.gid, account.gid, account.gid)) give_up(pipe_fd, errno, EXIT_NSEXEC, "user: setresgid");
  if (setresuid(account.uid, account.uid, account.uid)) give_up(pipe_fd, errno, EXIT_NSEXEC, "user: setresuid");
  if (*account.name) {
    setenv("USER", account.name, 1);
    setenv("LOGNAME", account.name, 1);
    setenv("HOME", account.home, 1);
    setenv("SHELL", *account.shell ? account.shell : "/bin/sh", 1);
  }
}

static _Noreturn void become_program(const Program *program, int output, int pipe_fd) {
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  umask(022);
  const char *step = join_cgroups(&program->cgroups);
  if (step) give_up(pipe_fd, errno, EXIT_NSEXEC, step);
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) give_up(pipe_fd, errno, EXIT_NSEXEC, "dup2");
  if (null > 2) close(null);
  step = program->capabilities ? limit_capabilities(*program->capabilities) : NULL;
  if (step) give_up(pipe_fd, errno, EXIT_NSEXEC, step);
  if (program->user) become_user(program->user, output, pipe_fd);
  prctl(PR_SET_PDEATHSIG, SIGKILL);                       // after setresuid, which takes it away
  step = program->capabilities ? give_up_rights(*program->capabilities) : NULL;
  if (step) give_up(pipe_fd, errno, EXIT_NSEXEC, step);
  if (chdir(program->cwd)) give_up(pipe_fd, errno, EXIT_NSEXEC, program->cwd);
  execvp(program->argv[0], program->argv);
  int error = errno == EACCES && !is_there(program->argv[0]) ? ENOENT : errno;
  give_up(pipe_fd, error, error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, program->argv[0]);
}

pid_t start_program(const Program *program, int output, char *words, size_t room, int *status) {
  int pipe_fds[2];
  Failure failure;
  *status = EXIT_NSEXEC;
  if (pipe2(pipe_fds, O_CLOEXEC)) {
    snprintf(words, room, "pipe2: %s", strerrorname_np(errno));
    return -1;
  }
  pid_t child = fork();
  if (child == 0) become_program(program, output, pipe_fds[1]);
  int error = errno;
  close(pipe_fds[1]);
  if (child < 0) snprintf(words, room, "fork: %s: %s", strerrorname_np(error), strerror(error));
  ssize_t length = child < 0 ? 0 : read(pipe_fds[0], &failure, sizeof failure);
  close(pipe_fds[0]);
  if (child < 0 || length != sizeof failure) return child;
  const char *name = strerrorname_np(failure.error);
  snprintf(words, room, "%s: %s: %s", failure.what, name ? name : "?", strerror(failure.error));
  *status = failure.status;
  return -1;                                              // the child is reaped with all others
}
