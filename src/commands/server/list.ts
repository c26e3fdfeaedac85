/** `keyward server list`: the servers of the policy and of the newest release. Reaches nothing. */
import { serverListText } from '../../terminal/server-list-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { ServerListReport } from '../../verbs/lists.ts';
import { BaseCommand, type Work } from '../base.ts';

export default class ServerList extends BaseCommand<typeof ServerList, ServerListReport> {
  static override summary = 'List the servers, the release each has, and how many people reach it.';
  static override description =
    'Read from the policy, the newest signed release and the stored receipts. `keyward access --on` says who reaches one.';
  static override examples = [
    '<%= config.bin %> server list',
    "<%= config.bin %> server list --json | jq -r '.servers[].hostKeys[]'",
  ];

  protected async work(): Promise<Work<ServerListReport>> {
    const { serverList } = await import('../../verbs/lists.ts');
    return { value: await serverList(await this.world()) };
  }

  protected text(value: ServerListReport, style: Style): string {
    return serverListText(value, style);
  }
}
