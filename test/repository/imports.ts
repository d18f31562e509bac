/** A source file; paths are relative to `src`. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Own files by their paths, packages by their names. */
  readonly imports: readonly { readonly target: string; readonly isType: boolean }[];
}

/** What a folder may import: whole folders and single files, some for their types alone. */
export interface FolderRule {
  readonly folder: string;
  readonly allowed: readonly { readonly name: string; readonly typesOnly: boolean }[];
}

/** The rows of the table of imports in a Markdown page, from the lowest layer to the highest. */
export function allowedImports(page: string): FolderRule[] {
  const table = /<!-- imports:.*?-->(.*?)<!-- end of the imports -->/s.exec(page)?.[1] ?? '';
  const [, , ...rows] = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((row) => {
    const [, folder = '', , names = ''] = row.split('|').map((cell) => cell.trim());
    const allowed = names === 'nothing' ? [] : names.split(', ');
    return {
      folder,
      allowed: allowed.map((name) => ({ name: name.replace(/[()]/g, ''), typesOnly: name.startsWith('(') })),
    };
  });
}

/** Each import that the rules forbid, each folder without a row, and each row that names a layer above its own. */
export function wrongImports(sources: readonly SourceFile[], rules: readonly FolderRule[]): string[] {
  const layers = rules.map(({ folder }) => folder);
  const upward = rules.flatMap(({ folder, allowed }, layer) =>
    allowed
      .filter(({ name }) => layers.indexOf(folderOf(name)) >= layer)
      .map(({ name }) => `the row of ${folder} names ${name}, which is not above it`),
  );
  const wrong = sources.flatMap(({ path, imports }) => {
    const rule = rules.find(({ folder }) => folder === folderOf(path));
    if (!rule) return [`${path} has no row`];
    return imports
      .filter(({ target }) => target.endsWith('.ts') && folderOf(target) !== rule.folder)
      .filter(
        ({ target, isType }) =>
          !rule.allowed.some(
            ({ name, typesOnly }) => (name === folderOf(target) || `${name}.ts` === target) && (isType || !typesOnly),
          ),
      )
      .map(({ target }) => `${path} → ${target}`);
  });
  return [...upward, ...wrong];
}

/** Each cycle of imports, once, from the file in it whose path comes first. */
export function cyclesIn(sources: readonly SourceFile[]): string[] {
  const targets = new Map(sources.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const cycles = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      const cycle = way.slice(start);
      const first = cycle.indexOf([...cycle].sort()[0] ?? path);
      const rotated = [...cycle.slice(first), ...cycle.slice(0, first)];
      cycles.add([...rotated, rotated[0]].join(' → '));
    } else if (!done.has(path)) {
      for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
      done.add(path);
    }
  };
  for (const { path } of sources) visit(path, []);
  return [...cycles];
}

const folderOf = (path: string) => path.split('/')[0] ?? '';
