/** The rows of every Markdown table whose header begins with this cell, as their cells. */
export function tableRows(page: string, firstHeader: string): string[][] {
  const tables = page.match(/^\|.*(?:\n\|.*)*/gm) ?? [];
  return tables.flatMap((table) => {
    const [head = '', , ...rows] = table.split('\n');
    return cellsOf(head)[0] === firstHeader ? rows.map(cellsOf) : [];
  });
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}
