// The namespaces that a node has of its own beyond net, mnt and uts, made when the first command enters it.
#ifndef ISOLATE_H
#define ISOLATE_H

#include "nsexec.h"

#include <stddef.h>
#include <sys/types.h>

typedef struct {
  unsigned wanted;          // 1 << NS_PID, NS_IPC, NS_CGROUP, NS_TIME
  long long boottime_ms, monotonic_ms;   // what is added to the clocks of the time namespace
  int is_made;
  pid_t init;               // PID 1 of the pid namespace, a child of the holder; 0 where there is none
  int fds[NS_COUNT];        // of those that are wanted, when they are made
} Isolation;

// Room for what print_isolation writes.
enum { ISOLATION_BYTES = 80 };
// Where the command line of a first process, which is its holder's, has the verb and what follows.
extern char *verb_words[2];
// What a node has that says nothing.
#define ISOLATION_DEFAULT ((Isolation){.wanted = 1 << NS_PID | 1 << NS_IPC})

// Reads "pid,ipc,cgroup,time=BOOTTIME_MS/MONOTONIC_MS", or "-" for none. Returns -1 where it is something else.
int read_isolation(const char *words, Isolation *isolation);
// Writes the same.
void print_isolation(const Isolation *isolation, char *text, size_t room);
// Makes them, and /sys, for the node of that name, whose net, mnt and uts namespaces these are; nothing where it is no node (`mnt` -1).
// Returns NULL, or what the kernel refused.
const char *make_isolation(Isolation *isolation, const char *node, int net, int mnt, int uts);
// Ends every process of the pid namespace and lets go of the namespaces; they can be made again.
void end_isolation(Isolation *isolation);
// The child `pid` of the holder has been reaped: where it was this PID 1, its namespaces are gone.
void forget_isolation(Isolation *isolation, pid_t pid);

// Masks and protects what /proc shows of the machine, where root here is root of the machine: a user namespace needs none of that.
const char *protect_proc(void);

#endif
