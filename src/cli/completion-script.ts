/** The scripts hand the words of the line to `netlab completion --complete` and show what it prints: the knowledge is all in complete.ts. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell]
}

// bash breaks words at : and = too, and puts candidates in for the part behind the break alone; so the line is split at blanks here,
// and what stands before the break is cut off each candidate. What an open quote does not protect, a backslash must.
const BASH = `# bash completion of netlab
_netlab() {
  local line=\${COMP_LINE:0:COMP_POINT} words word candidate quote=
  read -a words <<<"$line"
  [[ $line == *[^\\\\][[:space:]] ]] && words+=('')
  word=\${words[-1]}
  [[ $word == [\\'\\"]* ]] && quote=\${word:0:1} word=\${word:1}
  words[-1]=$word
  local broken=
  if [[ $word == *[:=]* ]]; then
    broken=\${word%"\${COMP_WORDS[COMP_CWORD]}"}
    [[ -z \${COMP_WORDS[COMP_CWORD]} || $word == "$broken" ]] && broken=$word
    [[ \${COMP_WORDS[COMP_CWORD]} == [:=] ]] && broken=$word
  fi
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    candidate=\${candidate#"$broken"}
    [[ -z $quote && $candidate == *[[:space:]\\'\\"\\$\\&\\;\\(\\)\\|\\<\\>]* ]] && printf -v candidate %q "$candidate"
    COMPREPLY+=("$candidate")
  done < <("\${words[0]}" completion --complete -- "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _netlab netlab nslab
`

// zsh keeps an open quote out of PREFIX. It would quote the "~" of a candidate, unless that stands before what is completed.
const ZSH = `#compdef netlab nslab
_netlab() {
  local -a lines values shown ends
  local line
  lines=("\${(@f)$("\${words[1]}" completion --complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  [[ $PREFIX == \\~/* ]] && compset -P '[~]/'
  for line in $lines; do
    [[ $IPREFIX == \\~/ ]] && line=\${line#\\~/}
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  (( \${#values} )) || return 1
  [[ \${#values} -eq 1 && \${values[1]} == */ ]] && ends=(-S '')
  compadd -l "\${(@)ends}" -d shown -a values
}
compdef _netlab netlab nslab
`

// fish gives the word at the cursor as it was typed, with its quotes: one that is still open must be closed before it can be read.
const FISH = `# fish completion of netlab
function __netlab_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l word (string unescape -- $typed; or string unescape -- "$typed'"; or string unescape -- "$typed\\""; or echo $typed)
    $words[1] completion --complete -- $words[2..-1] "$word" 2>/dev/null
end
complete --command netlab --no-files --arguments '(__netlab_complete)'
complete --command nslab --no-files --arguments '(__netlab_complete)'
`
