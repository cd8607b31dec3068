ip rule add table main suppress_prefixlength 0 priority 1002
