// What a process of a node may try: usage: escape VICTIM_PID VICTIM_WORD TCP_PORT MACHINE_FILE. A line "ATTEMPT: yes" where it worked, else
// "ATTEMPT: no (ERRNO)". The attempts are the rows of the table in README.md; test/live/escape.live.test.ts compares them. Nothing is changed
// where an attempt works: files and devices are opened and closed, a signal is number 0.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char **words;                                      // of the command line
enum { VICTIM_PID = 1, VICTIM_WORD, TCP_PORT, MACHINE_FILE };

// Closes what could be opened.
static int opened(int fd) {
  return fd < 0 ? -1 : close(fd);
}

static int reads_a_byte(const char *path) {
  char byte;
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  if (fd < 0) return -1;
  errno = ENODATA;
  ssize_t length = read(fd, &byte, 1);
  int error = errno;
  close(fd);
  errno = error;
  return length == 1 ? 0 : -1;
}

static int see_processes(void) {
  DIR *proc = opendir("/proc");
  int found = -1;
  for (struct dirent *entry; proc && (entry = readdir(proc));) {
    char path[300], line[4096] = "";
    snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
    if (fd >= 0) close(fd);
    if (length <= 0 || memmem(line, (size_t)length, words[0], strlen(words[0]))) continue;   // we, and the shell that has started us
    if (memmem(line, (size_t)length, words[VICTIM_WORD], strlen(words[VICTIM_WORD]))) found = 0;
  }
  if (proc) closedir(proc);
  errno = ESRCH;
  return found;
}

static int signal_process(void) { return kill(atoi(words[VICTIM_PID]), 0); }
static int trace_first(void) { return (int)ptrace(PTRACE_ATTACH, 1, NULL, NULL); }
static int enter_first(void) {
  int fd = open("/proc/1/ns/net", O_RDONLY);
  return fd < 0 ? -1 : setns(fd, CLONE_NEWNET);
}

static int load_module(void) { return (int)syscall(SYS_init_module, "", 0, ""); }
static int set_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return clock_settime(CLOCK_REALTIME, &now);
}
static int switch_off(void) { return (int)syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL); }
static int press_sysrq(void) { return opened(open("/proc/sysrq-trigger", O_WRONLY)); }
static int set_core_pattern(void) { return opened(open("/proc/sys/kernel/core_pattern", O_WRONLY)); }
static int write_sys(void) { return opened(open("/sys/kernel/profiling", O_WRONLY)); }
static int read_kernel_log(void) { return (int)syscall(SYS_syslog, 2, NULL, 0) < 0 ? -1 : 0; }

static int read_memory(void) {
  return !reads_a_byte("/proc/kcore") || !reads_a_byte("/dev/mem") ? 0 : -1;
}

static int mount_something(void) { return mount("none", "/mnt", "tmpfs", 0, NULL); }
static int mount_newly(void) { return opened((int)syscall(SYS_fsopen, "tmpfs", 0)); }

// The way of CVE-2022-0492: a release_agent of cgroup version 1 runs as root of the machine.
static int set_release_agent(void) {
  static const char *const places[] = {"/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/pids/release_agent"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (!opened(open(places[i], O_WRONLY))) return 0;
  return mount("cgroup", "/mnt", "cgroup", 0, "pids");
}

static int make_user_namespace(void) { return unshare(CLONE_NEWUSER); }
static int make_device(void) {
  int made = mknod("/tmp/escape-device", S_IFBLK | 0600, makedev(7, 0));
  return made ? -1 : unlink("/tmp/escape-device");
}

static int open_by_handle(void) {
  struct { struct file_handle handle; char bytes[8]; } root = {.handle = {.handle_bytes = 8, .handle_type = 1}, .bytes = {2}};
  int fd = open("/", O_RDONLY);
  return opened(open_by_handle_at(fd, &root.handle, O_RDONLY));
}

static int load_bpf(void) { return opened((int)syscall(SYS_bpf, 0, NULL, 0)); }
static int count_events(void) {
  struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = PERF_COUNT_SW_CPU_CLOCK};
  return opened((int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}
static int use_keyring(void) { return (int)syscall(SYS_keyctl, 0, -3, 0) < 0 ? -1 : 0; }
static int use_io_uring(void) {
  char parameters[120] = {0};
  return opened((int)syscall(SYS_io_uring_setup, 1, parameters));
}

static int type_on_terminal(void) { return ioctl(STDIN_FILENO, TIOCSTI, ""); }

static int reach_machine(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[TCP_PORT])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), refused = connect(fd, (struct sockaddr *)&address, sizeof address);
  int error = errno;
  close(fd);
  errno = error;
  return refused;
}
static int reach_hypervisor(void) { return opened(socket(AF_VSOCK, SOCK_STREAM, 0)); }

