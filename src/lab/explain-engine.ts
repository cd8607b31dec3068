// An engine or a holder that could not start: nearly always a machine that forbids user namespaces.
import { existsSync, readFileSync } from 'node:fs'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { ENGINE_ENDED, EngineError } from '../linux/engine.ts'
import { HOLDER_ENDED } from '../linux/holder.ts'
import { MORE_FILES, NO_MORE_FILES } from './open-files.ts'

/** A sysctl that forbids user namespaces, its forbidding value, and what allows them. */
const SWITCHES = [
  { path: '/proc/sys/kernel/unprivileged_userns_clone', forbids: '0', line: 'sudo sysctl kernel.unprivileged_userns_clone=1' },
  {
    path: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    forbids: '1',
    line: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
  },
  { path: '/proc/sys/user/max_user_namespaces', forbids: '0', line: 'sudo sysctl user.max_user_namespaces=15000' },
]

/** Turns an engine's last words into a refusal that says what to do. */
export function explainEngine(error: unknown): DiagnosticError {
  const words = error instanceof Error ? error.message : String(error)
  return new DiagnosticError('refusal', [
    /CLONE_NEWUSER|uid_map|gid_map|setgroups/.test(words) ? noUserNamespace(words) : engineFailed(words),
  ])
}

/** What to throw for an error met while the engine worked: its death, or the holder's, is nobody's bug. Others are given back as they are. */
export function explainEngineDeath(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error
  if (error.code === HOLDER_ENDED)
    return new DiagnosticError('refusal', [
      {
        code: 'LAB_DEAD',
        severity: 'error',
        detail: 'The process that holds the lab was killed while netlab worked, and the kernel has freed its network.',
        hint: 'Run the same command again: it makes the lab anew.',
      },
    ])
  if (error.code === 'EMFILE')
    return new DiagnosticError('refusal', [
      {
        code: 'ENGINE_FAILED',
        severity: 'error',
        detail: NO_MORE_FILES,
        hint: MORE_FILES,
        facts: [['engine', error.message]],
      },
    ])
  if (error.code !== ENGINE_ENDED) return error
  return new DiagnosticError('refusal', [
    {
      code: 'ENGINE_FAILED',
      severity: 'error',
      detail: 'The engine process ended before its work was done: it was killed, or it failed.',
      hint: 'Run the same command again: it looks at what there is, and does the rest.',
      facts: [['engine', error.message]],
    },
  ])
}

function noUserNamespace(words: string): Diagnostic {
  const found = SWITCHES.find(({ path, forbids }) => existsSync(path) && readFileSync(path, 'utf8').trim() === forbids)
  return {
    code: 'USER_NAMESPACE_REFUSED',
    severity: 'error',
    detail: 'Without root, netlab needs a user namespace, and this machine does not give you one.',
    facts: [['nsexec', words]],
    ...(found === undefined
      ? { hint: 'Inside a container, the container must be allowed to make them; or run netlab as root.' }
      : { command: { sentence: 'The administrator can allow them with:', line: found.line } }),
  }
}

function engineFailed(words: string): Diagnostic {
  const isMaskedProc = /mount proc: EPERM/.test(words)
  return {
    code: 'ENGINE_FAILED',
    severity: 'error',
    detail: 'The lab could not be started.',
    facts: [['nsexec', words]],
    ...(isMaskedProc && {
      hint: 'Parts of /proc are masked here, as containers do: start the container with unmasked paths, or with --privileged.',
    }),
  }
}
