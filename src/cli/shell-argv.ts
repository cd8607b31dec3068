/** Command lines that start an interactive shell with the node's name before the user's own prompt, after the user's start-up files. */
import { basename } from 'node:path'

/** `program` is a path or a name; a shell that is not known here starts as it is. */
export function shellArgv(program: string, node: string): readonly string[] {
  const prefix = `(${node}) `
  switch (basename(program)) {
    case 'bash':
      return ['bash', '-c', BASH, 'bash', program, prefix]
    case 'zsh':
      return ['sh', '-c', ZSH, 'sh', program, prefix]
    case 'fish':
      return [program, '--interactive', '--init-command', fishInit(prefix)]
    case 'sh':
    case 'dash':
    case 'ash':
    case 'ksh':
    case 'mksh':
      // They take the prompt from the environment and expand the variable in it at each prompt.
      return ['env', `PS1=${prefix}$PWD ${process.getuid?.() === 0 ? '#' : '$'} `, program, '-i']
    default:
      return [program]
  }
}

// A bash that replaces itself by an interactive one whose --rcfile comes out of a pipe: so there is no file to remove afterwards.
// --rcfile is read instead of the start-up files that Debian's and the user's bash would read, so it reads them first.
const BASH = `exec "$1" --rcfile <(printf '%s\\n' \\
  'for file in /etc/bash.bashrc ~/.bashrc; do [ -r "$file" ] && . "$file"; done; unset file' \\
  "PS1='$2'\\"\\$PS1\\"") -i`

// zsh has no --rcfile; it reads \$ZDOTDIR/.zshrc. The folder lies in the node's own /tmp and is removed before the first prompt.
const ZSH = `dir=$(mktemp -d) && cat > "$dir/.zshrc" <<EOF
rm -rf "$dir"
ZDOTDIR="\${ZDOTDIR:-$HOME}"
for file in "\\$ZDOTDIR/.zshenv" "\\$ZDOTDIR/.zshrc"; do [[ -r "\\$file" ]] && . "\\$file"; done; unset file
PROMPT='$2'"\\$PROMPT"
EOF
ZDOTDIR="$dir" exec "$1" -i`

function fishInit(prefix: string): string {
  return `functions --copy fish_prompt netlab_user_prompt; function fish_prompt; echo -n '${prefix}'; netlab_user_prompt; end`
}
