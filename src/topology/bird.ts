/** `bird` of a node: the BIRD routing daemon as a service, with the node's own /etc/bird/bird.conf. bird.network.cz. */
import { hash } from 'node:crypto'
import type { FileState } from '../state/network.ts'
import { daemonConfig } from './daemon-config.ts'
import type { DaemonConfig } from './daemon-config.ts'
import { fileState } from './files.ts'
import type { ServiceSettings } from './services.ts'
import { scalarAt } from './value.ts'
import type { MapValue } from './value.ts'

const CONFIG_MODE = 0o640

export function readBird(settings: MapValue): DaemonConfig | undefined {
  const value = scalarAt(settings, 'bird')
  return value === undefined || value.value === null ? undefined : daemonConfig('bird', [value], value.origin)
}

export function birdFiles(config: DaemonConfig): Map<string, FileState> {
  return new Map([['/etc/bird/bird.conf', fileState(config.text, CONFIG_MODE, config.origin)]])
}

export function birdServices({ origin, text }: DaemonConfig): Map<string, ServiceSettings> {
  const service: ServiceSettings = {
    origin,
    argv: ['sh', '-c', 'mkdir -p /run/bird && exec bird -f -c /etc/bird/bird.conf -s /run/bird/bird.ctl -P /run/bird/bird.pid'],
    env: { BIRD_CONFIG_DIGEST: hash('sha256', text).slice(0, 16) },
    cwd: '/',
    restart: 'no',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5000,
    ready: { tcp: [], udp: [], command: ['birdc', '-s', '/run/bird/bird.ctl', 'show', 'status'], timeoutMs: 30_000 },
    after: [],
    capabilities: [],
  }
  return new Map([['bird', service]])
}
