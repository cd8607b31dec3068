/** Exit codes: a contract with scripts. Interrupted by signal n: 128 + n. `exec` gives the command's own. */
export const EXIT_DONE = 0
/** A test failed. */
export const EXIT_TEST_FAILED = 1
/** Wrong usage or a bad file. */
export const EXIT_USAGE = 2
/** The kernel or a tool refused. */
export const EXIT_REFUSED = 3
/** A bug in netlab. */
export const EXIT_BUG = 4
