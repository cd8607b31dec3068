/** Images as root directories of nodes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, vi } from 'vitest'
import { serviceLog } from '../../src/index.ts'
import { pruneImages } from '../../src/lab/image.ts'
import { BUSYBOX_LAYER, makeImage } from '../support/image-layout.ts'
import { needs } from '../support/needs.ts'
import { diagnosticOf, newLab, test } from '../support/live-lab.ts'

beforeEach<{ lab: { folder: string } }>(({ lab }) => {
  vi.stubEnv('XDG_CACHE_HOME', join(lab.folder, 'cache'))
  return () => vi.unstubAllEnvs()
})

test('an image must be laid together from its layers and run as it says, in labs that come up at once', async ({ lab, skip }) => {
  needs({ skip }, 'command:zstd')
  makeImage(join(lab.folder, 'web'), {
    layers: [
      [
        ...BUSYBOX_LAYER,
        { path: 'old/a', data: 'a' },
        { path: 'gone/x', data: 'x' },
        { path: 'srv/mine', mode: 0o640, uid: 33, gid: 33, data: 'mine\n' },
        { path: 'link', type: 'SymbolicLink', linkpath: '/srv' },
      ],
      [
        { path: 'old/new', data: 'n' },
        { path: 'old/.wh..wh..opq' },
        { path: '.wh.gone' },
        { path: 'srv/hard', type: 'Link', linkpath: 'srv/mine' },
        { path: 'link/through', data: 't' },
        { path: 'etc/netlab-escape', type: 'SymbolicLink', linkpath: '../../../../etc/passwd' },
      ],
      [{ path: 'srv/packed', data: 'zstd\n' }],
    ],
    config: {
      Env: ['PATH=/bin', 'GREETING=a=b c'],
      Entrypoint: ['sh', '-c'],
      Cmd: ['id -un; pwd; echo $GREETING; exec httpd -f -p 8080'],
      WorkingDir: '/srv',
      User: 'web',
    },
  })
  const yaml = `nodes: { w: { image: ${join(lab.folder, 'web')}, iptables: [-A INPUT -p tcp --dport 9 -j DROP], services: { main: { run: image, ready: { tcp: 8080 } } } } }`
  const other = newLab()
  try {
    await Promise.all([lab.up(yaml), other.up(yaml)])
    expect(serviceLog(lab.name, { netns: 'w', service: 'main' })).toEqual(['web', '/srv', 'a=b c'])
    expect(
      await lab.sh(
        'w',
        'ls /old; ls -d /gone 2>&1; cat /srv/hard; stat -c "%u %a %h" /srv/mine; ls /srv; cat /srv/packed; echo $GREETING; cat /etc/netlab-escape',
      ),
    ).toBe(
      `new\nls: /gone: No such file or directory\nmine\n33 640 2\nhard\nmine\npacked\nthrough\nzstd\na=b c\n${BUSYBOX_LAYER.at(-1)?.data?.toString()}`,
    )
    await lab.sh('w', 'echo x >/srv/mine; echo y >/new')
    expect(await other.sh('w', 'cat /srv/mine; test ! -e /new')).toBe('mine\n')
    expect(await lab.drift()).toEqual([])
    const trees = join(lab.folder, 'cache/netlab/images')
    expect(readdirSync(trees)).toHaveLength(1)
    mkdirSync(join(trees, `${'0'.repeat(32)}.part`))
    expect(await pruneImages()).toEqual([join(trees, '0'.repeat(32))])
    expect(readdirSync(trees)).toHaveLength(1)
    await Promise.all([lab.down(), other.down()])
    expect(await pruneImages()).toHaveLength(1)
    expect(readdirSync(trees)).toEqual([])
  } finally {
    await other.remove()
  }
})

test('an image that is damaged, leads out of itself, or is for another machine must be refused with nothing left', async ({ lab }) => {
  const refusalOf = async (directory: string): Promise<string> => {
    const diagnostic = diagnosticOf(await lab.refusal(`nodes: { w: { image: ${directory} } }`), 'IMAGE_UNUSABLE')
    expect(diagnostic.origin).toMatchObject({ line: 1 })
    return diagnostic.detail
  }
  const [layer = ''] = makeImage(join(lab.folder, 'damaged'), { layers: [[{ path: 'a', data: 'text' }]] })
  const bytes = readFileSync(layer)
  bytes[4] = 1 // the time of compression, which nothing else notices
  writeFileSync(layer, bytes)
  expect(await refusalOf('damaged')).toContain('another digest')
  makeImage(join(lab.folder, 'climbs'), { layers: [[{ path: '../../netlab-evil', data: 'x' }]] })
  expect(await refusalOf('climbs')).toContain('leads out of the image')
  makeImage(join(lab.folder, 'links'), {
    layers: [
      [
        { path: 'out', type: 'SymbolicLink', linkpath: '/tmp' },
        { path: 'out/netlab-evil', data: 'x' },
        { path: 'hard', type: 'Link', linkpath: 'etc/passwd' },
      ],
    ],
  })
  expect(await refusalOf('links')).toContain('ENOENT')
  makeImage(join(lab.folder, 'foreign'), { layers: [], architecture: 's390x' })
  expect(await refusalOf('foreign')).toContain('s390x')
  expect([existsSync('/netlab-evil'), existsSync('/tmp/netlab-evil'), existsSync(lab.directory)]).toEqual([false, false, false])
  expect(readdirSync(join(lab.folder, 'cache/netlab/images'))).toEqual([])
})
