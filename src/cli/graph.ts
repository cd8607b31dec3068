import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { Option } from 'commander'
import type { PictureFormat } from '../export/picture.ts'
import type { SketchSource } from '../lab/sketch.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { fileOf, findLab, isPath } from './lab-name.ts'
import { writeDiagnostics } from './report.ts'
import { writeOutputFile } from './output-file.ts'

interface Options {
  readonly format?: PictureFormat
  readonly output?: string
}

const FORMATS: readonly PictureFormat[] = ['text', 'svg', 'html', 'dot', 'mermaid']

/** What a file of that suffix holds. */
const FORMAT_OF_SUFFIX: Readonly<Record<string, PictureFormat>> = {
  '.txt': 'text',
  '.svg': 'svg',
  '.html': 'html',
  '.htm': 'html',
  '.dot': 'dot',
  '.gv': 'dot',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
}

export const graphCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('draw a lab')
      .description(
        'Draws nodes, bridges, cables and tunnels with their addresses, subnets and link properties. Of a lab that runs, by its file or its ' +
          'name, also how it stands: what is up, down, without carrier, not there, and what is not as the file has it. svg and html ' +
          'need no other file and no network; in html one can move, zoom and search, and click on a node or a link for its details. dot is ' +
          'for Graphviz, mermaid for Markdown.',
      )
      .argument('[file]', 'YAML file, or name of a running lab (default: the only lab)')
      .addOption(new Option('--format <format>', 'what to draw (default: by the suffix of --output, else text)').choices(FORMATS))
      .option('-o, --output <file>', 'write it into this file')
      .addHelpText(
        'after',
        examples(
          ['netlab graph topo.yaml', 'as text'],
          ['netlab graph topo.yaml -o topo.svg', 'for a document'],
          ['netlab graph -o lab.html', 'the only lab as it is now, to look around in'],
          ['netlab graph topo.yaml --format mermaid', 'for a page on GitHub'],
          ['netlab graph topo.yaml --format dot | dot -Tpdf > topo.pdf', 'laid out by Graphviz'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { library, stdout, cwd } = context
    const { warnings, sources, ...source } = await library.sketch(await sketchSource(context, args[0]))
    writeDiagnostics(context, warnings, sources)
    const format = options.format ?? FORMAT_OF_SUFFIX[extname(options.output ?? '').toLowerCase()] ?? 'text'
    const text = await library.formatPicture(format, source)
    if (options.output === undefined) stdout.write(text)
    else writeOutputFile(resolve(cwd, options.output), text, 'The picture')
    return EXIT_DONE
  },
}

/** A path is a file, with the state of the lab that runs from it; a name is a lab that runs. */
async function sketchSource(context: Context, word: string | undefined): Promise<SketchSource> {
  if (word === undefined || !(isPath(word) || existsSync(resolve(context.cwd, word))))
    return { running: (await findLab(context, word)).name }
  const file = fileOf(context, word)
  const [running, ...others] = (await context.library.listLabs()).filter((lab) => lab.state === 'up' && lab.file === file)
  return running === undefined || others.length > 0 ? { file } : { file, running: running.name }
}
