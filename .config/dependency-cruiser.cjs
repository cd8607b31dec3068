// Who may import whom: cli, tui → lab, check, export → plan, topology, linux → state → diagnostic, unit.
// The comment of a rule says what to do instead.

/** A rule that files under `from` may not import files under `to`. Both are regular expressions; `but` lists what is allowed all the same. */
function forbid(name, from, to, comment, but = {}) {
  const [fromBut, toBut] = [but.from, but.to]
  return {
    name,
    severity: 'error',
    comment,
    from: { path: from, ...(fromBut && { pathNot: fromBut }) },
    to: { path: to, ...(toBut && { pathNot: toBut }) },
  }
}

module.exports = {
  forbidden: [
    forbid(
      'diagnostic-stands-alone',
      '^src/diagnostic/',
      '^src/(?!diagnostic/)',
      'A diagnostic is plain data that every stage can make. Hand in what its text needs as strings.',
    ),
    forbid(
      'unit-stands-alone',
      '^src/unit/',
      '^src/(?!unit/|diagnostic/)',
      'A quantity knows no network. Convert in the stage that uses it.',
    ),
    forbid(
      'state-knows-no-stage',
      '^src/state/',
      '^src/(?!state/|diagnostic/|unit/)',
      'The model is shared by desired and observed. Put what needs a stage into that stage.',
    ),
    forbid(
      'topology-plans-nothing',
      '^src/topology/',
      '^src/(?!topology/|state/|diagnostic/|unit/)',
      'The file becomes desired state (src/state) and nothing more. What needs the kernel or a plan is put together in src/lab.',
    ),
    forbid(
      'plan-sees-no-kernel',
      '^src/plan/',
      '^src/(?!plan/|state/|diagnostic/|unit/)',
      'A plan speaks of links and routes. Put the encoding into src/linux, and what needs the file into src/topology.',
    ),
    forbid(
      'linux-decides-nothing',
      '^src/linux/',
      '^src/(?!linux/|state/|diagnostic/|unit/)',
      'The kernel side carries out operations and reports state. Of the plan it sees the operation type alone; choose and order in src/plan.',
      { to: '^src/plan/operation\\.ts$' },
    ),
    forbid(
      'import-reads-files',
      '^src/import/',
      '^src/(?!import/|topology/|diagnostic/|unit/)',
      'A file of another tool becomes the text of one of ours, and nothing else. What it means is settled when that is read.',
    ),
    forbid(
      'lab-knows-no-user',
      '^src/lab/',
      '^src/(cli|tui|check|export)/',
      'A use case returns data and emits events. Words, colours and reports belong to src/cli, probes to src/check.',
    ),
    forbid('check-and-export-know-no-user', '^src/(check|export)/', '^src/(cli|tui)/', 'Return data or text, and let src/cli print it.'),
    forbid('check-exports-nothing', '^src/check/', '^src/export/', 'A report is a format of its own: put it into src/check.'),
    forbid('export-checks-nothing', '^src/export/', '^src/check/', 'An export reads state. Hand the results in as data.'),
    forbid('tui-is-drawn-by-cli', '^src/tui/', '^src/cli/', 'A component sees events and state; actions are handed in by src/cli.'),
    forbid(
      'cli-goes-through-lab',
      '^src/cli/',
      '^src/linux/',
      'A command calls a use case in src/lab, and a library user can do the same.',
    ),
    forbid(
      'one-door',
      '^src/(?!index\\.ts$)',
      '^src/index\\.ts$',
      'index.ts is for users of the library. Import the module that has what you need.',
      { from: '^src/cli/' },
    ),
    forbid(
      'kernel-bindings-only-in-linux',
      '^src/(?!linux/)',
      '(^|/)node_modules/(koffi|@koromix|netlink)/',
      'System calls and netlink codecs stay in src/linux. Ask for what you need through a function there.',
    ),
    forbid(
      'processes-only-in-lab-and-linux',
      '^src/(?!linux/|lab/)',
      '^(node:)?child_process$',
      'Start processes through src/linux or a use case in src/lab: there they join namespaces and are reaped.',
    ),
    forbid(
      'screen-library-only-in-tui',
      '^src/(?!tui/)',
      '(^|/)node_modules/(ink|react)(/|$)',
      'ink and react cost start-up time that only `netlab tui` may pay. Put the component into src/tui and import it lazily.',
    ),
    forbid('source-knows-no-test', '^src/', '^test/', 'Move what both need into src.'),
    {
      name: 'published-code-on-published-packages',
      severity: 'error',
      comment: 'A devDependency is absent where netlab is installed. Move the package to dependencies, or do without it.',
      // vitest.ts is loaded by vitest alone, which the user has then.
      from: { path: '^src/', pathNot: '^src/vitest\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Two modules that need each other at run time are one, or have a third in common. Move the shared part down.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      // viewer.ts is what a browser runs: the build makes a text of it.
      comment: 'Nothing imports this module. Use it or delete it.',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '^test/', '^src/export/viewer/viewer\\.ts$'] },
      to: {},
    },
    {
      name: 'no-lost-import',
      severity: 'error',
      comment: 'This import leads nowhere. Check the path, or add the package to package.json.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/generated/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
