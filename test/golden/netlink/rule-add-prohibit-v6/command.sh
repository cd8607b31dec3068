ip -6 rule add from fd01::/64 prohibit priority 1003
