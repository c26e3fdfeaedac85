/** Scene 4: two employees, a machine, and the rules that say what they reach. */
import type { Cast } from './cast.ts';
import { equal } from './checks.ts';

const RULES = (port: number): string => `rules:
  - name: platform runs the web tier
    to: { teams: [platform] }
    servers: { labels: { role: web } }
    sudo: [{ run-as: deploy, commands: ALL }]
    allow: [pty, forward-to: ["db-1:${port}"]]
  - name: carol looks after the database
    to: { employees: [carol] }
    servers: { names: [db-1] }
  - name: the shop deploys itself
    to: { machines: [shop-deploy] }
    servers: { names: [web-1] }
    command: /usr/local/bin/deploy-shop
    allow: []
`;

export async function onboard({ narrator, checks, alice, bob, carol, shop, db1 }: Cast): Promise<void> {
  narrator.chapter('Two employees and a machine');
  narrator.says('Each has made a key of their own and sent alice the public half.');
  for (const { name, publicKey } of [bob, carol, shop]) alice.device.write(`${name}.pub`, `${publicKey}\n`);
  const lines = [
    'keyward onboard bob --team platform --key ../bob.pub',
    'keyward onboard carol --team platform --key ../carol.pub',
    'keyward onboard shop-deploy --owner alice --key ../shop-deploy.pub',
  ];
  for (const [index, line] of lines.entries()) {
    const answer = await alice.types(line, () => index === 0);
    if (answer.status !== 0) throw new Error(`onboarding failed: ${answer.stdout}`);
  }
  narrator.gap();
  narrator.says('What they reach stands in the policy, where anybody can review it. Alice adds:');
  narrator.gap();
  const rules = RULES(db1.port);
  alice.edits([['rules: []\n', rules]]);
  narrator.text(rules);
  const check = await alice.types('keyward check', (line) => /^\S checked|^exit/.test(line));
  await checks.that('the policy is right', () => equal(check.status, 0));
  narrator.gap();
  narrator.says('What would change? The answer is the same in every clone, and needs neither network nor keys.');
  const plan = await alice.types('keyward plan');
  await checks.that('the plan names who gains what, and by which rule', () => {
    const missing = ['bob', 'carol', 'shop-deploy', 'platform runs the web tier'].filter(
      (word) => !plan.stdout.includes(word),
    );
    return missing.length === 0 ? true : `it does not name ${missing.join(', ')}`;
  });
}
