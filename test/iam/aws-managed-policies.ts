/**
 * Policies that AWS manages, under `arn:aws:iam::aws:policy/`
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html). AWSDenyAll, AdministratorAccess
 * and IAMUserChangePassword say what AWS's say; of ReadOnlyAccess, which has several thousand actions, only the part on
 * IAM and a few other services.
 */
import { createHash } from 'node:crypto';
import { idOf } from './ids.ts';
import type { ManagedPolicy } from './state.ts';

const ARN = 'arn:aws:iam::aws:policy/';
const MADE = Date.parse('2015-02-06T18:39:46Z');

function policy(name: string, path: string, statements: readonly object[]): ManagedPolicy {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  const arn = `${ARN}${path.slice(1)}${name}`;
  return {
    arn,
    id: idOf('ANPA', createHash('sha256').update(arn).digest()),
    name,
    path,
    byAws: true,
    description: undefined,
    created: MADE,
    updated: MADE,
    versions: [{ id: 'v1', document, created: MADE }],
    defaultVersion: 'v1',
    next: 2,
    tags: new Map(),
  };
}

const ALL = [
  policy('AdministratorAccess', '/', [{ Effect: 'Allow', Action: '*', Resource: '*' }]),
  policy('AWSDenyAll', '/', [{ Sid: 'DenyAll', Effect: 'Deny', Action: ['*'], Resource: '*' }]),
  policy('IAMFullAccess', '/', [{ Effect: 'Allow', Action: ['iam:*'], Resource: '*' }]),
  policy('IAMReadOnlyAccess', '/', [
    {
      Effect: 'Allow',
      Action: [
        'iam:GenerateCredentialReport',
        'iam:Get*',
        'iam:List*',
        'iam:SimulateCustomPolicy',
        'iam:SimulatePrincipalPolicy',
      ],
      Resource: '*',
    },
  ]),
  policy('IAMUserChangePassword', '/', [
    { Effect: 'Allow', Action: ['iam:ChangePassword'], Resource: ['arn:aws:iam::*:user/${aws:username}'] },
    { Effect: 'Allow', Action: ['iam:GetAccountPasswordPolicy'], Resource: '*' },
  ]),
  policy('PowerUserAccess', '/', [
    { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
    {
      Effect: 'Allow',
      Action: ['iam:ListRoles', 'organizations:DescribeOrganization', 'account:ListRegions'],
      Resource: '*',
    },
  ]),
  policy('ReadOnlyAccess', '/', [
    {
      Sid: 'ReadOnlyActions',
      Effect: 'Allow',
      Action: [
        'iam:Generate*',
        'iam:Get*',
        'iam:List*',
        'iam:Simulate*',
        'ec2:Describe*',
        's3:Get*',
        's3:List*',
        'sts:GetCallerIdentity',
      ],
      Resource: '*',
    },
  ]),
  policy('AmazonS3ReadOnlyAccess', '/', [
    { Effect: 'Allow', Action: ['s3:Get*', 's3:List*', 's3:Describe*'], Resource: '*' },
  ]),
  policy('AmazonEC2ReadOnlyAccess', '/', [{ Effect: 'Allow', Action: ['ec2:Describe*'], Resource: '*' }]),
  policy('AmazonRDSReadOnlyAccess', '/', [{ Effect: 'Allow', Action: ['rds:Describe*', 'rds:List*'], Resource: '*' }]),
  policy('AmazonSQSReadOnlyAccess', '/', [{ Effect: 'Allow', Action: ['sqs:Get*', 'sqs:List*'], Resource: '*' }]),
  policy('AmazonSNSReadOnlyAccess', '/', [{ Effect: 'Allow', Action: ['sns:Get*', 'sns:List*'], Resource: '*' }]),
  policy('CloudWatchReadOnlyAccess', '/', [
    { Effect: 'Allow', Action: ['cloudwatch:Get*', 'cloudwatch:List*'], Resource: '*' },
  ]),
  policy('AWSBillingReadOnlyAccess', '/', [
    { Effect: 'Allow', Action: ['billing:Get*', 'billing:List*'], Resource: '*' },
  ]),
  policy('SecurityAudit', '/', [
    { Effect: 'Allow', Action: ['iam:Get*', 'iam:List*', 'cloudtrail:Get*'], Resource: '*' },
  ]),
  policy('Billing', '/job-function/', [{ Effect: 'Allow', Action: ['billing:*', 'budgets:*', 'ce:*'], Resource: '*' }]),
];

/** By ARN in lower case. The same for every account, and nothing changes them. */
export const AWS_MANAGED: ReadonlyMap<string, ManagedPolicy> = new Map(ALL.map((one) => [one.arn.toLowerCase(), one]));
