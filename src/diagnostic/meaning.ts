/**
 * What each code means and the way out of it, for the page of codes and for code hosts. A diagnostic's own detail and hint say it about
 * the case at hand. Other than a code, the words may change.
 */
import type { Code } from './codes.ts'

export const MEANINGS: Readonly<Record<Code, string>> = {
  FILE_UNREADABLE: 'The file is not there, or you may not read it. Look at the path: those in a file are relative to that file.',
  FILE_TOO_LARGE: 'A file, or what its aliases grow to, is beyond what is read. Use ranges (`h[1-100]`) and profiles.',
  FILE_EMPTY: 'There is nothing in the file, or comments only. A node is enough: `nodes: { h1: {} }`.',
  FILE_NOT_UTF8: 'The file has bytes that are no text. Save it as UTF-8.',
  YAML_SYNTAX: 'The YAML parser stopped here; often a tab, a wrong indent, or a text with `: ` in it that wants quotes.',
  DUPLICATE_KEY: 'YAML would keep one of the two without a word. Take one away, or give it another name.',
  INCLUDE_CYCLE: 'The files include each other in a circle. Take one `include` away.',
  FORMAT_UNKNOWN: '`netlab import` reads the YAML files of containerlab and the lab.conf of Kathará.',
  NOT_CARRIED_OVER:
    'What `netlab import` or `netlab export` could make nothing of: the file that it wrote is without it. Add what is missing by hand.',
  TOO_MANY_FINDINGS: 'Mend those that are shown and check again: one cause often makes many.',

  UNKNOWN_KEY: 'The key is misspelt, or belongs elsewhere. The finding names the one that is close; the page of the file has all.',
  MISSING_KEY: 'Add the key that the finding names.',
  WRONG_TYPE: 'A list stands where a text is wanted, or the like. The finding says what is accepted.',
  INVALID_VALUE: 'The value has the right type and is out of range, or not one of the words. The finding says which are accepted.',
  CONFLICTING_VALUES: 'The same thing is said twice, and differently. Keep one: the finding points at both.',

  INVALID_NAME: 'Names of nodes are host names, names of interfaces have 15 bytes at most. The finding says what is wrong with this one.',
  TOO_LARGE: 'A range, or a table of who asks whom, has more members than are accepted. Look for a slip in the range.',
  NAME_TAKEN: 'A node and a bridge, or two files that are included, have the same name. Rename one.',
  UNKNOWN_NODE: 'Add the name under `nodes` or `bridges`, or mend the spelling.',
  UNKNOWN_PROFILE: 'Add it under `profiles`, or mend the spelling.',
  PROFILE_CYCLE: 'Profiles use each other in a circle. Take one `use` away.',
  UNKNOWN_INTERFACE: 'No link makes this interface and it has no `kind`. `netlab plan` lists the names that the links make.',

  INTERFACE_TAKEN: 'A socket takes one plug. Leave the interface name away, and the next free one is taken.',
  INTERFACE_CARRIES:
    'A VLAN or MACVLAN does not go along when its parent moves. Take it out of the file first, and give it to the other node then.',
  RANGE_MISMATCH: 'Ranges pair up one to one. Make them of equal length, use a single name on one side, or `cross: true`.',
  TOO_MANY_PORTS: 'The kernel gives a bridge 1,023 ports. Join several bridges.',
  BRIDGE_LOOP: 'Frames would circle for ever. Set `stp: true` on the bridges of the loop, or take a cable away.',
  DUPLICATE_MAC: 'A switch could not tell the two apart. Leave `mac` away: each interface gets its own.',
  MTU_MISMATCH: 'A packet that one may send is too large for the other, and switches say nothing. Set `mtu` on the bridge or the link.',
  LIMIT_TOO_SMALL: 'The line would lose packets for want of room before its rate is reached. Leave `limit` away, or raise it.',
  CORRELATION_MISLEADS:
    'netem takes a mean of each throw and the one before it, so that a small chance is hardly ever met, and loses the correlation of a jitter. Leave it away; losses in bursts are those of a `gemodel`.',
  LINK_CYCLE: 'Each interface waits for the other to be made first. Look at `parent` and `members`.',
  DUPLICATE_VLAN: 'Two interfaces take the same VLAN of one parent. Change one `id`.',
  VLAN_UNUSED: 'Tagged frames arrive where nobody reads them. Give the node an interface of kind vlan, or the port another VLAN.',

  DUPLICATE_ADDRESS: 'Whom would a packet reach? Change one; with `subnet`, addresses may be left away.',
  ADDRESS_OUTSIDE_SUBNET: 'Change the address, or the subnet of its link or bridge.',
  ADDRESS_UNUSABLE: 'It is the network’s own, a broadcast, a multicast address or the like. Take another one of the subnet.',
  SUBNET_EXHAUSTED: 'More interfaces want an address than the subnet has. Take a shorter prefix.',
  POOL_EXHAUSTED: 'Give `addressing` a larger pool, or name subnets yourself.',
  OVERLAPPING_SUBNETS: 'One address would lie in two places. Change one prefix; in a VRF of its own it may be the same.',

  ROOT_UNUSABLE:
    'The directory of `root` must be there, hold a whole system for this machine (debootstrap makes one), and be yours to read.',
  IMAGE_UNUSABLE:
    'The layout must be whole, its digests right, and for this machine. To fetch it again: `skopeo copy docker://NAME oci:DIR`.',
  MOUNT_UNUSABLE: 'A mount needs a source that is there and a place of the same kind: a file over a file, a directory over a directory.',
  NO_SHELL: 'Nodes with this root can run lists of words, and nothing that wants a shell. Install one (busybox is enough).',

  GATEWAY_NOT_CONNECTED: 'A gateway must be one hop away. Name a node on the same segment.',
  UNREACHABLE_ROUTE: 'The next hop is in the subnet, and nobody has that address. Look for a slip in `via`.',
  GATEWAY_NOT_FORWARDING: 'It would take the packets and drop them. Set `forwarding: true` on it.',
  DUPLICATE_ROUTE: 'The kernel takes one of them only. Give one another `metric`, or join them by `nexthops`.',
  DUPLICATE_RULE: 'Take one away, or give it another `priority`.',
  NO_ROUTERS: 'Set `forwarding: true` on the nodes that are routers, or take `routing` away.',

  UNKNOWN_SERVICE: 'Look at `after`: `name` of the same node, or `node:name`.',
  SERVICE_CYCLE: 'None would ever start. Take one `after` away.',

  PORT_TAKEN:
    'Two nodes publish one port, or a program of this machine listens on it. Take another, or end that program: `ss -ltnp` names it.',
  ROOT_NEEDED: "The file wants a link into this machine's own network, or one of the machine's interfaces: both are for root alone.",
  INTERFACE_MISSING:
    'A link ends at an `external` interface that this machine does not have now: its name is another one, or another lab has it.',
  INTERFACE_LOST:
    'The lab had an interface of the machine, and it could not be given back with its name, state, MTU, addresses and routes. The reason stands beside it.',
  DEFAULT_ROUTE_TAKEN:
    'While a lab has an interface, the machine does not: here that is the one through which the machine reaches the world.',

  WRONG_USAGE: 'An option or a word is not known, or one is missing. `netlab COMMAND --help` has them with examples.',

  LAB_BUSY: 'Wait until the other command is done. It is named by its pid.',
  LAB_UNKNOWN: '`netlab ls` lists those that run. They are this user’s: labs of root’s are not seen by others.',
  LAB_DEAD:
    'Somebody killed the process that holds it, and the kernel freed its network. `netlab up FILE` makes it anew, `netlab down` forgets it.',
  LAB_AMBIGUOUS: 'Several labs run. Say which one by its name or its file.',
  LAB_DAMAGED: 'The notes on the lab are cut off or of another version. `netlab down` takes the lab away; then `netlab up` makes it anew.',
  NODE_UNKNOWN: '`netlab inspect` lists the nodes of a lab.',
  SERVICE_UNKNOWN: '`netlab ps` lists the services of a lab.',
  STATE_NOT_OURS: 'Remove the directory that is named, or set `XDG_RUNTIME_DIR` to one of your own.',

  FEATURE_MISSING:
    'Nothing was made. The kernel has no module of that name; distributions have it in their full kernel. `netlab doctor` lists all.',
  KERNEL_REFUSED:
    'The kernel’s own words, the line of the file, and the `ip` command that does the same are in the message. What was begun is undone.',
  ENGINE_FAILED:
    'The process that makes the system calls was killed, or could not start. Out of memory? Try again; if it stays, report it.',
  USER_NAMESPACE_REFUSED: 'The distribution forbids them: the message names the setting and how to turn it. Or run netlab as root.',
  RULE_REFUSED: 'iptables or nft, asked before anything is made, does not take this line. Its own words are in the message.',
  CONFIG_REFUSED: 'The routing daemon does not take this line of its configuration. Its own words are in the message.',
  TOOL_MISSING: 'Install the package that the message names; `netlab doctor` lists all.',
  TOOL_FAILED: 'A program that the file needs ended with an error of its own, which is in the message.',
  SETUP_FAILED: 'A command under `setup` ended with another status than 0, and the lab was undone. Its output is in the message.',
  SERVICE_FAILED: 'A service ended or was not ready in time. `netlab logs` has what it printed.',
  DUPLICATE_ADDRESS_SEEN: 'The kernel heard another node claim the address, and does not use it. Change one of the two.',
  STILL_TENTATIVE: 'The address cannot be used yet: is there a spanning tree that is not done? Wait, and look at `netlab inspect`.',
  NETNS_NAME_TAKEN: 'Another tool’s namespace has the name LAB.NODE. Use `netlab exec`, or give the lab another name.',
  NOT_AS_DESIRED: 'The kernel took every request, and what it has is something else; or another program changed it. Run `netlab plan`.',
}
