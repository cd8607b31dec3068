// Few rules, all errors, each with its reason. What prettier and tsc see is not repeated here.
import tseslint from 'typescript-eslint'

export default tseslint.config(
  // Written by a program or kept byte for byte: nobody edits these by hand.
  { ignores: ['dist/', 'native/', 'coverage/', 'test/golden/**/*.json', 'test/fixtures/', 'src/**/generated/', '**/*.cjs'] },
  // A disable comment that no longer disables anything hides the next fault on its line.
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.js'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      // A promise nobody waits for loses its error, and with it the undo of a half-made network.
      '@typescript-eslint/no-floating-promises': 'error',
      // `if (promise)` is always true; `array.forEach(async …)` returns before its work is done.
      '@typescript-eslint/no-misused-promises': 'error',
      // In a try block `return promise` leaves before the promise fails: the catch and finally beside it never see it.
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      // A new kind of operation, link or route must be met by every switch over it, at compile time.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `any` switches the compiler off for everything it touches. `unknown` and a check say what is known.
      '@typescript-eslint/no-explicit-any': 'error',
      // Type imports vanish at build time: they neither load a module nor make a cycle at run time.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      // Only an Error carries a stack and a cause.
      '@typescript-eslint/only-throw-error': 'error',
      // Text made of an object reads "[object Object]" in the user's terminal.
      '@typescript-eslint/no-base-to-string': 'error',
      // `==` finds 0 equal to '': an ifindex, a metric and an empty name would be the same.
      eqeqeq: 'error',
      // What never changes after it was made is read once.
      'prefer-const': 'error',
      // A function with more paths than this cannot be held in the head, nor tested one path at a time. A switch counts once:
      // one over all operations is a table, whose rows the compiler counts.
      complexity: ['error', { max: 15, variant: 'modified' }],
      // A longer file has more than one subject. 60 to 150 lines are normal.
      'max-lines': ['error', 400],
      // A default export has another name in every file that imports it, and cannot be searched for.
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export it by name: a default export cannot be searched for.' },
      ],
      // stdout is data and belongs to src/cli; anything else printed breaks a reader of --json.
      'no-console': 'error',
    },
  },
  {
    // A test of wrong input needs values that the types forbid; the tools' own configuration wants a default export.
    files: ['.config/**', 'test/bench/**', 'test/support/**'],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
)
