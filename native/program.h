// Starting the program of a service.
#ifndef PROGRAM_H
#define PROGRAM_H

#include "cgroup.h"

#include <stdint.h>
#include <sys/types.h>

typedef struct {
  const char *user;     // "name", "uid", each with ":group" or without; NULL: as the supervisor
  const char *cwd;
  const uint64_t *capabilities;   // as in rights.h; NULL: all rights
  char **argv;
  Cgroups cgroups;      // of its node
} Program;

// Starts it with stdin from /dev/null and stdout and stderr into output, in a session of its own. Returns its pid; on error -1, the words in
// failure, and EXIT_NOT_FOUND, EXIT_NOT_EXECUTABLE or EXIT_NSEXEC in *status.
pid_t start_program(const Program *program, int output, char *failure, size_t room, int *status);

#endif
