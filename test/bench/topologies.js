// The topologies of the benchmark: one model, written as netlab's YAML and as what floor.c reads, so that both build the same.

/** @typedef {{ node: number, address: string }} End a node of -1 is a port of the bridge, without address */
/** @typedef {{ a: End, b: End, prefixlen: number }} Link */
/** @typedef {{ to: string, prefixlen: number, via: string }} Route */
/** @typedef {{ name: string, bridge: boolean, nodes: { forwarding: boolean, routes: Route[] }[], links: Link[], ping?: { node: number, peer: number, address: string } }} Topology */

/** A ping crosses as many routers as its TTL allows. */
const MOST_HOPS = 254

/** Hosts on one switch, in one subnet. @param {number} hosts @returns {Topology} */
export function star(hosts) {
  const nodes = numbers(hosts).map(() => ({ forwarding: false, routes: [] }))
  const links = numbers(hosts).map((i) => ({ a: { node: -1, address: '-' }, b: { node: i, address: addr(10, 0, i + 1) }, prefixlen: 16 }))
  return { name: `star-${hosts}`, bridge: true, nodes, links, ping: { node: 0, peer: hosts - 1, address: addr(10, 0, hosts) } }
}

/** Routers in a row: the first can reach the last and be answered. @param {number} routers @returns {Topology} */
export function chain(routers) {
  const links = numbers(routers - 1).map((i) => ({
    a: { node: i, address: addr(10, 0, 4 * i + 1) },
    b: { node: i + 1, address: addr(10, 0, 4 * i + 2) },
    prefixlen: 30,
  }))
  const nodes = numbers(routers).map((i) => {
    const [before, after] = [links[i - 1], links[i]]
    const routes = []
    if (after) routes.push({ to: '0.0.0.0', prefixlen: 0, via: after.b.address })
    // The second router has the first link itself.
    if (before && i > 1) routes.push({ to: '10.0.0.0', prefixlen: after ? 30 : 8, via: before.a.address })
    return { forwarding: true, routes }
  })
  const last = links.at(-1)
  const ping = last && routers <= MOST_HOPS ? { ping: { node: 0, peer: routers - 1, address: last.b.address } } : {}
  return { name: `chain-${routers}`, bridge: false, nodes, links, ...ping }
}

/** A fat-tree of k-port switches that route: k²/4 cores, k pods of k/2 + k/2, and k³/4 hosts. @param {number} k @returns {Topology} */
export function fatTree(k) {
  const half = k / 2
  const [core, aggregation, edge, host] = [0, half * half, half * half + k * half, half * half + 2 * k * half]
  /** @type {Topology['nodes']} */
  const nodes = numbers(host + k * half * half).map((i) => ({ forwarding: i < host, routes: [] }))
  /** @type {Link[]} */
  const links = []
  const route = (/** @type {number} */ node, /** @type {Route} */ route) => nodes[node]?.routes.push(route)
  const everywhere = (/** @type {string} */ via) => ({ to: '0.0.0.0', prefixlen: 0, via })
  const join = (/** @type {number} */ a, /** @type {number} */ b, /** @type {[number, number, number]} */ [x, y, z]) => {
    const ends = [addr(x, y, z), addr(x, y, z + 1)]
    links.push({ a: { node: a, address: ends[0] ?? '' }, b: { node: b, address: ends[1] ?? '' }, prefixlen: 31 })
    return { upper: ends[0] ?? '', lower: ends[1] ?? '' }
  }
  for (const [i, [pod, a, c]] of triples(k, half, half).entries()) {
    const { upper, lower } = join(core + a * half + c, aggregation + pod * half + a, [172, 17, 2 * i])
    route(core + a * half + c, { to: addr(10, pod, 0), prefixlen: 16, via: lower })
    if (c === pod % half) route(aggregation + pod * half + a, everywhere(upper))
  }
  for (const [i, [pod, a, e]] of triples(k, half, half).entries()) {
    const { upper, lower } = join(aggregation + pod * half + a, edge + pod * half + e, [172, 16, 2 * i])
    route(aggregation + pod * half + a, { to: addr(10, pod, 256 * e), prefixlen: 24, via: lower })
    if (a === e % half) route(edge + pod * half + e, everywhere(upper))
  }
  for (const [pod, e, h] of triples(k, half, half)) {
    const node = host + (pod * half + e) * half + h
    const { upper } = join(edge + pod * half + e, node, [10, pod, 256 * e + 2 * h])
    route(node, everywhere(upper))
  }
  return {
    name: `fat-tree-${k}`,
    bridge: false,
    nodes,
    links,
    ping: { node: host, peer: nodes.length - 1, address: links.at(-1)?.b.address ?? '' },
  }
}

