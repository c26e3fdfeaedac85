/**
 * What a plan or a drift has to say in the form of findings, so that what writes findings for GitHub and for code
 * scanning writes these as well. `notice`: somebody should read it, and nothing is wrong.
 */
import type { Finding } from '../core/failure.ts';

export type Remark = Omit<Finding, 'severity'> & {
  readonly severity: Finding['severity'] | 'notice';
  /** What heads it in words, where the rule's name says too little. */
  readonly title?: string;
};

/** Where something stands that no line of the policy says. */
export const POLICY = { file: 'access-policy.yaml' } as const;
