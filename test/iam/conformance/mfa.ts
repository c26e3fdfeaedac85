/** MFA devices and their codes. */
import { totp } from '../totp.ts';
import { assert, type Chapter, refused, type World } from './world.ts';

interface Device {
  readonly serial: string;
  readonly seed: string;
}

export async function newDevice(world: World, path = '/'): Promise<Device> {
  const made = await world.admin.createVirtualMFADevice({ VirtualMFADeviceName: world.name('mfa'), Path: path });
  const seed = Buffer.from(made.VirtualMFADevice?.Base32StringSeed ?? []).toString();
  return { serial: made.VirtualMFADevice?.SerialNumber ?? '', seed };
}

/** Two consecutive codes; `from` steps of 30 seconds from now on. */
function codes(seed: string, from = 0): { AuthenticationCode1: string; AuthenticationCode2: string } {
  const at = Date.now() + from * 30_000;
  return { AuthenticationCode1: totp(seed, at), AuthenticationCode2: totp(seed, at + 30_000) };
}

export async function enabledDevice(world: World, UserName: string): Promise<Device> {
  const device = await newDevice(world);
  await world.admin.enableMFADevice({ UserName, SerialNumber: device.serial, ...codes(device.seed, -1) });
  return device;
}

export const mfa: Chapter = {
  'a virtual device has a serial number that is an ARN, with its path': async (world) => {
    const { serial, seed } = await newDevice(world, '/people/');
    assert.match(serial, /^arn:aws:iam::\d{12}:mfa\/people\/mfa-/);
    assert.match(seed, /^[A-Z2-7]{16,}$/);
  },
  'a device name that is taken is EntityAlreadyExists': async (world) => {
    const VirtualMFADeviceName = world.name('mfa');
    await world.admin.createVirtualMFADevice({ VirtualMFADeviceName });
    await refused(world.admin.createVirtualMFADevice({ VirtualMFADeviceName }), 'EntityAlreadyExistsException', 409);
  },
  'wrong codes, old codes and codes that do not follow each other are refused': async (world) => {
    const [UserName, device] = [await world.user(), await newDevice(world)];
    const enable = (given: ReturnType<typeof codes>) =>
      world.admin.enableMFADevice({ UserName, SerialNumber: device.serial, ...given });
    const now = totp(device.seed, Date.now());
    const wrong = now === '000000' ? '000001' : '000000';
    const bad = [
      { AuthenticationCode1: wrong, AuthenticationCode2: now },
      codes(device.seed, -100),
      { AuthenticationCode1: now, AuthenticationCode2: now },
    ];
    for (const given of bad) await refused(enable(given), 'InvalidAuthenticationCodeException', 403);
    await enable(codes(device.seed));
  },
  "an enabled device is the user's and nobody else's": async (world) => {
    const [UserName, other] = [await world.user(), await world.user()];
    const device = await enabledDevice(world, UserName);
    const { MFADevices } = await world.admin.listMFADevices({ UserName });
    assert.deepEqual(
      MFADevices?.map((one) => one.SerialNumber),
      [device.serial],
    );
    const stolen = world.admin.enableMFADevice({
      UserName: other,
      SerialNumber: device.serial,
      ...codes(device.seed, 1),
    });
    await refused(stolen, 'EntityAlreadyExistsException', 409);
    await refused(
      world.admin.deactivateMFADevice({ UserName: other, SerialNumber: device.serial }),
      'NoSuchEntityException',
      404,
    );
  },
  'a virtual device is not deleted while it is assigned': async (world) => {
    const UserName = await world.user();
    const { serial: SerialNumber } = await enabledDevice(world, UserName);
    await refused(world.admin.deleteVirtualMFADevice({ SerialNumber }), 'DeleteConflictException', 409);
    await world.admin.deactivateMFADevice({ UserName, SerialNumber });
    await world.admin.deleteVirtualMFADevice({ SerialNumber });
    await refused(world.admin.deleteVirtualMFADevice({ SerialNumber }), 'NoSuchEntityException', 404);
  },
  'ListVirtualMFADevices tells assigned and unassigned ones apart, with the user': async (world) => {
    const UserName = await world.user();
    const [assigned, loose] = [await enabledDevice(world, UserName), await newDevice(world)];
    const list = async (AssignmentStatus: 'Assigned' | 'Unassigned') => {
      const found = await world.admin.listVirtualMFADevices({ AssignmentStatus, MaxItems: 1000 });
      return found.VirtualMFADevices ?? [];
    };
    const [yes, no] = [await list('Assigned'), await list('Unassigned')];
    assert.equal(yes.find((one) => one.SerialNumber === assigned.serial)?.User?.UserName, UserName);
    assert.ok(no.some((one) => one.SerialNumber === loose.serial));
    assert.ok(
      !yes.some((one) => one.SerialNumber === loose.serial) && !no.some((one) => one.SerialNumber === assigned.serial),
    );
  },
  'a user has at most 8 devices': async (world) => {
    const UserName = await world.user();
    for (let at = 0; at < 8; at += 1) await enabledDevice(world, UserName);
    await refused(enabledDevice(world, UserName), 'LimitExceededException', 409);
  },
};
