/** Services of nodes. One that runs as the file says is left alone; one that has ended, or was stopped, is started again. */
import { serviceDifferences } from '../state/equal.ts'
import { droppedServices } from '../state/extra.ts'
import type { ServiceState } from '../state/network.ts'
import type { Draft } from './draft.ts'

/** Those that the file no longer has: first, for a new one may want their port. */
export function planGoneServices(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    if (draft.isNew(netns)) continue
    const services = draft.now(netns).services
    for (const name of droppedServices(desired, { services })) emitStop(draft, netns, name, 'not in the file')
  }
}

/** All services of a namespace that goes: what runs in it would keep it alive. */
export function planServicesOf(draft: Draft, netns: string): void {
  for (const name of draft.now(netns).services.keys()) emitStop(draft, netns, name, 'its node goes')
}

export function planNewServices(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [name, service] of desired.services) {
      const previous = draft.now(netns).services.get(name)
      const cause = causeOf(service, previous)
      if (cause === undefined) continue
      draft.emit({
        type: 'start service',
        netns,
        cause,
        ...(service.origin !== undefined && { origin: service.origin }),
        name,
        service,
        ...(previous !== undefined && { previous }),
      })
    }
  }
}

function emitStop(draft: Draft, netns: string, name: string, cause: string): void {
  const previous = draft.now(netns).services.get(name)
  draft.emit({ type: 'stop service', netns, cause, name, ...(previous !== undefined && { previous }) })
}

function causeOf(desired: ServiceState, there: ServiceState | undefined): string | undefined {
  if (there === undefined) return 'not there'
  const [difference] = serviceDifferences(desired, there)
  if (difference === undefined) return undefined
  if (difference.property === 'digest') return 'its definition has changed'
  const words = String(difference.observed)
  return `it ${words.startsWith('ended') ? '' : 'is '}${words}`
}
