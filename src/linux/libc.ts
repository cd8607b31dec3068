// System calls. Each throws SyscallError with the call's name; none is ever called with koffi's .async(),
// which runs on another thread and so in other namespaces.
import { constants } from 'node:os'
import { errnoName } from './errno.ts'
import { koffi, libraryFunctions } from './foreign.ts'

/** A system call that failed: its name, errno and errno's name (errno(3)). */
export class SyscallError extends Error {
  readonly syscall: string
  readonly errno: number
  readonly code: string

  constructor(syscall: string, errno: number) {
    const code = errnoName(errno)
    super(`${syscall}: ${code}`)
    this.name = 'SyscallError'
    this.syscall = syscall
    this.errno = errno
    this.code = code
  }
}

// <linux/sched.h>
export const CLONE_FS = 0x00000200
export const CLONE_NEWNS = 0x00020000
export const CLONE_NEWUTS = 0x04000000
export const CLONE_NEWNET = 0x40000000
// <linux/mount.h>, <linux/fcntl.h>
export const MS_NOSUID = 2
export const MS_RDONLY = 1
export const MS_NODEV = 4
export const MS_NOEXEC = 8
export const MNT_DETACH = 2
const AT_FDCWD = -100
const AT_RECURSIVE = 0x8000
const OPEN_TREE_CLONE = 1
const OPEN_TREE_CLOEXEC = 0o2000000
const MOVE_MOUNT_F_EMPTY_PATH = 4
const SYS_open_tree = 428 // the same number on every architecture, <asm-generic/unistd.h>
const SYS_move_mount = 429
const SYS_fsopen = 430
const SYS_fsconfig = 431
const SYS_fsmount = 432
const SYS_mount_setattr = 442
const AT_EMPTY_PATH = 0x1000
const MOUNT_ATTR_SIZE_VER0 = 32
const FSOPEN_CLOEXEC = 1
const FSMOUNT_CLOEXEC = 1
const FSCONFIG_CMD_CREATE = 6
// <sys/socket.h>
export const AF_UNIX = 1
export const AF_NETLINK = 16
export const SOCK_RAW = 3
export const SOCK_SEQPACKET = 5
const SOCK_CLOEXEC = 0o2000000
export const O_RDONLY = 0
export const O_WRONLY = 1
const O_CLOEXEC = 0o2000000
export const SOL_SOCKET = 1
export const SO_RCVBUF = 8
const SCM_RIGHTS = 1
const MSG_CTRUNC = 0x08
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const MSG_CMSG_CLOEXEC = 0x40000000
export const LOCK_EX = 2
export const LOCK_NB = 4
// <sys/epoll.h>
export const EPOLLIN = 0x001
export const EPOLLRDHUP = 0x2000
const EPOLL_CLOEXEC = 0o2000000
const EPOLL_CTL_ADD = 1
const SHUT_RDWR = 2
// struct epoll_event: u32 events, u64 data; packed on x86-64 alone
const EPOLL_EVENT_BYTES = process.arch === 'x64' ? 12 : 16
const EPOLL_DATA_OFFSET = EPOLL_EVENT_BYTES - 8

const c = libraryFunctions({
  unshare: 'int unshare(int flags)',
  setns: 'int setns(int fd, int nstype)',
  openat: 'int openat(int dirfd, const char *path, int flags)',
  close: 'int close(int fd)',
  gethostname: 'int gethostname(_Out_ uint8_t *name, size_t length)',
  sethostname: 'int sethostname(const char *name, size_t length)',
  mount: 'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  umount2: 'int umount2(const char *target, int flags)',
  openTree: 'long syscall(long number, int dirfd, const char *path, unsigned int flags)',
  moveMount: 'long syscall(long number, int from, const char *fromPath, int to, const char *toPath, unsigned int flags)',
  mountSetattr: 'long syscall(long number, int dirfd, const char *path, unsigned int flags, const uint8_t *attr, size_t size)',
  pivotRoot: 'int pivot_root(const char *newRoot, const char *putOld)',
  chroot: 'int chroot(const char *path)',
  mknod: 'int mknod(const char *path, uint32_t mode, uint64_t device)',
  chdir: 'int chdir(const char *path)',
  fsopen: 'long syscall(long number, const char *type, unsigned int flags)',
  fsconfig: 'long syscall(long number, int fd, unsigned int command, const char *key, const void *value, int aux)',
  fsmount: 'long syscall(long number, int fd, unsigned int flags, unsigned int attributes)',
  socket: 'int socket(int domain, int type, int protocol)',
  socketpair: 'int socketpair(int domain, int type, int protocol, _Out_ int *fds)',
  connect: 'int connect(int fd, const uint8_t *address, uint32_t length)',
  setsockopt: 'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
  send: 'long send(int fd, const uint8_t *bytes, size_t length, int flags)',
  recv: 'long recv(int fd, uint8_t *bytes, size_t length, int flags)',
  sendmsg: 'long sendmsg(int fd, const msghdr *message, int flags)',
  recvmsg: 'long recvmsg(int fd, _Inout_ msghdr *message, int flags)',
  flock: 'int flock(int fd, int operation)',
  ioctlBytes: 'int ioctl(int fd, unsigned long request, _Inout_ uint8_t *bytes)',
  ioctlNumber: 'int ioctl(int fd, unsigned long request, unsigned long number)',
  bind: 'int bind(int fd, const uint8_t *address, uint32_t length)',
  shutdown: 'int shutdown(int fd, int how)',
  epollCreate1: 'int epoll_create1(int flags)',
  epollCtl: 'int epoll_ctl(int epfd, int operation, int fd, const uint8_t *event)',
  epollWait: 'int epoll_wait(int epfd, uint8_t *events, int count, int timeoutMs)',
})

