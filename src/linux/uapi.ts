// Numbers of the kernel's user interface, under their C names. A row that is not used is not here.

// <linux/netlink.h>
export const NETLINK_ROUTE = 0
export const SOL_NETLINK = 270
export const NETLINK_CAP_ACK = 10
export const NETLINK_EXT_ACK = 11
export const NETLINK_GET_STRICT_CHK = 12
export const NLMSG_HDRLEN = 16
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLM_F_REQUEST = 0x001
export const NLM_F_MULTI = 0x002
export const NLM_F_ACK = 0x004
export const NLM_F_DUMP_INTR = 0x010
export const NLM_F_CAPPED = 0x100
export const NLM_F_ACK_TLVS = 0x200
/** Modifiers of a NEW request: the same bits mean other things to a GET (NLM_F_ROOT, NLM_F_MATCH). */
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
/** Modifier of a GET request. */
export const NLM_F_DUMP = 0x300
export const NLMSGERR_ATTR_MSG = 1
export const NLMSGERR_ATTR_OFFS = 2

// <linux/rtnetlink.h>
export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
export const RTM_GETLINK = 18
export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22
export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26
export const RTM_NEWNEIGH = 28
export const RTM_DELNEIGH = 29
export const RTM_GETNEIGH = 30
export const RTM_NEWRULE = 32
export const RTM_DELRULE = 33
export const RTM_GETRULE = 34

export const RTA_DST = 1
export const RTA_OIF = 4
export const RTA_GATEWAY = 5
export const RTA_PRIORITY = 6
export const RTA_PREFSRC = 7
export const RTA_METRICS = 8
export const RTA_MULTIPATH = 9
export const RTA_TABLE = 15
export const RTA_VIA = 18
export const RTAX_MTU = 2
export const RTN_UNICAST = 1
export const RTN_BLACKHOLE = 6
export const RTN_UNREACHABLE = 7
export const RTN_PROHIBIT = 8
export const RTPROT_UNSPEC = 0
export const RTPROT_KERNEL = 2
export const RTPROT_BOOT = 3
export const RTPROT_STATIC = 4
export const RTNH_F_ONLINK = 4
export const RT_SCOPE_UNIVERSE = 0
export const RT_SCOPE_LINK = 253
export const RT_SCOPE_HOST = 254
export const RT_SCOPE_NOWHERE = 255
export const RT_TABLE_UNSPEC = 0
export const RT_TABLE_LOCAL = 255
export const RTM_F_CLONED = 0x200

// <linux/if_link.h>, <linux/if.h>, <linux/veth.h>
export const IFF_UP = 0x1
export const IFF_LOOPBACK = 0x8
export const IFF_LOWER_UP = 0x10000
export const IFLA_ADDRESS = 1
export const IFLA_IFNAME = 3
export const IFLA_MTU = 4
export const IFLA_LINK = 5
export const IFLA_MASTER = 10
export const IFLA_OPERSTATE = 16
export const IFLA_LINKINFO = 18
export const IFLA_IFALIAS = 20
export const IFLA_STATS64 = 23
export const IFLA_NET_NS_FD = 28
export const IFLA_LINK_NETNSID = 37
export const IFLA_NUM_TX_QUEUES = 31
export const IFLA_NUM_RX_QUEUES = 32
export const IFLA_AF_SPEC = 26
export const IFLA_EXT_MASK = 29
export const RTEXT_FILTER_SKIP_STATS = 8
export const IFLA_INET6_ADDR_GEN_MODE = 8
export const IN6_ADDR_GEN_MODE_EUI64 = 0
export const IN6_ADDR_GEN_MODE_NONE = 1
export const IFLA_INFO_KIND = 1
export const IFLA_INFO_DATA = 2
export const VETH_INFO_PEER = 1
export const IFLA_BR_FORWARD_DELAY = 1
export const IFLA_BR_HELLO_TIME = 2
export const IFLA_BR_MAX_AGE = 3
export const IFLA_BR_AGEING_TIME = 4
export const IFLA_BR_STP_STATE = 5
export const IFLA_BR_PRIORITY = 6
export const IFLA_BR_ROOT_ID = 10
export const IFLA_BR_BRIDGE_ID = 11
export const IFLA_BR_TOPOLOGY_CHANGE = 14
export const IFLA_BR_MCAST_SNOOPING = 23

