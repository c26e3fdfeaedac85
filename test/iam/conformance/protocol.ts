/** Signatures and the shape of answers, by requests that were signed here or changed on their way. */
import { sha256 } from '../signature.ts';
import { assert, type Chapter, type RawOptions, refused, type World } from './world.ts';

const LIST = 'Action=ListUsers&Version=2010-05-08&MaxItems=1';

async function code(world: World, body: string, options: Partial<RawOptions>): Promise<[number, string | undefined]> {
  const said = await world.raw(body, { credentials: world.root, ...options });
  return [said.status, said.element('Code')];
}

export const protocol: Chapter = {
  'a request signed by hand is taken': async (world) => {
    const said = await world.raw(LIST, { credentials: world.root });
    assert.equal(said.status, 200, said.text);
    assert.match(said.text, /<ListUsersResponse xmlns="https:\/\/iam.amazonaws.com\/doc\/2010-05-08\/">/);
    assert.ok(said.element('RequestId') !== undefined);
  },
  'a wrong secret is SignatureDoesNotMatch': async (world) => {
    const wrong = world.client({ ...world.root, secretAccessKey: 'x'.repeat(40) });
    await refused(wrong.listUsers({}), 'SignatureDoesNotMatch', 403);
  },
  'an unknown key is InvalidClientTokenId': async (world) => {
    const unknown = world.client({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) });
    await refused(unknown.listUsers({}), 'InvalidClientTokenId', 403);
  },
  'another body than the signed one is SignatureDoesNotMatch': async (world) => {
    const sentBody = LIST.replace('MaxItems=1', 'MaxItems=2');
    assert.deepEqual(await code(world, LIST, { sentBody }), [403, 'SignatureDoesNotMatch']);
  },
  'another time than the signed one is SignatureDoesNotMatch': async (world) => {
    const later = new Date(Date.now() + 1000).toISOString().replace(/[:-]|\.\d{3}/g, '');
    assert.deepEqual(await code(world, LIST, { sentHeaders: { 'x-amz-date': later } }), [403, 'SignatureDoesNotMatch']);
  },
  'a header with x-amz- that is not signed is SignatureDoesNotMatch': async (world) => {
    const sentHeaders = { 'x-amz-something': 'something' };
    assert.deepEqual(await code(world, LIST, { sentHeaders }), [403, 'SignatureDoesNotMatch']);
    assert.equal((await code(world, LIST, { signedHeaders: sentHeaders }))[0], 200);
  },
  'x-amz-content-sha256 must be the hash of the body': async (world) => {
    const wrong = { 'x-amz-content-sha256': sha256(`${LIST}0`) };
    assert.deepEqual(await code(world, LIST, { signedHeaders: wrong }), [403, 'SignatureDoesNotMatch']);
    assert.equal((await code(world, LIST, { signedHeaders: { 'x-amz-content-sha256': sha256(LIST) } }))[0], 200);
  },
  'a request signed more than five minutes ago, or to come, is refused': async (world) => {
    for (const minutes of [-6, 6]) {
      const at = Date.now() + minutes * 60_000;
      assert.deepEqual(await code(world, LIST, { at }), [403, 'SignatureDoesNotMatch'], `${minutes} minutes`);
    }
    for (const minutes of [-4, 4])
      assert.equal((await code(world, LIST, { at: Date.now() + minutes * 60_000 }))[0], 200);
  },
  'a signature for another service or region is refused': async (world) => {
    assert.deepEqual(await code(world, LIST, { service: 'sts' }), [403, 'SignatureDoesNotMatch']);
    assert.deepEqual(await code(world, LIST, { region: 'eu-west-9' }), [403, 'SignatureDoesNotMatch']);
  },
  'no signature is MissingAuthenticationToken, half of one IncompleteSignature': async (world) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const bare = await fetch(world.endpoint, { method: 'POST', headers, body: LIST });
    assert.deepEqual([bare.status, /MissingAuthenticationToken/.test(await bare.text())], [403, true]);
    const half = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
    assert.deepEqual(await code(world, LIST, { sentHeaders: half }), [400, 'IncompleteSignature']);
  },
  'an action that is none is InvalidAction': async (world) => {
    const body = 'Action=DeleteEverybody&Version=2010-05-08';
    assert.deepEqual(await code(world, body, {}), [400, 'InvalidAction']);
  },
  'text with every kind of character comes back as it was sent': async (world) => {
    const UserName = world.name('user');
    const Value = 'a+b=c @/:._- ü 語';
    await world.admin.createUser({ UserName, Tags: [{ Key: 'k', Value }] });
    assert.equal((await world.admin.getUser({ UserName })).User?.Tags?.[0]?.Value, Value);
  },
};
