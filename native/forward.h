// What the parts of nsexec forward share: listening (forward.c), connections (forward-tcp.c), datagrams (forward-udp.c).
#ifndef FORWARD_H
#define FORWARD_H

#include <poll.h>
#include <sys/socket.h>

enum { MAX_TARGETS = 8 };

typedef struct {
  struct sockaddr_storage address;
  socklen_t length;
} Target;

typedef struct {
  int fd, type;                                           // SOCK_STREAM or SOCK_DGRAM
  int port_there;                                         // -1: the machine's name servers
} Listener;

// Where a listener's packets go, tried in this order; room for MAX_TARGETS. Returns how many.
int targets_of(const Listener *listener, Target *targets);
// A socket of the target's family, in the network that this process is in.
int open_socket(const Target *target, int type);

void accept_connection(const Listener *listener);
int has_connection_room(void);
int connection_places(void);
void watch_connections(struct pollfd *set);
void serve_connections(const struct pollfd *set);

void take_datagram(const Listener *listener);
int session_places(void);
void watch_sessions(struct pollfd *set);
void serve_sessions(const struct pollfd *set);

#endif
