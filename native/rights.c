// What a command in a node may not do: capabilities(7), PR_SET_NO_NEW_PRIVS of prctl(2), seccomp(2).
#define _GNU_SOURCE
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "rights.c knows no AUDIT_ARCH_* for this machine"
#endif

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif
#define NEVER 64                                          // no capability brings it back
#define X32_SYSCALL_BIT 0x40000000u

// System calls that give EPERM unless the process keeps a capability. What Docker's default profile blocks, as a list of what is denied: the
// kernel would refuse most of it for want of the capability anyway, except in a user namespace, where it is root's, and where bugs are.
static const struct { uint32_t number, capability; } denied[] = {
    // the whole machine
    {SYS_init_module, CAP_SYS_MODULE}, {SYS_finit_module, CAP_SYS_MODULE}, {SYS_delete_module, CAP_SYS_MODULE},
    {SYS_reboot, CAP_SYS_BOOT}, {SYS_kexec_load, CAP_SYS_BOOT}, {SYS_kexec_file_load, CAP_SYS_BOOT},
    {SYS_settimeofday, CAP_SYS_TIME}, {SYS_clock_settime, CAP_SYS_TIME}, {SYS_clock_adjtime, CAP_SYS_TIME},
    {SYS_swapon, CAP_SYS_ADMIN}, {SYS_swapoff, CAP_SYS_ADMIN}, {SYS_quotactl, CAP_SYS_ADMIN}, {SYS_acct, CAP_SYS_PACCT},
    {SYS_syslog, CAP_SYSLOG}, {SYS_vhangup, CAP_SYS_TTY_CONFIG},
#if defined __x86_64__
    {SYS_ioperm, CAP_SYS_RAWIO}, {SYS_iopl, CAP_SYS_RAWIO}, {SYS_uselib, NEVER}, {SYS_ustat, NEVER}, {SYS_sysfs, NEVER},
#endif
    // namespaces and mounts
    {SYS_setns, CAP_SYS_ADMIN}, {SYS_unshare, CAP_SYS_ADMIN}, {SYS_mount, CAP_SYS_ADMIN}, {SYS_umount2, CAP_SYS_ADMIN},
    {SYS_pivot_root, CAP_SYS_ADMIN}, {SYS_open_tree, CAP_SYS_ADMIN}, {SYS_move_mount, CAP_SYS_ADMIN}, {SYS_fsopen, CAP_SYS_ADMIN},
    {SYS_fsconfig, CAP_SYS_ADMIN}, {SYS_fsmount, CAP_SYS_ADMIN}, {SYS_fspick, CAP_SYS_ADMIN}, {SYS_mount_setattr, CAP_SYS_ADMIN},
    {SYS_fanotify_init, CAP_SYS_ADMIN}, {SYS_name_to_handle_at, CAP_DAC_READ_SEARCH}, {SYS_open_by_handle_at, CAP_DAC_READ_SEARCH},
    // doors into the kernel
    {SYS_bpf, CAP_BPF}, {SYS_perf_event_open, CAP_PERFMON}, {SYS_userfaultfd, NEVER}, {SYS_io_uring_setup, NEVER},
    {SYS_io_uring_enter, NEVER}, {SYS_io_uring_register, NEVER}, {SYS_add_key, NEVER}, {SYS_request_key, NEVER}, {SYS_keyctl, NEVER},
    {SYS_lookup_dcookie, NEVER}, {SYS_nfsservctl, NEVER},
    // other processes
    {SYS_kcmp, CAP_SYS_PTRACE}, {SYS_process_madvise, CAP_SYS_NICE}, {SYS_move_pages, CAP_SYS_NICE}, {SYS_migrate_pages, CAP_SYS_NICE},
};
enum { NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET };

