#ifndef RIGHTS_H
#define RIGHTS_H

#include <stdint.h>

// The first step: what is not in keep, a bit for each CAP_* of <linux/capability.h>, cannot be had again by any execve(2). Needs
// CAP_SETPCAP. Both return NULL, or the name of what failed, with errno.
const char *limit_capabilities(uint64_t keep);
// The second, after a change of user, which needs capabilities that may go: the process keeps what is in keep and what its user allows it,
// gains nothing by set-user-ID programs (PR_SET_NO_NEW_PRIVS), and may not make the system calls that rights.c lists.
const char *give_up_rights(uint64_t keep);

#endif