// chroot(2): where the working directory lies outside the root, ".." passes it.
static int leave_root(void) {
  if (mkdir("/tmp/escape", 0700) || chroot("/tmp/escape")) return -1;
  for (int i = 0; i < 64; i++)
    if (chdir("..")) return -1;
  if (chroot(".")) return -1;
  return opened(open(words[MACHINE_FILE], O_RDONLY));
}

static int write_roots_file(void) { return opened(open("/etc/shadow", O_WRONLY)); }
static int write_own_file(void) { return opened(open(words[MACHINE_FILE], O_WRONLY)); }

// One that is for root alone: disks are.
static int open_raw_device(void) {
  DIR *dev = opendir("/dev");
  int result = -1, error = ENOENT;
  for (struct dirent *entry; result && dev && (entry = readdir(dev));) {
    struct stat status;
    if (fstatat(dirfd(dev), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) || !S_ISBLK(status.st_mode)) continue;
    result = opened(openat(dirfd(dev), entry->d_name, O_RDONLY));
    if (result) error = errno;
  }
  if (dev) closedir(dev);
  errno = error;
  return result;
}

static const struct { const char *name; int (*attempt)(void); } attempts[] = {
    {"see a process of another node or of the machine", see_processes},
    {"send it a signal", signal_process},
    {"trace the node's first process", trace_first},
    {"enter namespaces by /proc/1/ns", enter_first},
    {"load a module", load_module},
    {"set the clock", set_clock},
    {"reboot", switch_off},
    {"write to /proc/sysrq-trigger", press_sysrq},
    {"write to /proc/sys/kernel", set_core_pattern},
    {"write to /sys", write_sys},
    {"read the kernel's log", read_kernel_log},
    {"read the kernel's memory (/proc/kcore, /dev/mem)", read_memory},
    {"mount", mount_something},
    {"mount by fsopen(2)", mount_newly},
    {"set a release_agent of cgroups", set_release_agent},
    {"make a user namespace", make_user_namespace},
    {"make a device with mknod(2)", make_device},
    {"open a file by its handle", open_by_handle},
    {"load a BPF program", load_bpf},
    {"count events of the kernel (perf)", count_events},
    {"use the kernel's keyrings", use_keyring},
    {"use io_uring", use_io_uring},
    {"type on the terminal of whoever called", type_on_terminal},
    {"reach the machine's loopback", reach_machine},
    {"reach the hypervisor (vsock)", reach_hypervisor},
    {"leave its `root:` by chroot(2)", leave_root},
    {"write files of whoever brought the lab up", write_own_file},
    {"write files of root of the machine", write_roots_file},
    {"read disks in /dev", open_raw_device},
};

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  words = argv;
  setvbuf(stdout, NULL, _IONBF, 0);
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
    pid_t child = fork();                                 // what an attempt changes of the process is its own
    if (child < 0) return 1;
    if (child == 0) {
      int result = attempts[i].attempt();
      const char *error = strerrorname_np(errno);
      if (result) printf("%s: no (%s)\n", attempts[i].name, error ? error : "?");
      else printf("%s: yes\n", attempts[i].name);
      _exit(0);
    }
    if (waitpid(child, NULL, 0) < 0) return 1;
  }
  return 0;
}
