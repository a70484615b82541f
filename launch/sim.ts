// Reached as sim/main.ts. This file must load on every Node, without types and without import statements: an older one
// would otherwise die with a loader error instead of saying what it needs.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `bellwether needs Node 24 or newer, this is ${process.version}. The project brings its own: npx --no-install node ${process.argv[1]} ...\n`,
  );
  process.exitCode = 1;
} else {
  void import('../sim/cli.ts').then((cli) => cli.main(process.argv.slice(2)));
}
