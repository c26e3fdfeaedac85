/** All that lies below a folder, so that nothing having happened can be seen: folders and modes too, files byte for byte. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function tree(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    paths.map((path) => {
      const found = lstatSync(join(folder, path));
      const mode = found.mode.toString(8);
      return [path, found.isFile() ? `${mode} ${readFileSync(join(folder, path), 'latin1')}` : mode];
    }),
  );
}
