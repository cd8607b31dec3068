// Cgroups of a node. Its note, DIR/cgroups/NODE, has a line "VERSION:CONTROLLER,…:PATH" for each; src/linux/cgroup.ts writes it.
#define _GNU_SOURCE
#include "cgroup.h"
#include "nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *open_cgroups(const char *directory, const char *node, Cgroups *cgroups) {
  char path[PATH_MAX], line[PATH_MAX];
  cgroups->count = 0;
  snprintf(path, sizeof path, "%s/cgroups/%s", directory, node);
  FILE *note = fopen(path, "re");
  if (!note) return errno == ENOENT || errno == ENOTDIR ? NULL : "the note of the node's cgroups";
  const char *refused = NULL;
  while (!refused && fgets(line, sizeof line, note)) {
    char *rest = line;
    line[strcspn(line, "\n")] = 0;
    strsep(&rest, ":");
    strsep(&rest, ":");
    if (!rest || cgroups->count == MAX_CGROUPS || snprintf(path, sizeof path, "%s/cgroup.procs", rest) >= (int)sizeof path) {
      errno = EINVAL;
      refused = "the note of the node's cgroups";
      break;
    }
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) refused = "open cgroup.procs of the node";
    else cgroups->fds[cgroups->count++] = fd;
  }
  int error = errno;
  fclose(note);
  errno = error;
  return refused;
}

const char *join_cgroups(const Cgroups *cgroups) {
  for (int i = 0; i < cgroups->count; i++)
    if (write(cgroups->fds[i], "0", 1) != 1) return "join the node's cgroup";
  return NULL;
}