function checked(syscall: string, result: number | bigint): number {
  if (Number(result) < 0) throw new SyscallError(syscall, koffi().errno())
  return Number(result)
}

/** unshare(2) of this thread. */
export function unshare(flags: number): void {
  checked('unshare', c.unshare(flags))
}

/** setns(2): moves this thread; `nstype` 0 accepts any kind. CLONE_NEWNS needs an fs_struct of the thread's own (unshare CLONE_FS). */
export function setns(fd: number, nstype: number): void {
  checked('setns', c.setns(fd, nstype))
}

/** openat(2), close on exec; read only unless `flags` say otherwise. */
export function openat(dirfd: number, path: string, flags = O_RDONLY): number {
  return checked(`openat ${path}`, c.openat(dirfd, path, flags | O_CLOEXEC))
}

/** close(2). */
export function close(fd: number): void {
  checked('close', c.close(fd))
}

/** sethostname(2), in this thread's uts namespace. */
export function sethostname(name: string): void {
  checked('sethostname', c.sethostname(name, Buffer.byteLength(name)))
}

/** gethostname(2), in this thread's uts namespace. */
export function gethostname(): string {
  const name = Buffer.alloc(65) // HOST_NAME_MAX and the terminating zero
  checked('gethostname', c.gethostname(name, name.length))
  return name.toString('utf8', 0, name.indexOf(0))
}

/** mount(2) of a new file system of `type`. */
export function mountNew(type: string, target: string, flags: number, data: string): void {
  checked(`mount ${type} on ${target}`, c.mount(type, target, type, flags, data))
}

/** A new file system of `type` that is mounted nowhere: a descriptor of its root. `flags`: of MS_*, the first four. fsopen(2), fsmount(2); Linux 5.2. */
export function mountDetached(type: string, flags = 0): number {
  const context = checked(`fsopen ${type}`, c.fsopen(SYS_fsopen, type, FSOPEN_CLOEXEC))
  try {
    checked(`fsconfig ${type}`, c.fsconfig(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0))
    return checked(`fsmount ${type}`, c.fsmount(SYS_fsmount, context, FSMOUNT_CLOEXEC, flags)) // MOUNT_ATTR_* are the same bits
  } finally {
    close(context)
  }
}

/** umount2(2). */
export function umount(target: string, flags: number): void {
  checked(`umount2 ${target}`, c.umount2(target, flags))
}

/** open_tree(2): a detached copy of the mount at `path`, with all below it if `recursive`; `attachMount` puts it in place. Linux 5.2. */
export function openTree(path: string, recursive = false): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0)
  return checked(`open_tree ${path}`, c.openTree(SYS_open_tree, AT_FDCWD, path, flags))
}

/** move_mount(2): puts what `openTree` gave at `target`, in this thread's mount namespace. Linux 5.2. */
export function attachMount(tree: number, target: string): void {
  checked(`move_mount to ${target}`, c.moveMount(SYS_move_mount, tree, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH))
}

/** mount_setattr(2): makes what `openTree` gave read-only, with all below it. Linux 5.12. */
export function setReadOnly(tree: number): void {
  const attr = Buffer.alloc(MOUNT_ATTR_SIZE_VER0) // struct mount_attr: u64 attr_set, attr_clr, propagation, userns_fd
  attr.writeBigUInt64LE(BigInt(MS_RDONLY), 0)
  const flags = AT_EMPTY_PATH | AT_RECURSIVE
  checked('mount_setattr', c.mountSetattr(SYS_mount_setattr, tree, '', flags, attr, attr.length))
}

