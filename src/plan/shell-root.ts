/**
 * Root directories in a shell script: an overlay for each node below /run, with the node's mounts and files in it, and chroot(1) for its commands.
 * netlab itself pivots, so that nobody gets out; a script that any machine can run has no program of its own in the node to do that with.
 */
import type { RootState } from '../state/mount.ts'
import type { AddMount, Operation, Plan, WriteFile } from './operation.ts'
import { mountCommand } from './mount-words.ts'
import { netnsName } from './netns-words.ts'
import { quote, quoteAll } from './quote.ts'

const FUNCTIONS = `# What a node with a root of its own sees lies in $ROOTS/NAME/root: an overlay, so that what is below is never written.
# Its writes lie beside it in a tmpfs, or where they are saved. chroot shows it to the node's commands; root of a node can leave it.
ROOTS=/run/netlab-roots
# Where root is not the machine's, overlayfs keeps its notes in attributes that everybody may write.
if grep -q ' 4294967295$' /proc/self/uid_map; then notes=; else notes=,userxattr; fi
lay() { # LOWER LAYERS PLACE
  mkdir -p "$2/upper" "$2/work" "$3"
  chmod --reference="$1" "$2/upper"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work$notes" "$3"
}
begin_root() { # NAME [SAVE]
  here=$ROOTS/$1
  mkdir -p "$here"
  mount -t tmpfs tmpfs "$here"
  mkdir "$here/root" "$here/lower" "$here/layers"
  if [ $# = 2 ]; then
    mkdir -p "$2"
    mount --bind "$2" "$here/layers"
  fi
}
end_root() {
  for own in proc dev sys run tmp; do mkdir -p "$here/root/$own"; done
  mount --rbind /proc "$here/root/proc"
  mount --rbind /dev "$here/root/dev"
  mount -t tmpfs tmpfs "$here/root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$here/root/tmp"
}
root_of_tree() { # NAME TREE [SAVE]
  tree=$2
  # What an ordinary user's netlab has unpacked of an image has its id map in the name.
  [ -d "$tree" ] || for each in "$2".????????; do [ ! -d "$each" ] || tree=$each; done
  if [ ! -d "$tree" ]; then
    echo "$0: $2 is not there; an image is unpacked by: netlab up" >&2
    exit 1
  fi
  begin_root "$1" \${3+"$3"}
  mount --rbind "$tree" "$here/lower"
  lay "$here/lower" "$here/layers" "$here/root"
  end_root
}
root_of_machine() { # NAME [SAVE]
  begin_root "$@"
  mkdir -p "$here/layers/tree"
  mount --bind "$here/layers/tree" "$here/root"
  for path in /* /.[!.]*; do
    case $path in /proc | /dev | /sys | /run | /tmp | '/.[!.]*') continue ;; esac
    if [ -L "$path" ]; then
      [ -L "$here/root$path" ] || cp -P "$path" "$here/root$path"
    elif [ -d "$path" ]; then
      # What overlayfs does not take can only be read.
      lay "$path" "$here/layers/%2F\${path#/}" "$here/root$path" 2>/dev/null || {
        mount --rbind "$path" "$here/root$path"
        mount -o remount,bind,ro "$here/root$path"
      }
    fi
  done
  end_root
}
inside() { # NAME PATH: $place is where that lies. Symbolic links of a root lead nowhere but into it
  top=$ROOTS/$1/root walked= left=$2/ hops=0
  while [ -n "$left" ]; do
    step=\${left%%/*} left=\${left#*/}
    if [ "$step" = .. ]; then
      walked=\${walked%/*}
    elif [ -L "$top$walked/$step" ] && [ $hops -lt 40 ]; then
      hops=$((hops + 1)) link=$(readlink "$top$walked/$step")
      case $link in /*) walked= ;; esac
      left=$link/$left
    elif [ "\${step:-.}" != . ]; then
      walked=$walked/$step
    fi
  done
  place=$top$walked
  mkdir -p "$(dirname "$place")"
}
target_in_root() { # NAME SOURCE PATH: makes what SOURCE is mounted over
  inside "$1" "$3"
  if [ -d "$2" ]; then mkdir -p "$place"; elif [ ! -e "$place" ]; then : >"$place"; fi
}
write_in_root() { # FUNCTION NAME PATH MODE
  inside "$2" "$3"
  rm -f "$place"
  "$1" >"$place"
  chmod "$4" "$place"
}
in_root() { # NAME USER DIRECTORY PATH COMMAND…
  root=$ROOTS/$1/root netns=$1 user=$2 directory=$3 path=$4
  shift 4
  if [ "$directory" != / ]; then set -- sh -c 'cd "$0" && exec "$@"' "$directory" "$@"; fi
  set -- env "PATH=\${path:-$PATH}" "$(command -v chroot)" \${user:+"--userspec=$user"} "$root" "$@"
  ip netns exec "$netns" sh -c 'mount --rbind /sys "$0/sys" && exec "$@"' "$root" "$@"
}`

