// Connections of nsexec forward: two sockets each, and what is on its way between them.
#define _GNU_SOURCE
#include "forward.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 400, FLOW_BYTES = 65536 };

// From fd[i] of a connection to the other.
typedef struct {
  char bytes[FLOW_BYTES];
  size_t begin, end;
  int has_ended, is_shut;
} Flow;

typedef struct {
  int fd[2];                                              // who connected, and the server
  int is_connecting, target, target_count;
  Target targets[MAX_TARGETS];
  Flow flow[2];
} Connection;

static Connection *connections[MAX_CONNECTIONS];
static int connection_count;

int has_connection_room(void) {
  return connection_count < MAX_CONNECTIONS;
}

int connection_places(void) {
  return connection_count * 2;
}

static void drop(int index) {
  Connection *connection = connections[index];
  for (int i = 0; i < 2; i++)
    if (connection->fd[i] >= 0) close(connection->fd[i]);
  free(connection);
  connections[index] = connections[--connection_count];
}

// Begins to connect to the next target that takes it. Returns -1 when there is none left.
static int connect_next(Connection *connection) {
  for (; connection->target < connection->target_count; connection->target++) {
    const Target *target = &connection->targets[connection->target];
    if (connection->fd[1] >= 0) close(connection->fd[1]);
    connection->fd[1] = open_socket(target, SOCK_STREAM);
    if (connection->fd[1] < 0) continue;
    connection->is_connecting = 1;
    if (!connect(connection->fd[1], (const struct sockaddr *)&target->address, target->length) || errno == EINPROGRESS) return 0;
  }
  return -1;
}

void accept_connection(const Listener *listener) {
  int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
  if (fd < 0) return;                                     // it has gone again
  Connection *connection = calloc(1, sizeof *connection);
  if (!connection) {
    close(fd);
    return;
  }
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection->fd[0] = fd;
  connection->fd[1] = -1;
  connection->target_count = targets_of(listener, connection->targets);
  connections[connection_count++] = connection;
  if (connect_next(connection)) drop(connection_count - 1);
}

// Places in the poll set: two for each connection. A socket that is waited for nothing is left out: it would report its end over and over.
void watch_connections(struct pollfd *set) {
  for (int index = 0; index < connection_count; index++) {
    const Connection *connection = connections[index];
    for (int i = 0; i < 2; i++) {
      const Flow *from = &connection->flow[i], *to = &connection->flow[1 - i];
      short events = (short)((!from->has_ended && from->begin == from->end ? POLLIN : 0) | (to->begin < to->end ? POLLOUT : 0));
      if (connection->is_connecting) events = i == 1 ? POLLOUT : 0;
      set[index * 2 + i] = (struct pollfd){.fd = events ? connection->fd[i] : -1, .events = events};
    }
  }
}

// Reads what there is, and writes as much of it as there is room for. Returns -1 when the connection is broken.
static int pass_on(Connection *connection, int i) {
  Flow *flow = &connection->flow[i];
  if (!flow->has_ended && flow->begin == flow->end) {
    ssize_t length = recv(connection->fd[i], flow->bytes, sizeof flow->bytes, 0);
    if (length < 0) return errno == EAGAIN ? 0 : -1;
    flow->begin = 0;
    flow->end = (size_t)length;
    flow->has_ended = length == 0;
  }
  if (flow->begin < flow->end) {
    ssize_t length = send(connection->fd[1 - i], flow->bytes + flow->begin, flow->end - flow->begin, MSG_NOSIGNAL);
    if (length < 0) return errno == EAGAIN ? 0 : -1;
    flow->begin += (size_t)length;
  }
  if (flow->has_ended && flow->begin == flow->end && !flow->is_shut) {
    flow->is_shut = 1;
    shutdown(connection->fd[1 - i], SHUT_WR);
  }
  return 0;
}

static int finish_connecting(Connection *connection) {
  int error = 0, yes = 1;
  socklen_t length = sizeof error;
  getsockopt(connection->fd[1], SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) {
    connection->target++;
    return connect_next(connection);
  }
  connection->is_connecting = 0;
  setsockopt(connection->fd[1], SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  setsockopt(connection->fd[1], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return 0;
}

void serve_connections(const struct pollfd *set) {
  for (int index = connection_count - 1; index >= 0; index--) {
    Connection *connection = connections[index];
    if (!set[index * 2].revents && !set[index * 2 + 1].revents) continue;
    int is_broken = connection->is_connecting ? finish_connecting(connection) : pass_on(connection, 0) || pass_on(connection, 1);
    if (is_broken || (connection->flow[0].is_shut && connection->flow[1].is_shut)) drop(index);
  }
}