// <linux/if_addr.h>
export const IFA_ADDRESS = 1
export const IFA_LOCAL = 2
export const IFA_BROADCAST = 4
export const IFA_FLAGS = 8
export const IFA_F_NODAD = 0x02
export const IFA_F_PERMANENT = 0x80
export const IFA_F_TENTATIVE = 0x40
export const IFA_F_DADFAILED = 0x08

// <linux/neighbour.h>
export const NDA_DST = 1
export const NDA_LLADDR = 2
export const NUD_PERMANENT = 0x80

// <linux/fib_rules.h>
export const FRA_DST = 1
export const FRA_SRC = 2
export const FRA_IIFNAME = 3
export const FRA_PRIORITY = 6
export const FRA_FWMARK = 10
export const FRA_SUPPRESS_PREFIXLEN = 14
export const FRA_TABLE = 15
export const FRA_FWMASK = 16
export const FRA_OIFNAME = 17
export const FRA_IP_PROTO = 22
export const FRA_SPORT_RANGE = 23
export const FRA_DPORT_RANGE = 24
export const FIB_RULE_INVERT = 0x2
export const FR_ACT_TO_TBL = 1
export const FR_ACT_BLACKHOLE = 6
export const FR_ACT_UNREACHABLE = 7
export const FR_ACT_PROHIBIT = 8

// <linux/socket.h>
export const AF_UNSPEC = 0
export const AF_INET = 2
export const AF_INET6 = 10
export const AF_BRIDGE = 7

// <linux/pkt_sched.h>, <linux/rtnetlink.h>
export const RTM_NEWQDISC = 36
export const RTM_DELQDISC = 37
export const RTM_GETQDISC = 38
export const TCA_KIND = 1
export const TCA_OPTIONS = 2
export const TC_H_ROOT = 0xffffffff
export const TCA_TBF_PARMS = 1
export const TCA_TBF_RATE64 = 4
export const TCA_TBF_BURST = 6
export const TC_LINKLAYER_ETHERNET = 1
export const TCA_NETEM_CORR = 1
export const TCA_NETEM_DELAY_DIST = 2
export const TCA_NETEM_REORDER = 3
export const TCA_NETEM_CORRUPT = 4
export const TCA_NETEM_LOSS = 5
export const TCA_NETEM_ECN = 7
export const TCA_NETEM_LATENCY64 = 10
export const TCA_NETEM_JITTER64 = 11
export const TCA_NETEM_SLOT = 12
export const TCA_NETEM_SLOT_DIST = 13
export const TCA_NETEM_PRNG_SEED = 14
export const NETEM_LOSS_GI = 1
export const NETEM_LOSS_GE = 2
export const TCA_FQ_CODEL_TARGET = 1
export const TCA_FQ_CODEL_LIMIT = 2
export const TCA_FQ_CODEL_INTERVAL = 3
export const TCA_FQ_CODEL_ECN = 4
export const TCA_FQ_CODEL_FLOWS = 5
export const TCA_FQ_CODEL_QUANTUM = 6
export const TCA_FQ_CODEL_CE_THRESHOLD = 7
export const TCA_FQ_CODEL_DROP_BATCH_SIZE = 8
export const TCA_FQ_CODEL_MEMORY_LIMIT = 9
export const TCA_CODEL_TARGET = 1
export const TCA_CODEL_LIMIT = 2
export const TCA_CODEL_INTERVAL = 3
export const TCA_CODEL_ECN = 4
export const TCA_CODEL_CE_THRESHOLD = 5
export const TCA_RED_PARMS = 1
export const TCA_RED_STAB = 2
export const TCA_RED_MAX_P = 3
export const TC_RED_ECN = 1
export const TCA_CAKE_DIFFSERV_MODE = 3
export const TCA_CAKE_FLOW_MODE = 5
export const TCA_CAKE_RTT = 7
export const TCA_CAKE_TARGET = 8
export const TCA_CAKE_MEMORY = 10
export const TCA_CAKE_NAT = 11
export const TCA_CAKE_WASH = 13
export const TCA_CAKE_ACK_FILTER = 16
