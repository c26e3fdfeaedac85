/** `approve` and, when no signature is missing, `deliver`. */
import { EXIT } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import type { World } from '../world.ts';
import { approve } from './approve.ts';
import type { ApproveOptions, ApproveReport } from './approve.ts';
import { deliver } from './deliver.ts';
import type { DeliverOptions, DeliverReport } from './deliver.ts';

export interface ApplyReport {
  readonly approved: ApproveReport;
  /** Absent while signatures are missing. */
  readonly delivered?: DeliverReport;
  readonly status: ExitStatus;
}

export async function apply(world: World, options: ApproveOptions & DeliverOptions): Promise<ApplyReport> {
  const approved = await approve(world, options);
  if (approved.status === EXIT.waits || (options.dryRun && approved.state !== 'nothing')) return { approved, status: approved.status };
  const delivered = await deliver(world, options);
  return { approved, delivered, status: delivered.status };
}
