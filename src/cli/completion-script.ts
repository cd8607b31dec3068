/** The scripts hand the words of the line to `netlab completion --complete` and show what it prints: the knowledge is all in complete.ts. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell]
}

// bash breaks words at : and = too, and puts candidates in for the part behind the break alone; so the line is split at blanks here,
// and what stands before the break is cut off each candidate.
const BASH = `# bash completion of netlab
_netlab() {
  local line=\${COMP_LINE:0:COMP_POINT} words word candidate
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=\${words[-1]}
  local broken=\${word%"\${COMP_WORDS[COMP_CWORD]}"}
  [[ -z \${COMP_WORDS[COMP_CWORD]} || $word == "$broken" ]] && broken=$word
  [[ \${COMP_WORDS[COMP_CWORD]} == [:=] ]] && broken=$word
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    COMPREPLY+=("\${candidate#"$broken"}")
  done < <("\${words[0]}" completion --complete -- "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _netlab netlab nslab
`

const ZSH = `#compdef netlab nslab
_netlab() {
  local -a lines values shown
  local line
  lines=("\${(@f)$("\${words[1]}" completion --complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  (( \${#values} )) || return 1
  local -a ends
  [[ \${#values} -eq 1 && \${values[1]} == */ ]] && ends=(-S '')
  compadd -l $ends -d shown -a values
}
compdef _netlab netlab nslab
`

const FISH = `# fish completion of netlab
function __netlab_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    $words[1] completion --complete -- $words[2..-1] 2>/dev/null
end
complete --command netlab --no-files --arguments '(__netlab_complete)'
complete --command nslab --no-files --arguments '(__netlab_complete)'
`
