/**
 * Every code a diagnostic may carry, with its summary. A code is stable: scripts and search engines know it.
 * A summary is short, holds no name of the user's, and is the same whenever the same thing is wrong.
 */
export const CODES = {
  // The file
  FILE_UNREADABLE: 'A file cannot be read',
  FILE_TOO_LARGE: 'A file is too large',
  FILE_EMPTY: 'A file is empty',
  FILE_NOT_UTF8: 'A file is not UTF-8',
  YAML_SYNTAX: 'This is not valid YAML',

  // Names
  UNKNOWN_KEY: 'A key is not known here',
  WRONG_TYPE: 'A value is of the wrong type',
  INVALID_VALUE: 'A value is not accepted here',

  // The lab
  LAB_BUSY: 'Another netlab command is working on this lab',
  LAB_UNKNOWN: 'No lab of that name is running',
  LAB_DEAD: 'The lab has lost its holder process',
  LAB_AMBIGUOUS: 'It is not clear which lab is meant',
  NODE_UNKNOWN: 'The lab has no node of that name',
  STATE_NOT_OURS: 'The directory for running labs belongs to somebody else',

  // The kernel and the system
  KERNEL_REFUSED: 'The kernel refused an operation',
  ENGINE_FAILED: 'The engine process could not do its work',
  USER_NAMESPACE_REFUSED: 'This user cannot make user namespaces',
  RULE_REFUSED: 'A packet filter rule is not accepted',
  TOOL_MISSING: 'A program that the file needs is not installed',
  TOOL_FAILED: 'A program that the file needs has failed',
  SETUP_FAILED: 'A setup command has failed',
  DUPLICATE_ADDRESS_SEEN: 'Duplicate address detection found another owner',
  STILL_TENTATIVE: 'Duplicate address detection did not come to an end',
  NOT_AS_DESIRED: 'The network differs from the plan after it was applied',
} as const

export type Code = keyof typeof CODES