/** Two hosts on a cable. @returns {Topology} */
export function pair() {
  const link = { a: { node: 0, address: '10.0.0.1' }, b: { node: 1, address: '10.0.0.2' }, prefixlen: 24 }
  const host = { forwarding: false, routes: [] }
  return { name: 'pair', bridge: false, nodes: [host, host], links: [link], ping: { node: 0, peer: 1, address: '10.0.0.2' } }
}

/** As netlab's file. @param {Topology} topology */
export function formatYaml({ name, bridge, nodes, links }) {
  // A star as anybody would write it; that its addresses are those of the floor is tested.
  if (bridge) {
    const range = `"n[0-${nodes.length - 1}]"`
    return `name: ${name}\nnodes: { ${range}: {} }\nbridges: { lan: { subnet: 10.0.0.0/16 } }\nlinks: [[${range}, lan]]\n`
  }
  const endpoint = (/** @type {End} */ { node, address }, /** @type {number} */ prefixlen) =>
    `{ node: n${node}, address: ${address}/${prefixlen} }`
  const settings = (/** @type {Topology['nodes'][number]} */ { forwarding, routes }) => {
    const words = routes.map(({ to, prefixlen, via }) => `"${prefixlen === 0 ? 'default' : `${to}/${prefixlen}`} via ${via}"`)
    const keys = [...(forwarding ? ['forwarding: true'] : []), ...(words.length > 0 ? [`routes: [${words.join(', ')}]`] : [])]
    return keys.length > 0 ? `{ ${keys.join(', ')} }` : '{}'
  }
  return [
    `name: ${name}`,
    'nodes:',
    ...nodes.map((node, i) => `  n${i}: ${settings(node)}`),
    'links:',
    ...links.map(({ a, b, prefixlen }) => `  - [${endpoint(a, prefixlen)}, ${endpoint(b, prefixlen)}]`),
    '',
  ].join('\n')
}

/** As floor.c's description. @param {Topology} topology */
export function formatFloor({ bridge, nodes, links, ping }) {
  return [
    ...(bridge ? ['bridge'] : []),
    ...nodes.map(({ forwarding }) => `node ${forwarding ? 1 : 0}`),
    ...links.map(({ a, b, prefixlen }) => `link ${a.node} ${a.address} ${b.node} ${b.address} ${prefixlen}`),
    ...nodes.flatMap(({ routes }, i) => routes.map(({ to, prefixlen, via }) => `route ${i} ${to} ${prefixlen} ${via}`)),
    ...(ping ? [`ping ${ping.node} ${ping.peer} ${ping.address}`] : []),
    '',
  ].join('\n')
}

/** a.b.x.y, where x and y are the two bytes of `low`. @param {number} a @param {number} b @param {number} low */
function addr(a, b, low) {
  return `${a}.${b}.${low >> 8}.${low & 255}`
}

/** 0 to count - 1. @param {number} count */
function numbers(count) {
  return Array.from({ length: count }, (_, i) => i)
}

/** All [x, y, z] below the three limits, z fastest. @param {number} x @param {number} y @param {number} z @returns {[number, number, number][]} */
function triples(x, y, z) {
  return numbers(x).flatMap((i) => numbers(y).flatMap((j) => numbers(z).map((k) => /** @type {[number, number, number]} */ ([i, j, k]))))
}
