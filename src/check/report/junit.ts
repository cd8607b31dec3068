/** JUnit XML, as Jenkins' junit-10.xsd and the stricter windyroad XSD of Ant's format accept it. */
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { create } from 'xmlbuilder2'
import type { FileResult, TestResult } from '../result.ts'
import { failureText } from './failure.ts'

export function formatJunit(results: readonly FileResult[], now = new Date()): string {
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites')
  results.forEach((result, id) => {
    const { tests, file, elapsedMs, diagnostics } = result
    const suite = root.ele('testsuite', {
      name: basename(file),
      package: 'netlab',
      id,
      timestamp: now.toISOString().slice(0, 19),
      hostname: hostname(),
      tests: tests.length + (diagnostics.length > 0 ? 1 : 0),
      failures: tests.filter(({ status }) => status === 'failed').length,
      errors: tests.filter(({ status }) => status === 'error').length + (diagnostics.length > 0 ? 1 : 0),
      skipped: tests.filter(({ status }) => status === 'skipped').length,
      time: secondsOf(elapsedMs),
    })
    suite.ele('properties')
    for (const test of tests) {
      const item = suite.ele('testcase', { name: printable(test.name), classname: classOf(file), time: secondsOf(test.elapsedMs) })
      if (test.status === 'skipped') item.ele('skipped')
      else if (test.status !== 'passed') addFailure(item, test, result)
    }
    if (diagnostics.length > 0) {
      const text = diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join('\n')
      const item = suite.ele('testcase', { name: 'the lab comes up', classname: classOf(file), time: secondsOf(elapsedMs) })
      item.ele('error', { type: diagnostics[0]!.code, message: printable(diagnostics[0]!.detail) }).txt(printable(text))
    }
    suite.ele('system-out')
    suite.ele('system-err')
  })
  return `${root.end({ prettyPrint: true })}\n`
}

function addFailure(item: ReturnType<ReturnType<typeof create>['ele']>, test: TestResult, result: FileResult): void {
  const text = failureText(test, result)
  const element = test.status === 'error' ? 'error' : 'failure'
  item.ele(element, { type: test.status, message: printable(text.split('\n')[0] ?? '') }).txt(printable(text))
}

function classOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, '')
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3)
}

/** XML 1.0 has no way to write most control characters, nor half a surrogate pair: output of commands may have them. */
function printable(text: string): string {
  return Buffer.from(text)
    .toString()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
}
