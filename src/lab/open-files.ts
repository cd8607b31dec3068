// The limit of open files, which the engine meets, or the holder: a namespace is a descriptor.

export const NO_MORE_FILES =
  'The limit of open files (RLIMIT_NOFILE) is reached: netlab needs four for each node of the lab, and 350 beside.'
export const MORE_FILES = 'Raise it with "ulimit -n", or, where that is refused, in /etc/security/limits.conf, and log in again.'