/** pivot_root(2), in this thread's mount namespace. */
export function pivotRoot(newRoot: string, putOld: string): void {
  checked(`pivot_root ${newRoot}`, c.pivotRoot(newRoot, putOld))
}

/** chroot(2) of this thread, where it has a root directory of its own (unshare CLONE_FS). */
export function chroot(path: string): void {
  checked(`chroot ${path}`, c.chroot(path))
}

/** mknod(2): `type` is one of S_IF*. */
export function mknod(path: string, type: number, major: number, minor: number): void {
  const device =
    (BigInt(major & 0xfffff000) << 32n) | (BigInt(major & 0xfff) << 8n) | (BigInt(minor & 0xffffff00) << 12n) | BigInt(minor & 0xff) // makedev(3)
  checked(`mknod ${path}`, c.mknod(path, type | 0o600, device))
}

/** chdir(2) of this thread, where it has a directory of its own (unshare CLONE_FS). */
export function chdir(path: string): void {
  checked(`chdir ${path}`, c.chdir(path))
}

/** socket(2), close on exec. */
export function socket(domain: number, type: number, protocol: number): number {
  return checked('socket', c.socket(domain, type | SOCK_CLOEXEC, protocol))
}

/** socketpair(2) of unix sockets that keep messages apart, close on exec. */
export function socketpair(): readonly [number, number] {
  const fds = [-1, -1]
  checked('socketpair', c.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
  return [fds[0]!, fds[1]!]
}

/** connect(2) to a unix socket; `path` has 107 bytes at most (unix(7)). */
export function connectUnix(fd: number, path: string): void {
  const address = Buffer.alloc(110)
  address.writeUInt16LE(AF_UNIX, 0)
  address.write(path, 2)
  checked('connect', c.connect(fd, address, address.length))
}

/** connect(2) of a netlink socket to the kernel, so that send(2) needs no address. */
export function connectNetlink(fd: number): void {
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF_NETLINK, 0)
  checked('connect', c.connect(fd, address, address.length))
}

/** setsockopt(2) of an int. */
export function setsockoptInt(fd: number, level: number, name: number, value: number): void {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  checked('setsockopt', c.setsockopt(fd, level, name, bytes, 4))
}

/** send(2). */
export function send(fd: number, bytes: Uint8Array, length: number): void {
  checked('send', c.send(fd, bytes, length, MSG_NOSIGNAL))
}

/** recv(2): blocks; the number of bytes. */
export function receive(fd: number, into: Uint8Array): number {
  return checked('recv', c.recv(fd, into, into.length, 0))
}

/** ioctl(2) with a struct or a pointer to a number; `what` names the request in an error. */
export function ioctlBytes(fd: number, what: string, request: number, bytes: Uint8Array): void {
  checked(`ioctl ${what}`, c.ioctlBytes(fd, request, bytes))
}

/** ioctl(2) with a plain number. */
export function ioctlNumber(fd: number, what: string, request: number, number: number): void {
  checked(`ioctl ${what}`, c.ioctlNumber(fd, request, number))
}

/** recv(2) that does not wait: the number of bytes, undefined where nothing is there. Errors: ENOBUFS where messages were lost, netlink(7). */
export function receiveNow(fd: number, into: Uint8Array): number | undefined {
  const length = Number(c.recv(fd, into, into.length, MSG_DONTWAIT))
  return length < 0 && koffi().errno() === constants.errno.EAGAIN ? undefined : checked('recv', length)
}

/** bind(2) of a netlink socket to multicast groups: a mask of RTMGRP_*. */
export function bindNetlink(fd: number, groups: number): void {
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF_NETLINK, 0)
  address.writeUInt32LE(groups, 8)
  checked('bind', c.bind(fd, address, address.length))
}

/** shutdown(2), both ways: whoever waits for the other side is told that it has gone. */
export function shutdown(fd: number): void {
  checked('shutdown', c.shutdown(fd, SHUT_RDWR))
}

/** epoll_create1(2), close on exec. */
export function epollCreate(): number {
  return checked('epoll_create1', c.epollCreate1(EPOLL_CLOEXEC))
}