/** What takes the roots away again, for each \`$netns\`. */
export const ROOT_DOWN =
  'if [ -d "/run/netlab-roots/$netns" ]; then umount -l "/run/netlab-roots/$netns"; rmdir "/run/netlab-roots/$netns"; fi'

export interface ShellRoots {
  /** Definitions that the calls need; '' where no node has a root of its own. */
  readonly functions: string
  readonly has: (netns: string) => boolean
  /** The command for an operation of a node that has one, where it is another than elsewhere. `content` is the function that prints a file. */
  readonly call: (operation: Operation, content?: string) => string | undefined
}

export function shellRoots({ lab, operations }: Plan): ShellRoots {
  const rooted = new Set(
    operations.flatMap((operation) => (operation.type === 'add netns' && operation.root !== undefined ? [operation.netns] : [])),
  )
  return {
    functions: rooted.size === 0 ? '' : FUNCTIONS,
    has: (netns) => rooted.has(netns),
    call: (operation, content) =>
      rooted.has(operation.netns) ? callOf(operation, quote(netnsName(lab, operation.netns)), content) : undefined,
  }
}

function callOf(operation: Operation, name: string, content: string | undefined): string | undefined {
  switch (operation.type) {
    case 'add netns':
      return operation.root && rootCall(operation.root, name)
    case 'add mount':
      return mountCall(operation, name)
    case 'write file':
      return writeCall(operation, name, content)
    case 'run setup':
      return `in_root ${name} '' / '' ${quoteAll(operation.argv)}`
    case 'start service': {
      const { definition } = operation.service
      if (definition === undefined || definition.beside) return undefined
      const { user = '', cwd, argv } = definition
      const { PATH = '', ...env } = definition.env
      const exports = Object.entries(env).map(([key, value]) => `export ${key}=${quote(value)}; `)
      return `(${exports.join('')}in_root ${name} ${quoteAll([user, cwd, PATH, ...argv])}) </dev/null >/dev/null 2>&1 &`
    }
    default:
      return undefined
  }
}

function rootCall({ kind, tree, save }: RootState, name: string): string {
  const words = [...(kind === 'machine' ? [] : [tree]), ...(save === undefined ? [] : [save])]
  return [kind === 'machine' ? 'root_of_machine' : 'root_of_tree', name, ...words.map(quote)].join(' ')
}

function mountCall({ mount, path }: AddMount, name: string): string {
  const source = mount.kind === 'bind' ? mount.source : '/'
  return `target_in_root ${name} ${quote(source)} ${quote(path)} && ${mountCommand(mount)} "$place"`
}

function writeCall({ path, file }: WriteFile, name: string, content = ''): string {
  return `write_in_root ${content} ${name} ${quote(path)} ${file.mode.toString(8).padStart(4, '0')}`
}
