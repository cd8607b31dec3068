// The processes that descend from this one, found in /proc. proc(5).
#define _GNU_SOURCE
#include "descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { pid_t pid, parent; } Process;

// Every process that /proc shows, with its parent.
static Process *read_processes(size_t *count) {
  Process *found = NULL;
  size_t room = 0;
  *count = 0;
  DIR *proc = opendir("/proc");
  for (struct dirent *entry; proc && (entry = readdir(proc));) {
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 0) continue;
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (length <= 0) continue;
    text[length] = 0;
    char *end = strrchr(text, ')');                       // "pid (name) state parent …": a name may hold anything
    int parent;
    if (!end || sscanf(end + 1, " %*c %d", &parent) != 1) continue;
    if (*count == room) {
      Process *grown = realloc(found, (room = room ? room * 2 : 256) * sizeof *found);
      if (!grown) break;
      found = grown;
    }
    found[(*count)++] = (Process){pid, parent};
  }
  if (proc) closedir(proc);
  return found;
}

int signal_descendants(int signal) {
  size_t count, marked = 0, before;
  Process *all = read_processes(&count);
  pid_t self = getpid();
  do {                                                    // ours are moved to the front, generation by generation
    before = marked;
    for (size_t i = marked; i < count; i++) {
      int is_ours = all[i].parent == self;
      for (size_t j = 0; !is_ours && j < marked; j++) is_ours = all[j].pid == all[i].parent;
      if (!is_ours) continue;
      Process own = all[i];
      all[i] = all[marked];
      all[marked++] = own;
    }
  } while (marked > before);
  for (size_t i = 0; i < marked; i++) {
    kill(all[i].pid, signal);
    if (signal == SIGTERM) kill(all[i].pid, SIGCONT);     // one that is stopped cannot end
  }
  free(all);
  return (int)marked;
}
