#!/bin/sh
# Prints what the package is made of, as CycloneDX: from package.json and package-lock.json of this folder.
# `npm sbom --omit dev` would leave out what a package of the development needs too, so that those go first.
set -eu
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
# npm takes the name of the folder for that of the package.
mkdir "$temporary/boxbridge"
cp package.json package-lock.json "$temporary/boxbridge"
cd "$temporary/boxbridge"
npm pkg delete devDependencies
npm prune --package-lock-only --ignore-scripts --no-audit --no-fund --silent >&2
npm sbom --package-lock-only --sbom-format cyclonedx --sbom-type application
