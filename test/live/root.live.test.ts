/** What a node sees for its files: overlays, root directories of its own, and mounts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { makeBusyboxTree } from '../support/busybox-tree.ts'
import { diagnosticOf, test } from '../support/live-lab.ts'

describe('an overlay', () => {
  test("must take a node's writes and leave the machine's files alone", async ({ lab }) => {
    const passwd = readFileSync('/etc/passwd', 'utf8')
    await lab.up(`
nodes:
  h1: { overlay: true, iptables: [-A INPUT -p tcp --dport 9 -j DROP], files: { /etc/new/a: "a\\n" } }
  h2: { overlay: true }
links: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]
`)
    expect(await lab.sh('h1', 'rm /etc/passwd; echo mine >/etc/passwd; echo x >/netlab-new; cat /etc/passwd /etc/new/a /netlab-new')).toBe(
      'mine\na\nx\n',
    )
    // An ordinary user's node is not the owner of root's directories.
    if (process.getuid?.() === 0) expect(await lab.sh('h1', 'rm -r /usr/share/doc; mkdir /usr/share/doc; ls -A /usr/share/doc')).toBe('')
    expect(await lab.sh('h1', 'ping -c 1 -W 5 h2 | grep -c 1.received')).toBe('1\n')
    expect(
      await lab.sh('h2', 'cat /etc/passwd; test ! -e /netlab-new; test -d /usr/share/doc; test -d /proc/self; ls /sys/class/net'),
    ).toBe(`${passwd}eth0\nlo\n`)
    expect(readFileSync('/etc/passwd', 'utf8')).toBe(passwd)
    expect([existsSync('/netlab-new'), existsSync('/usr/share/doc')]).toEqual([false, true])
    expect(await lab.drift()).toEqual([])
  })

  test('with `save` must keep what a node wrote over `down`', async ({ lab }) => {
    makeBusyboxTree(join(lab.folder, 'tree'))
    const yaml = 'nodes: { h[1-2]: { root: tree, overlay: { save: state } } }'
    await lab.up(yaml)
    await lab.sh('h1', 'echo kept >/etc/kept; rm /etc/release')
    await lab.down()
    expect(readFileSync(join(lab.folder, 'state/h1/upper/etc/kept'), 'utf8')).toBe('kept\n')
    await lab.up(yaml)
    expect(await lab.sh('h1', 'cat /etc/kept; test ! -e /etc/release')).toBe('kept\n')
    expect(await lab.sh('h2', 'test ! -e /etc/kept; cat /etc/release')).toBe('tiny\n')
    expect(readFileSync(join(lab.folder, 'tree/etc/release'), 'utf8')).toBe('tiny\n')
  })

  test("with `save` must keep what was written in the machine's tree, over `down` and while the lab goes on", async ({ lab }) => {
    const yaml = (directory: string): string => `nodes: { h: { overlay: { save: ${directory} } } }`
    await lab.up(yaml('state'))
    await lab.sh('h', 'echo kept >/netlab-kept')
    await lab.down()
    await lab.up(yaml('state'))
    expect(await lab.sh('h', 'cat /netlab-kept')).toBe('kept\n')
    await lab.up(yaml('elsewhere'))
    expect(await lab.sh('h', 'test ! -e /netlab-kept')).toBe('')
    await lab.up(yaml('state'))
    expect(await lab.sh('h', 'cat /netlab-kept')).toBe('kept\n')
    expect(await lab.drift()).toEqual([])
  })
})

describe('a root directory', () => {
  test('must be all that the node sees, with the node its own in it, and rules by the tools of the machine', async ({ lab }) => {
    makeBusyboxTree(join(lab.folder, 'tree'))
    writeFileSync(join(lab.folder, 'tree/srv/index.html'), 'hello\n')
    await lab.up(`
nodes:
  web:
    root: tree
    files: { /etc/site/conf: "conf\\n" }
    iptables: [-A INPUT -p tcp --dport 9 -j DROP]
    setup: "echo done >/etc/setup"
    services: { http: { run: "httpd -f -p 80 -h /srv", ready: { tcp: 80 } } }
  h1: {}
links: [{ endpoints: [web, h1], subnet: 10.0.0.0/24 }]
`)
    expect(
      await lab.sh(
        'web',
        'cat /etc/release /etc/site/conf /etc/setup; hostname; ls /; ls /sys/class/net; ping -c 1 -W 5 h1 | grep -c "1 packets received"',
      ),
    ).toBe('tiny\nconf\ndone\nweb\nbin\ndev\netc\nproc\nrun\nsrv\nsys\ntmp\neth0\nlo\n1\n')
    expect(await lab.sh('h1', 'python3 -c "import urllib.request as u; print(u.urlopen(\'http://web/\').read())"')).toBe("b'hello\\n'\n")
    expect(readdirSync(join(lab.folder, 'tree'))).toEqual(['bin', 'etc', 'srv'])
    expect(await lab.drift()).toEqual([])
    // No way out: not by .., not by what a symbolic link says, not by another root directory, not by a mount.
    expect(
      await lab.sh('web', 'cd ../../..; ls; ls /proc/1/root/ 2>&1 | grep -c denied; mount -t tmpfs tmpfs /srv 2>&1 | grep -c denied'),
    ).toBe('bin\ndev\netc\nproc\nrun\nsrv\nsys\ntmp\n1\n1\n')
  })

  test('that is another must make the node anew', async ({ lab }) => {
    makeBusyboxTree(join(lab.folder, 'one'))
    makeBusyboxTree(join(lab.folder, 'two'))
    writeFileSync(join(lab.folder, 'two/etc/release'), 'two\n')
    await lab.up('nodes: { h1: { root: one }, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n')
    const { plan } = await lab.up('nodes: { h1: { root: two }, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n')
    expect(plan.operations.filter(({ type }) => type === 'del netns')).toMatchObject([{ netns: 'h1' }])
    expect(await lab.sh('h1', 'cat /etc/release; ping -c 1 -W 5 h2 | grep -c "1 packets received"')).toBe('two\n1\n')
  })
})

describe('mounts', () => {
  test('must show the machine’s files where the node wants them, change with the file, and come back', async ({ lab }) => {
    mkdirSync(join(lab.folder, 'www/deep'), { recursive: true })
    writeFileSync(join(lab.folder, 'www/a'), 'a\n')
    const yaml = (more: string): string =>
      `nodes: { h1: { privileged: true, mounts: { /srv/www: www, /netlab-new/x: { from: www, ro: true }, /var/cache: { tmpfs: 1mb }${more} }, private: [/var/lib/misc], files: { /var/lib/misc/f: "f\\n", /srv/other: "o\\n" } } }`
    await lab.up(yaml(''))
    expect(
      await lab.sh(
        'h1',
        'cat /srv/www/a /netlab-new/x/a /var/lib/misc/f /srv/other; echo b >/srv/www/b; ls -A /var/cache; touch /netlab-new/x/c 2>&1 | grep -c Read-only',
      ),
    ).toBe('a\na\nf\no\n1\n')
    expect(readFileSync(join(lab.folder, 'www/b'), 'utf8')).toBe('b\n')
    expect([existsSync('/netlab-new'), existsSync('/srv/other')]).toEqual([false, false])
    expect(await lab.drift()).toEqual([])

    await lab.sh('h1', 'umount /srv/www')
    expect(await lab.drift()).toMatchObject([{ type: 'add mount', path: '/srv/www' }])
    await lab.up(yaml(', /srv/www/deep: { tmpfs: true }'))
    expect(await lab.sh('h1', 'cat /srv/www/a; echo mine >/srv/www/deep/mine; cat /srv/other')).toBe('a\no\n')
    expect(readdirSync(join(lab.folder, 'www/deep'))).toEqual([])
    await lab.up('nodes: { h1: { privileged: true, files: { /var/lib/misc/f: "f\\n" } } }')
    expect(await lab.sh('h1', 'test ! -e /srv/www/a; test ! -e /netlab-new/x/a; cat /var/lib/misc/f')).toBe('f\n')
    expect(await lab.drift()).toEqual([])
  })

  test('that cannot be made must be undone with what was changed beside them', async ({ lab }) => {
    writeFileSync(join(lab.folder, 'a'), 'a\n')
    await lab.up('nodes: { h1: { private: [/srv], files: { /srv/f: "f\\n" } } }')
    const refusal = await lab.refusal(
      'nodes: { h1: { mounts: { /srv: { tmpfs: 1mb } }, files: { /srv/f: "f\\n" }, setup: "true" }, h2: { setup: "false" } }',
    )
    expect(diagnosticOf(refusal, 'SETUP_FAILED').detail).toContain('undone')
    expect(await lab.sh('h1', 'cat /srv/f')).toBe('f\n')
    expect(await lab.drift()).toEqual([])
  })
})
