#!/usr/bin/env node
import module from 'node:module';
import { EXIT_GOOD, startUnoptimized, tolerateClosedOutput } from './cli/process.js';
import { run } from './cli/program.js';

// Node.js 22 and later can keep compiled code from start to start.
if ('enableCompileCache' in module && typeof module.enableCompileCache === 'function') module.enableCompileCache();

startUnoptimized();
tolerateClosedOutput();
const { stdin, stdout, stderr, env } = process;
const exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, variables: env, pathOf: (file) => file });
// What happened meanwhile may have failed already.
if (exitCode !== EXIT_GOOD) process.exitCode = exitCode;