/** epoll_ctl(2): waits for `events` of `fd` too, told apart by `data`. A descriptor leaves the set when it is closed. */
export function epollAdd(epfd: number, fd: number, events: number, data: number): void {
  const event = Buffer.alloc(EPOLL_EVENT_BYTES)
  event.writeUInt32LE(events, 0)
  event.writeUInt32LE(data, EPOLL_DATA_OFFSET)
  checked('epoll_ctl', c.epollCtl(epfd, EPOLL_CTL_ADD, fd, event))
}

/** How many one call tells of: every namespace of a large lab. */
const EPOLL_EVENTS = 1024

/**
 * epoll_wait(2) on a thread of the pool, as it concerns no namespace: the data of what is ready, empty after `timeoutMs` or a signal.
 * The process cannot end before it returns, for the end waits for the pool.
 */
export function epollWait(epfd: number, timeoutMs: number): Promise<number[]> {
  const events = Buffer.alloc(EPOLL_EVENTS * EPOLL_EVENT_BYTES)
  return new Promise((resolve, reject) => {
    c.epollWait.async(epfd, events, EPOLL_EVENTS, timeoutMs, (error: Error | null, count: number) => {
      if (error !== null) reject(error)
      else
        resolve(
          Array.from({ length: Math.max(0, count) }, (_, index) => events.readUInt32LE(index * EPOLL_EVENT_BYTES + EPOLL_DATA_OFFSET)),
        )
    })
  })
}

/** flock(2). */
export function flock(fd: number, operation: number): void {
  checked('flock', c.flock(fd, operation))
}

const CMSG_HEADER_BYTES = 16

/** What the prototypes of sendmsg(2) and recvmsg(2) speak of; declared once. */
let msghdr: unknown
function declareMessage(): void {
  msghdr ??= koffi().struct('msghdr', {
    msg_name: 'void *',
    msg_namelen: 'uint32_t',
    msg_iov: koffi().pointer(koffi().struct('iovec', { iov_base: 'void *', iov_len: 'size_t' })),
    msg_iovlen: 'size_t',
    msg_control: 'void *',
    msg_controllen: 'size_t',
    msg_flags: 'int',
  })
}

/** sendmsg(2) of a text with descriptors (SCM_RIGHTS, unix(7)). */
export function sendDescriptors(fd: number, text: string, descriptors: readonly number[]): void {
  const bytes = Buffer.from(text)
  const control = Buffer.alloc(CMSG_HEADER_BYTES + Math.ceil((descriptors.length * 4) / 8) * 8)
  control.writeBigUInt64LE(BigInt(CMSG_HEADER_BYTES + descriptors.length * 4), 0)
  control.writeInt32LE(SOL_SOCKET, 8)
  control.writeInt32LE(SCM_RIGHTS, 12)
  descriptors.forEach((descriptor, index) => control.writeInt32LE(descriptor, CMSG_HEADER_BYTES + index * 4))
  const message = messageHeader(bytes, bytes.length, control, descriptors.length > 0 ? control.length : 0)
  checked('sendmsg', c.sendmsg(fd, message, MSG_NOSIGNAL))
}

/**
 * recvmsg(2) of a text with descriptors, close on exec. An empty text means the other side has closed. Errors: EMFILE where this process may
 * have no more descriptors: the kernel drops those that do not fit, and does not call that an error (unix(7)).
 */
export function receiveDescriptors(fd: number, atMost = 8): { text: string; descriptors: number[] } {
  const bytes = Buffer.alloc(8192)
  const control = Buffer.alloc(CMSG_HEADER_BYTES + 4 * atMost)
  const message = messageHeader(bytes, bytes.length, control, control.length)
  const length = checked('recvmsg', c.recvmsg(fd, message, MSG_CMSG_CLOEXEC))
  const descriptors: number[] = []
  if (Number(message.msg_controllen) >= CMSG_HEADER_BYTES) {
    const end = Number(control.readBigUInt64LE(0))
    for (let at = CMSG_HEADER_BYTES; at + 4 <= end; at += 4) descriptors.push(control.readInt32LE(at))
  }
  if (Number(message.msg_flags) & MSG_CTRUNC) {
    for (const descriptor of descriptors) close(descriptor)
    throw new SyscallError('recvmsg', constants.errno.EMFILE)
  }
  return { text: bytes.toString('utf8', 0, length), descriptors }
}

function messageHeader(bytes: Buffer, length: number, control: Buffer, controlLength: number) {
  declareMessage()
  return {
    msg_name: null,
    msg_namelen: 0,
    msg_iov: [{ iov_base: bytes, iov_len: length }],
    msg_iovlen: 1,
    msg_control: controlLength > 0 ? control : null,
    msg_controllen: controlLength,
    msg_flags: 0,
  }
}
