import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { displayPath } from '../diagnostic/text.ts'
import type { ContainerlabLab } from '../export/containerlab.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'
import { fileOf } from './lab-name.ts'
import { writeDiagnostics } from './report.ts'
import { usageError } from './usage.ts'

export const exportCommand: CommandDefinition = {
  define(command) {
    return command
      .summary('make a lab for containerlab')
      .description(
        'Writes the lab as a topology of containerlab: a container for each node and each bridge, and in `exec` the commands that make its ' +
          'network, in the words of iproute2. Files and packet filters lie in a folder beside it. The image of the containers stands ' +
          'in `defaults`: another has to bring what the lab calls. Services run in the background, with nobody to restart them. What has no ' +
          'counterpart is a warning with its line; tests stay with netlab.',
      )
      .argument('<file>', 'YAML file, or folder with a topology.yaml')
      .argument('<target>', 'where to write, NAME.clab.yml; what is there is not overwritten')
      .addHelpText(
        'after',
        examples(
          ['netlab export topo.yaml topo.clab.yml', 'write topo.clab.yml, and topo.files with what it binds'],
          ['sudo containerlab deploy -t topo.clab.yml', 'elsewhere, with Docker'],
        ),
      )
  },

  async run(context, { args }) {
    const [word = '', target = ''] = args
    const path = resolve(context.cwd, target)
    const folder = `${basename(path).replace(/(\.clab)?\.ya?ml$/, '')}.files`
    if (!existsSync(dirname(path))) throw usageError(`There is no folder ${displayPath(dirname(path), context.cwd)} to write into.`)
    for (const taken of [path, join(dirname(path), folder)])
      if (existsSync(taken))
        throw usageError(`${displayPath(taken, context.cwd)} is there already, and nothing is overwritten.`, { hint: 'Give another name.' })
    const { warnings, sources, ...source } = await context.library.sketch({ file: fileOf(context, word) })
    const exported = await context.library.formatContainerlab(source, folder)
    writeDiagnostics(context, [...warnings, ...exported.warnings], sources)
    writeWhole(path, folder, exported)
    const { size } = exported.files
    context.stderr.write(`${displayPath(path, context.cwd)} is written${size === 0 ? '' : `, and ${size} files in ${folder}`}.\n`)
    return EXIT_DONE
  },
}

/** The topology and the folder beside it, or neither. Errors: WRONG_USAGE. */
function writeWhole(path: string, folder: string, { text, files }: ContainerlabLab): void {
  const made: string[] = []
  const make = (name: string, by: () => void): void => {
    by()
    made.push(name)
  }
  const beside = join(dirname(path), folder)
  try {
    make(path, () => writeFileSync(path, '', { flag: 'wx' }))
    // Alone: mkdir with its parents never comes back from /proc.
    if (files.size > 0) make(beside, () => mkdirSync(beside))
    for (const [name, { content, mode }] of files) {
      const file = join(dirname(path), name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
      chmodSync(file, mode)
    }
    writeFileSync(path, text)
  } catch (error) {
    for (const name of made) rmSync(name, { recursive: true, force: true })
    throw usageError(`The topology cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
