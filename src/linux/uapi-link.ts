// Numbers of the kernel's user interface for kinds of links and ports of bridges, under their C names.

// <linux/if_link.h>, <linux/if_vlan.h>
export const IFLA_INFO_SLAVE_KIND = 4
export const IFLA_VLAN_ID = 1
export const IFLA_VLAN_FLAGS = 2
export const IFLA_VLAN_PROTOCOL = 5
export const IFLA_VRF_TABLE = 1
export const IFLA_BOND_MODE = 1
export const IFLA_BOND_MIIMON = 3
export const IFLA_BOND_UPDELAY = 4
export const IFLA_BOND_DOWNDELAY = 5
export const IFLA_BOND_PRIMARY = 11
export const IFLA_BOND_FAIL_OVER_MAC = 13
export const IFLA_BOND_XMIT_HASH_POLICY = 14
export const IFLA_BOND_NUM_PEER_NOTIF = 16
export const IFLA_BOND_MIN_LINKS = 18
export const IFLA_BOND_AD_LACP_RATE = 21
export const IFLA_BOND_AD_SELECT = 22
export const IFLA_MACVLAN_MODE = 1
export const IFLA_IPVLAN_MODE = 1
export const IFLA_VXLAN_ID = 1
export const IFLA_VXLAN_GROUP = 2
export const IFLA_VXLAN_LINK = 3
export const IFLA_VXLAN_LOCAL = 4
export const IFLA_VXLAN_TTL = 5
export const IFLA_VXLAN_LEARNING = 7
export const IFLA_VXLAN_AGEING = 8
export const IFLA_VXLAN_PORT = 15
export const IFLA_VXLAN_GROUP6 = 16
export const IFLA_VXLAN_LOCAL6 = 17
export const IFLA_VXLAN_UDP_CSUM = 18
export const IFLA_TUN_OWNER = 1
export const IFLA_TUN_TYPE = 3
export const IFLA_TUN_MULTI_QUEUE = 7
export const IFLA_BR_ROOT_PORT = 12
export const IFLA_BR_ROOT_PATH_COST = 13
export const IFLA_BRPORT_PRIORITY = 2
export const IFLA_BRPORT_COST = 3
export const IFLA_BRPORT_MODE = 4
export const IFLA_BRPORT_GUARD = 5
export const IFLA_BRPORT_PROTECT = 6
export const IFLA_BRPORT_FAST_LEAVE = 7
export const IFLA_BRPORT_LEARNING = 8
export const IFLA_BRPORT_UNICAST_FLOOD = 9
export const IFLA_BRPORT_NO = 18
export const IFLA_BRPORT_MCAST_FLOOD = 27
export const IFLA_BRPORT_ISOLATED = 33
export const VLAN_FLAG_REORDER_HDR = 1

// <linux/if_tunnel.h>; flags in network byte order, as a host that is little endian reads them
export const IFLA_GRE_LINK = 1
export const IFLA_GRE_IFLAGS = 2
export const IFLA_GRE_OFLAGS = 3
export const IFLA_GRE_IKEY = 4
export const IFLA_GRE_OKEY = 5
export const IFLA_GRE_LOCAL = 6
export const IFLA_GRE_REMOTE = 7
export const IFLA_GRE_TTL = 8
export const IFLA_GRE_PMTUDISC = 10
export const IFLA_GRE_ENCAP_LIMIT = 11
export const IFLA_IPTUN_LINK = 1
export const IFLA_IPTUN_LOCAL = 2
export const IFLA_IPTUN_REMOTE = 3
export const IFLA_IPTUN_TTL = 4
export const IFLA_IPTUN_PMTUDISC = 10
export const IFLA_IPTUN_PROTO = 9
export const GRE_CSUM = 128
export const GRE_KEY = 32
export const GRE_SEQ = 16

// <linux/if_tun.h>
export const IFF_TUN = 1
export const IFF_TAP = 2
export const IFF_NO_PI = 4096
export const IFF_MULTI_QUEUE = 256
export const TUNSETIFF = 1074025674
export const TUNSETPERSIST = 1074025675
export const TUNSETOWNER = 1074025676
export const TUNSETIFINDEX = 1074025690

// <linux/if_bridge.h>, <linux/rtnetlink.h>
export const IFLA_BRIDGE_FLAGS = 0
export const IFLA_BRIDGE_VLAN_INFO = 2
export const BRIDGE_FLAGS_SELF = 2
export const BRIDGE_VLAN_INFO_PVID = 2
export const BRIDGE_VLAN_INFO_UNTAGGED = 4
export const BRIDGE_VLAN_INFO_RANGE_BEGIN = 8
export const BRIDGE_VLAN_INFO_RANGE_END = 16
export const RTEXT_FILTER_BRVLAN_COMPRESSED = 4
export const RTM_SETLINK = 19
export const RTM_NEWMDB = 84
export const RTM_DELMDB = 85
export const RTM_GETMDB = 86
export const MDBA_MDB = 1
export const MDBA_MDB_ENTRY = 1
export const MDBA_MDB_ENTRY_INFO = 1
export const MDBA_SET_ENTRY = 1
export const MDB_PERMANENT = 1

// <linux/neighbour.h>
export const NDA_VLAN = 5
export const NDA_MASTER = 9
export const NTF_SELF = 2
export const NTF_MASTER = 4
export const NUD_REACHABLE = 2
