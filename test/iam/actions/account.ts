/**
 * What is about the account as a whole: API_GetAccountAuthorizationDetails.html (paged over everything, filtered by
 * kind), API_GenerateCredentialReport.html and API_GetCredentialReport.html (made again only when the last one is four
 * hours old), API_GetAccountSummary.html, API_CreateAccountAlias.html under
 * https://docs.aws.amazon.com/IAM/latest/APIReference/.
 */
import { groupsOf } from '../authorize.ts';
import { AWS_MANAGED } from '../aws-managed-policies.ts';
import { type Actions, type Call, must } from '../call.ts';
import { credentialReport } from '../credential-report.ts';
import { paged } from '../paging.ts';
import { arnOf } from '../principal.ts';
import { anything } from '../resources.ts';
import { key, type PolicyHolder, type Role, type User } from '../state.ts';
import type { Answer } from '../xml.ts';
import { policyAnswer, usage, versionAnswer } from './managed-policies.ts';
import { attachedAnswer, encodedDocument } from './policies-on.ts';
import { roleSummary } from './roles.ts';
import { boundaryAnswer, tagList, userSummary } from './users.ts';

const KINDS = ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'] as const;
type Kind = (typeof KINDS)[number];

interface Entry {
  readonly kind: Kind;
  readonly at: string;
  readonly answer: () => Answer;
}

function inline(holder: PolicyHolder): Answer {
  return [...holder.inline].map(([PolicyName, document]) => ({
    PolicyName,
    PolicyDocument: encodedDocument(document),
  }));
}

function attached(call: Call, holder: PolicyHolder): Answer {
  return attachedAnswer(call.seen, holder).map(({ PolicyName, PolicyArn }) => ({ PolicyName, PolicyArn }));
}

function userDetail(call: Call, user: User): Answer {
  return {
    ...userSummary(call, user),
    PasswordLastUsed: undefined,
    UserPolicyList: inline(user),
    GroupList: groupsOf(call.seen, user).map((group) => group.name),
    AttachedManagedPolicies: attached(call, user),
    PermissionsBoundary: boundaryAnswer(user.boundary),
    Tags: tagList(user.tags),
  };
}

function groupDetail(call: Call, group: PolicyHolder): Answer {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: arnOf(call.account.id, group),
    CreateDate: new Date(group.created),
    GroupPolicyList: inline(group),
    AttachedManagedPolicies: attached(call, group),
  };
}

function roleDetail(call: Call, role: Role): Answer {
  return {
    ...roleSummary(call, role),
    Description: undefined,
    MaxSessionDuration: undefined,
    InstanceProfileList: [],
    RolePolicyList: inline(role),
    AttachedManagedPolicies: attached(call, role),
    PermissionsBoundary: boundaryAnswer(role.boundary),
    Tags: tagList(role.tags),
  };
}

function entries(call: Call, wanted: ReadonlySet<string>): Entry[] {
  const { users, groups, roles, policies } = call.seen;
  const used = usage(call.seen);
  const all: Entry[] = [
    ...[...groups.values()].map((one): Entry => ({
      kind: 'Group',
      at: key(one.name),
      answer: () => groupDetail(call, one),
    })),
    ...[...roles.values()].map((one): Entry => ({
      kind: 'Role',
      at: key(one.name),
      answer: () => roleDetail(call, one),
    })),
    ...[...users.values()].map((one): Entry => ({
      kind: 'User',
      at: key(one.name),
      answer: () => userDetail(call, one),
    })),
    ...[...policies.values(), ...AWS_MANAGED.values()].map((one): Entry => ({
      kind: one.byAws ? 'AWSManagedPolicy' : 'LocalManagedPolicy',
      at: one.arn,
      answer: () => ({
        ...policyAnswer(one, used),
        PolicyVersionList: one.versions.map((version) => versionAnswer(one, version, true)),
      }),
    })),
  ];
  return wanted.size === 0 ? all : all.filter((one) => wanted.has(one.kind));
}

