/**
 * Every code a diagnostic may carry, with its summary. A code is stable: scripts and search engines know it.
 * A summary is short, holds no name of the user's, and is the same whenever the same thing is wrong.
 */
export const CODES = {
  // The file
  FILE_UNREADABLE: 'A file cannot be read',
  FILE_TOO_LARGE: 'A file is too large',
  FILE_EMPTY: 'A file is empty',
  FILE_NOT_UTF8: 'A file is not UTF-8',
  YAML_SYNTAX: 'This is not valid YAML',
  DUPLICATE_KEY: 'A key stands twice in one map',
  INCLUDE_CYCLE: 'A file includes itself',
  FORMAT_UNKNOWN: 'The format of a file is not known',
  NOT_CARRIED_OVER: 'Something has no counterpart in the other tool',
  TOO_MANY_FINDINGS: 'There are more findings than are shown',

  // Keys and values
  UNKNOWN_KEY: 'A key is not known here',
  MISSING_KEY: 'A key is missing',
  WRONG_TYPE: 'A value is of the wrong type',
  INVALID_VALUE: 'A value is not accepted here',
  CONFLICTING_VALUES: 'Two values for the same setting differ',

  // Names
  INVALID_NAME: 'A name cannot be used',
  TOO_LARGE: 'The topology is too large',
  NAME_TAKEN: 'A name is defined twice',
  UNKNOWN_NODE: 'A node or bridge is not defined',
  UNKNOWN_PROFILE: 'A profile is not defined',
  PROFILE_CYCLE: 'A profile uses itself',
  UNKNOWN_INTERFACE: 'A node has no such interface',

  // Links
  INTERFACE_TAKEN: 'An interface has two cables',
  INTERFACE_CARRIES: 'Other interfaces stand on an interface',
  RANGE_MISMATCH: 'The two ends of a link stand for different numbers of interfaces',
  TOO_MANY_PORTS: 'A bridge has more ports than the kernel allows',
  BRIDGE_LOOP: 'Bridges form a loop without a spanning tree',
  DUPLICATE_MAC: 'Two interfaces on one segment have the same MAC address',
  MTU_MISMATCH: 'Interfaces on one segment have different MTUs',
  LIMIT_TOO_SMALL: 'A limit is smaller than what a link has on its way',
  CORRELATION_MISLEADS: 'The kernel makes something else of a correlation',
  LINK_CYCLE: 'Interfaces stand on each other in a circle',
  DUPLICATE_VLAN: 'A VLAN is given twice on one interface',
  VLAN_UNUSED: 'Nothing makes use of a VLAN',

  // Addresses
  DUPLICATE_ADDRESS: 'An address is given twice on one segment',
  ADDRESS_OUTSIDE_SUBNET: 'An address lies outside the subnet of its link',
  ADDRESS_UNUSABLE: 'An address is not one that a host can use',
  SUBNET_EXHAUSTED: 'A subnet has too few addresses',
  POOL_EXHAUSTED: 'An address pool has no free subnet left',
  OVERLAPPING_SUBNETS: 'Two segments use overlapping subnets',

  // Roots and mounts
  ROOT_UNUSABLE: 'A directory cannot be the root directory of a node',
  IMAGE_UNUSABLE: 'An image cannot be the root directory of a node',
  MOUNT_UNUSABLE: 'A mount cannot be made',
  NO_SHELL: 'A root directory has no shell',

  // Routes
  GATEWAY_NOT_CONNECTED: 'A gateway is not on a subnet of the node',
  UNREACHABLE_ROUTE: 'Nobody on the segment has the address of a gateway',
  GATEWAY_NOT_FORWARDING: 'A gateway does not pass packets on',
  DUPLICATE_ROUTE: 'Two routes have the same destination, table and metric',
  DUPLICATE_RULE: 'A rule is given twice',
  NO_ROUTERS: 'Routes are to be computed, but no node forwards',

  // Services
  UNKNOWN_SERVICE: 'A node has no such service',
  SERVICE_CYCLE: 'Services wait for each other',

  // The machine outside
  PORT_TAKEN: 'A port of this machine is taken',
  ROOT_NEEDED: 'What the file asks for is for root alone',
  INTERFACE_MISSING: 'This machine has no such interface',
  INTERFACE_LOST: 'An interface of this machine did not come back as it was',
  DEFAULT_ROUTE_TAKEN: "An interface with the machine's default route goes into a lab",

  // The command line
  WRONG_USAGE: 'The command line cannot be understood',

  // The lab
  LAB_BUSY: 'Another netlab command is working on this lab',
  LAB_UNKNOWN: 'No lab of that name is running',
  LAB_DEAD: 'The lab has lost its holder process',
  LAB_AMBIGUOUS: 'It is not clear which lab is meant',
  LAB_DAMAGED: 'What netlab knows of the lab cannot be read',
  NODE_UNKNOWN: 'The lab has no node of that name',
  SERVICE_UNKNOWN: 'The lab has no service of that name',
  STATE_NOT_OURS: 'The directory for running labs belongs to somebody else',

  // The kernel and the system
  FEATURE_MISSING: 'The kernel lacks something that the file needs',
  KERNEL_REFUSED: 'The kernel refused an operation',
  ENGINE_FAILED: 'The engine process could not do its work',
  USER_NAMESPACE_REFUSED: 'This user cannot make user namespaces',
  RULE_REFUSED: 'A packet filter rule is not accepted',
  CONFIG_REFUSED: 'A configuration is not accepted',
  TOOL_MISSING: 'A program that the file needs is not installed',
  TOOL_FAILED: 'A program that the file needs has failed',
  SETUP_FAILED: 'A setup command has failed',
  SERVICE_FAILED: 'A service has failed',
  DUPLICATE_ADDRESS_SEEN: 'Duplicate address detection found another owner',
  STILL_TENTATIVE: 'Duplicate address detection did not come to an end',
  NETNS_NAME_TAKEN: 'A name under /run/netns is taken',
  NOT_AS_DESIRED: 'The network differs from the plan after it was applied',
} as const

export type Code = keyof typeof CODES