// Of these, only what has the value (BPF_JEQ) or one of its bits (BPF_JSET) in the lower half of an argument; both machines are little-endian.
static const struct { uint32_t number, argument; uint16_t test; uint32_t value, capability; } denied_arguments[] = {
    {SYS_clone, 0, BPF_JSET, NEW_NAMESPACES, CAP_SYS_ADMIN},
    // Typing on the terminal of whoever called `netlab exec`.
    {SYS_ioctl, 1, BPF_JEQ, TIOCSTI, CAP_SYS_ADMIN}, {SYS_ioctl, 1, BPF_JEQ, TIOCLINUX, CAP_SYS_ADMIN},
    // Goes to the hypervisor and to other virtual machines: no network namespace holds it.
    {SYS_socket, 0, BPF_JEQ, AF_VSOCK, NEVER},
};
enum { DENIED = sizeof denied / sizeof *denied, DENIED_ARGUMENTS = sizeof denied_arguments / sizeof *denied_arguments };

static int has(uint64_t set, uint32_t capability) {
  return capability < 64 && (set >> capability) & 1;
}

// A user namespace with one user denies setgroups(2) to everybody, user_namespaces(7): there are no groups to be had. Programs that are told to
// stay root (tcpdump -Z root, dnsmasq --user=root) call it all the same, and would end.
static int is_setgroups_denied(void) {
  char word[8] = "";
  int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = read(fd, word, sizeof word - 1);
  close(fd);
  return length > 0 && !strncmp(word, "deny", 4);
}

#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
// The next instruction is for this system call alone.
#define IF(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1)

static int filter_system_calls(uint64_t keep) {
  struct sock_filter program[2 * DENIED + 5 * DENIED_ARGUMENTS + 16];
  unsigned short length = 0;
#define PUT(...) program[length++] = (struct sock_filter)__VA_ARGS__
  // A filter sees the numbers of the machine's own ABI: another's would go by it.
  PUT(FIELD(arch));
  PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0));
  PUT(REFUSE(ENOSYS));
  PUT(FIELD(nr));
#if defined __x86_64__
  PUT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_SYSCALL_BIT, 0, 1));
  PUT(REFUSE(ENOSYS));
#endif
  for (size_t i = 0; i < DENIED; i++) {
    if (has(keep, denied[i].capability)) continue;
    PUT(IF(denied[i].number));
    PUT(REFUSE(EPERM));
  }
  if (is_setgroups_denied()) {
    PUT(IF(SYS_setgroups));
    PUT(REFUSE(0));                                       // done, and nothing has changed
  }
  if (!has(keep, CAP_SYS_ADMIN)) {
    PUT(IF(SYS_clone3));                                  // its flags lie in memory; glibc falls back to clone(2)
    PUT(REFUSE(ENOSYS));
  }
  for (size_t i = 0; i < DENIED_ARGUMENTS; i++) {
    if (has(keep, denied_arguments[i].capability)) continue;
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied_arguments[i].number, 0, 4));
    PUT(FIELD(args[denied_arguments[i].argument]));
    PUT(BPF_JUMP(BPF_JMP | denied_arguments[i].test | BPF_K, denied_arguments[i].value, 0, 1));
    PUT(REFUSE(EPERM));
    PUT(FIELD(nr));
  }
  PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
#undef PUT
  struct sock_fprog whole = {.len = length, .filter = program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole);
}

const char *limit_capabilities(uint64_t keep) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)) return "prctl(PR_CAP_AMBIENT_CLEAR_ALL)";
  for (uint32_t capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)   // EINVAL: this kernel has no more
    if (!has(keep, capability) && prctl(PR_CAPBSET_DROP, capability)) return "prctl(PR_CAPBSET_DROP)";
  return NULL;
}

const char *give_up_rights(uint64_t keep) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data)) return "capget";
  for (int half = 0; half < 2; half++) {
    uint32_t mask = (uint32_t)(keep >> (32 * half));
    data[half].effective &= mask;
    data[half].permitted &= mask;
    data[half].inheritable = 0;
  }
  if (syscall(SYS_capset, &header, data)) return "capset";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return "prctl(PR_SET_NO_NEW_PRIVS)";
  return filter_system_calls(keep) ? "prctl(PR_SET_SECCOMP)" : NULL;
}
