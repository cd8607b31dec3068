// Numbers of generic netlink and of its family wireguard, under their C names.

// <linux/netlink.h>, <linux/genetlink.h>
export const NETLINK_GENERIC = 16
export const GENL_ID_CTRL = 16
export const CTRL_CMD_GETFAMILY = 3
export const CTRL_ATTR_FAMILY_ID = 1
export const CTRL_ATTR_FAMILY_NAME = 2

// <linux/wireguard.h>
export const WG_GENL_VERSION = 1
export const WG_CMD_GET_DEVICE = 0
export const WG_CMD_SET_DEVICE = 1
export const WGDEVICE_A_IFINDEX = 1
export const WGDEVICE_A_PRIVATE_KEY = 3
export const WGDEVICE_A_LISTEN_PORT = 6
export const WGDEVICE_A_FWMARK = 7
export const WGDEVICE_A_PEERS = 8
export const WGPEER_A_PUBLIC_KEY = 1
export const WGPEER_A_PRESHARED_KEY = 2
export const WGPEER_A_FLAGS = 3
export const WGPEER_A_ENDPOINT = 4
export const WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL = 5
export const WGPEER_A_ALLOWEDIPS = 9
export const WGALLOWEDIP_A_FAMILY = 1
export const WGALLOWEDIP_A_IPADDR = 2
export const WGALLOWEDIP_A_CIDR_MASK = 3
export const WGPEER_F_REMOVE_ME = 1
export const WGPEER_F_REPLACE_ALLOWEDIPS = 2
