// What the parts of nsexec share. nsexec does what Node cannot do between fork(2) and execve(2).
#ifndef NSEXEC_H
#define NSEXEC_H

#include <sys/types.h>

enum {
  EXIT_NSEXEC = 125,      // nsexec itself failed; the reason is on stderr
  EXIT_NOT_EXECUTABLE = 126,
  EXIT_NOT_FOUND = 127,
};

// The kinds of namespaces, in the order in which they are joined: what the others need first, and the tree of files last.
enum { NS_USER, NS_PID, NS_IPC, NS_CGROUP, NS_TIME, NS_NET, NS_UTS, NS_MNT, NS_COUNT };
// As /proc/self/ns names them, and their CLONE_NEW*.
extern const struct namespace_kind { const char *name; int flag; } namespace_kinds[NS_COUNT];

// A number that nothing else has: whoever supervises has fewer descriptors.
enum { NODE_NETNS_FD = 63 };
// Where `world --spares` reads how many namespaces are wanted, and where its COMMAND receives them.
enum { SPARES_FD = 4 };

#define HOLDER_SOCKET "holder.sock"
#define BASE "@base"            // what the holder calls the namespaces that it is in
#define NAME_MAX_BYTES 63
#define PACKET_FDS 240          // at most in one packet; the kernel's limit is SCM_MAX_FD, 253
#define PACKET_BYTES 8192

// Prints "nsexec: WHAT: ENAME: words" and exits with EXIT_NSEXEC.
_Noreturn void fail(const char *what);
// Gives this process root's rights over new namespaces: nothing to do where it has CAP_SYS_ADMIN, a user namespace otherwise.
void become_privileged(void);
// Replaces this process by argv; exits with EXIT_NOT_FOUND or EXIT_NOT_EXECUTABLE.
_Noreturn void run(char **argv);
// Whether there is a file of that name, on PATH where it has no slash, executable or not. A directory of PATH that this user may not
// look into makes execvp(3) say EACCES of a program that is nowhere.
int is_there(const char *name);
// Sends text and count descriptors as one packet (SCM_RIGHTS).
int send_packet(int socket, const char *text, const int *fds, int count);
// Receives a packet; text is terminated. Returns its length, 0 at the end or for an empty packet, -1 on error (EMSGSIZE: it did not fit,
// and is gone); *count holds room, then what came, for the caller to close.
ssize_t receive_packet(int socket, char *text, size_t room, int *fds, int *count);

// Asks the holder of the lab in directory for the namespaces of a node: by "get" or "enter", as hold.c tells. fds has room for NS_COUNT; -1
// stands for those in which this process is to stay.
void get_namespaces(const char *directory, const char *request, const char *node, int *fds);
// Moves this process into a node of the lab whose state is in directory; of its pid namespace, the next child is the first member.
void join_node(const char *directory, const char *node);
// As join_node, but stays in the machine's network, and sees the machine's files, with the lab's own /proc: the node's network namespace is
// left open as NODE_NETNS_FD, for whatever is executed, too.
void join_beside(const char *directory, const char *node);

// Starts a child that makes network namespaces: as many as SPARES_FD says, a number in text, which is then a socket instead. From there packets
// come (SCM_RIGHTS) of two descriptors a namespace: its own, and a netlink socket in it.
void start_spares(void);

int hold_main(char **argv);
int enter_main(char **argv);
int forward_main(char **argv);
int netlink_main(char **argv);
int serve_main(char **argv);
int settle_main(void);

#endif