function authorizationDetails(call: Call): Answer {
  const filter = call.parameters.list('Filter') ?? [];
  const bad = filter.find((one) => !KINDS.some((kind) => kind === one));
  must(
    bad === undefined,
    'ValidationError',
    `Value '${bad}' at 'filter' failed to satisfy enum value set: [${KINDS.join(', ')}]`,
  );
  const { page, rest } = paged(call, entries(call, new Set(filter)), (one) => `${one.kind} ${one.at}`);
  const of = (...kinds: Kind[]): Answer => page.filter((one) => kinds.includes(one.kind)).map((one) => one.answer());
  return {
    UserDetailList: of('User'),
    GroupDetailList: of('Group'),
    RoleDetailList: of('Role'),
    Policies: of('LocalManagedPolicy', 'AWSManagedPolicy'),
    ...rest,
  };
}

const FOUR_HOURS = 4 * 3_600_000;

function generateReport(call: Call): Answer {
  const { account, now } = call;
  const report = account.report;
  if (report === undefined || now - report.started >= FOUR_HOURS) {
    account.report = { started: now, ready: now + account.reportTakes, csv: credentialReport(account, call.seen) };
    return { State: 'STARTED', Description: 'No report exists. Starting a new report generation task' };
  }
  return { State: report.ready <= now ? 'COMPLETE' : 'INPROGRESS' };
}

function getReport(call: Call): Answer {
  const report = call.account.report;
  must(report !== undefined, 'ReportNotPresent', 'No report exists. Generate one first.');
  must(report.ready <= call.now, 'ReportInProgress', 'The report is being generated.');
  must(call.now - report.started < FOUR_HOURS, 'ReportExpired', 'The most recent credential report has expired.');
  const content = Buffer.from(report.csv).toString('base64');
  return { Content: content, ReportFormat: 'text/csv', GeneratedTime: new Date(report.started) };
}

function summary(call: Call): Answer {
  const { users, groups, roles, policies, mfa } = call.seen;
  const devices = [...mfa.values()];
  const map = new Map([
    ['Users', users.size],
    ['UsersQuota', call.account.quotas.users],
    ['Groups', groups.size],
    ['GroupsQuota', call.account.quotas.groups],
    ['Roles', roles.size],
    ['RolesQuota', call.account.quotas.roles],
    ['Policies', policies.size],
    ['PoliciesQuota', call.account.quotas.policies],
    ['MFADevices', devices.length],
    ['MFADevicesInUse', devices.filter((one) => one.owner !== undefined).length],
    ['AccountMFAEnabled', 0],
    ['AccountAccessKeysPresent', 1],
    ['AccessKeysPerUserQuota', 2],
    ['GroupsPerUserQuota', call.account.quotas.groupsOfUser],
    ['AttachedPoliciesPerUserQuota', call.account.quotas.attachedPolicies],
    ['SigningCertificatesPerUserQuota', 2],
  ]);
  return { SummaryMap: map };
}

const ALIAS = { min: 3, max: 63, pattern: /^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/ };

export const account: Actions = {
  GetAccountAuthorizationDetails: { needs: anything, run: authorizationDetails },
  GenerateCredentialReport: { needs: anything, run: generateReport },
  GetCredentialReport: { needs: anything, run: getReport },
  GetAccountSummary: { needs: anything, run: summary },
  ListAccountAliases: {
    needs: anything,
    run(call) {
      const { page, rest } = paged(call, call.seen.aliases, (one) => one);
      return { AccountAliases: page, ...rest };
    },
  },
  CreateAccountAlias: {
    needs: anything,
    run(call) {
      const alias = call.parameters.text('AccountAlias', ALIAS);
      // One alias an account: a new one takes the place of the old.
      call.change((state) => {
        state.aliases.clear();
        state.aliases.add(alias);
      });
      return undefined;
    },
  },
  DeleteAccountAlias: {
    needs: anything,
    run(call) {
      const alias = call.parameters.text('AccountAlias', ALIAS);
      must(call.latest.aliases.has(alias), 'NoSuchEntity', `The Account Alias ${alias} cannot be found.`);
      call.change((state) => state.aliases.delete(alias));
      return undefined;
    },
  },
};
