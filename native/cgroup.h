// The cgroups that hold a node's processes to its limits.
#ifndef CGROUP_H
#define CGROUP_H

enum { MAX_CGROUPS = 8 };

// Their cgroup.procs: opened where the machine's files are seen, and with the rights of whoever opens them; they close on exec.
typedef struct {
  int fds[MAX_CGROUPS];
  int count;
} Cgroups;

// Opens those of a node of the lab whose state is in directory; none where it has no limits. Returns NULL, or what failed, with errno.
const char *open_cgroups(const char *directory, const char *node, Cgroups *cgroups);
// Moves this process there; what it forks from then on is there, too. Returns NULL, or what failed, with errno.
const char *join_cgroups(const Cgroups *cgroups);

#endif
