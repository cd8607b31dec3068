// Datagrams of nsexec forward: for each sender a socket of its own, by which answers find the way back.
#define _GNU_SOURCE
#include "forward.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SESSIONS = 512, DATAGRAM_BYTES = 65536, SILENT_SECONDS = 2 };

typedef struct {
  int fd, listener, target, is_refused, is_answered;
  Target client;
  time_t used;
} Session;

static Session sessions[MAX_SESSIONS];
static int session_count;

static time_t now(void) {
  struct timespec clock;
  clock_gettime(CLOCK_MONOTONIC, &clock);
  return clock.tv_sec;
}

int session_places(void) {
  return session_count;
}

static Session *find_session(int listener, const Target *client) {
  for (int i = 0; i < session_count; i++)
    if (sessions[i].listener == listener && sessions[i].client.length == client->length &&
        !memcmp(&sessions[i].client.address, &client->address, client->length))
      return &sessions[i];
  return NULL;
}

// A new one; where there is no room, in the place of the one that has been silent longest.
static Session *add_session(int listener, const Target *client) {
  int oldest = 0;
  for (int i = 1; i < session_count; i++)
    if (sessions[i].used < sessions[oldest].used) oldest = i;
  Session *session = session_count < MAX_SESSIONS ? &sessions[session_count++] : &sessions[oldest];
  if (session->fd > 0) close(session->fd);
  *session = (Session){.fd = -1, .listener = listener, .client = *client};
  return session;
}

// A socket towards the session's target. Of a list of targets the next is taken when the last has not answered.
static void open_session(Session *session, const Listener *listener) {
  Target targets[MAX_TARGETS];
  int count = targets_of(listener, targets);
  if (session->fd >= 0) close(session->fd);
  session->fd = -1;
  for (int tried = 0; tried < count && session->fd < 0; tried++) {
    const Target *target = &targets[(session->target + tried) % count];
    int fd = open_socket(target, SOCK_DGRAM);
    if (fd < 0) continue;
    if (!connect(fd, (const struct sockaddr *)&target->address, target->length)) {
      session->fd = fd;
      session->target = (session->target + tried) % count;
    } else close(fd);
  }
}

void take_datagram(const Listener *listener) {
  static char bytes[DATAGRAM_BYTES];
  Target client = {.length = sizeof client.address};
  ssize_t length = recvfrom(listener->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&client.address, &client.length);
  if (length < 0) return;
  Session *session = find_session(listener->fd, &client);
  // Every question has an answer, and is asked again where there is none; of other datagrams that is not known.
  int is_silent = session && listener->port_there < 0 && !session->is_answered && now() - session->used >= SILENT_SECONDS;
  if (session && (session->is_refused || is_silent)) {
    session->target++;
    open_session(session, listener);
  } else if (!session) {
    session = add_session(listener->fd, &client);
    open_session(session, listener);
  }
  session->used = now();
  session->is_answered = session->is_refused = 0;
  if (session->fd < 0 || send(session->fd, bytes, (size_t)length, 0) < 0) session->is_refused = 1;
}

void watch_sessions(struct pollfd *set) {
  for (int i = 0; i < session_count; i++) set[i] = (struct pollfd){.fd = sessions[i].fd, .events = POLLIN};
}

void serve_sessions(const struct pollfd *set) {
  static char bytes[DATAGRAM_BYTES];
  for (int i = session_count - 1; i >= 0; i--) {
    if (!set[i].revents) continue;
    Session *session = &sessions[i];
    ssize_t length = recv(session->fd, bytes, sizeof bytes, 0);
    if (length < 0) {                                     // ECONNREFUSED: the sender's next one goes to the next target
      session->is_refused = 1;
      continue;
    }
    session->is_answered = 1;
    session->used = now();
    if (sendto(session->listener, bytes, (size_t)length, 0, (struct sockaddr *)&session->client.address, session->client.length) < 0)
      continue;                                           // the sender is gone
  }
}
