import { LabEvents, type LabEvent } from './lab-event.ts'
import { LiveNetwork } from './live-network.ts'
import { watchLab, type WatchOptions } from './watch.ts'

/** Tells each change of a running lab in words, until the signal comes or the lab is down. Errors: as `watchLab`. */
export async function watchEvents(name: string, hear: (event: LabEvent) => void, options: WatchOptions = {}): Promise<void> {
  let network = new LiveNetwork()
  let events = new LabEvents(network)
  await watchLab(
    name,
    (message) => {
      if (message.type === 'up') {
        network = new LiveNetwork()
        events = new LabEvents(network)
      }
      for (const event of events.of(message)) hear(event)
      if (message.type === 'batch') network.apply(message.batch)
    },
    options,
  )
}
