/**
 * MFA devices, eight a user: API_CreateVirtualMFADevice.html, API_EnableMFADevice.html (two consecutive codes),
 * API_ResyncMFADevice.html, API_DeactivateMFADevice.html, API_DeleteVirtualMFADevice.html ("You must deactivate a
 * user's virtual MFA device before you can delete it"), API_ListMFADevices.html, API_ListVirtualMFADevices.html under
 * https://docs.aws.amazon.com/IAM/latest/APIReference/.
 *
 * The picture of the code (`QRCodePNG`) is left out of the answer; the seed is in it.
 */
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { newSeed } from '../ids.ts';
import { paged } from '../paging.ts';
import { arnOf, holderOf } from '../principal.ts';
import { anything, onMfa, onNewMfa, onUser } from '../resources.ts';
import { key, type MfaDevice, type State, the, type User } from '../state.ts';
import { stepOf } from '../totp.ts';
import type { Answer } from '../xml.ts';
import { tagList, userSummary } from './users.ts';

export function devicesOf(state: State, user: { readonly id: string }): MfaDevice[] {
  return [...state.mfa.values()].filter((device) => device.owner === user.id);
}

function deviceOf(call: Call): MfaDevice {
  const serial = call.parameters.text('SerialNumber', { min: 9, max: 256, pattern: /^[\w+=/:,.@-]+$/ });
  const device = call.latest.mfa.get(key(serial));
  if (device === undefined) throw noSuch('MFA Device', serial);
  return device;
}

function create(call: Call): Answer {
  const name = call.parameters.text('VirtualMFADeviceName', { min: 1, max: 226, pattern: /^[\w+=,.@-]+$/ });
  const [path, tags, seed, created] = [call.parameters.path(), call.parameters.tags(), newSeed(), call.now];
  const serial = call.arn(`mfa${path}${name}`);
  must(
    !call.latest.mfa.has(key(serial)),
    'EntityAlreadyExists',
    'MFADevice entity at the same path and name already exists.',
  );
  const make = (): MfaDevice => ({
    serial,
    name,
    virtual: true,
    seed,
    created,
    tags: new Map(tags),
    owner: undefined,
    enabled: undefined,
    lastStep: 0,
  });
  call.change((state) => state.mfa.set(key(serial), make()));
  const seedAsBlob = Buffer.from(seed).toString('base64');
  return { VirtualMFADevice: { SerialNumber: serial, Base32StringSeed: seedAsBlob, Tags: tagList(tags) } };
}

/** The step of the two codes a request brings; InvalidAuthenticationCode where they are not the device's. */
function checkedStep(call: Call, device: MfaDevice): number {
  const code = { pattern: /^\d{6}$/ };
  const codes = [call.parameters.text('AuthenticationCode1', code), call.parameters.text('AuthenticationCode2', code)];
  const step = device.seed === undefined ? undefined : stepOf(device.seed, codes, call.now, device.lastStep);
  if (step === undefined)
    throw new IamError('InvalidAuthenticationCode', 'Authentication code for device is not valid.');
  return step;
}

function enable(call: Call): Answer {
  const user = call.userToChange(call.parameters.text('UserName'));
  const device = deviceOf(call);
  must(device.owner === undefined, 'EntityAlreadyExists', 'MFA Device is already in use.');
  call.quota('MFADevicesPerUser', devicesOf(call.latest, user).length, 8);
  const [lastStep, enabled] = [checkedStep(call, device), call.now];
  call.change((state) => Object.assign(the(state.mfa, device.serial), { owner: user.id, enabled, lastStep }));
  return undefined;
}

function owned(call: Call, user: User): MfaDevice {
  const device = deviceOf(call);
  if (device.owner !== user.id) throw noSuch('MFA Device for user', user.name);
  return device;
}

function deactivate(call: Call): Answer {
  const device = owned(call, call.userToChange());
  call.change((state) => {
    if (device.virtual) Object.assign(the(state.mfa, device.serial), { owner: undefined, enabled: undefined });
    else state.mfa.delete(key(device.serial));
  });
  return undefined;
}

function deleteVirtual(call: Call): Answer {
  const device = deviceOf(call);
  must(device.virtual, 'ValidationError', `${device.serial} is not a virtual MFA device.`);
  must(device.owner === undefined, 'DeleteConflict', 'MFA VirtualDevice in use. Must deactivate first.');
  call.change((state) => state.mfa.delete(key(device.serial)));
  return undefined;
}

function listVirtual(call: Call): Answer {
  const status = call.parameters.oneOf('AssignmentStatus', ['Assigned', 'Unassigned', 'Any']) ?? 'Any';
  const fits = (one: MfaDevice): boolean => status === 'Any' || (status === 'Assigned') === (one.owner !== undefined);
  const devices = [...call.seen.mfa.values()].filter((one) => one.virtual && fits(one));
  const { page, rest } = paged(call, devices, (one) => key(one.serial));
  const answers = page.map((one) => {
    const owner = [...call.seen.users.values()].find((user) => user.id === one.owner);
    const enabled = one.enabled === undefined ? undefined : new Date(one.enabled);
    return {
      SerialNumber: one.serial,
      EnableDate: enabled,
      User: owner && userSummary(call, owner),
      Tags: tagList(one.tags),
    };
  });
  return { VirtualMFADevices: answers, ...rest };
}

/** Own devices where no name is given; root and roles have none here. */
function list(call: Call): Answer {
  const nobody = call.parameters.raw('UserName') === undefined && holderOf(call.seen, call.principal)?.kind !== 'user';
  const user = nobody ? undefined : call.user();
  const { page, rest } = paged(call, user === undefined ? [] : devicesOf(call.seen, user), (one) => key(one.serial));
  const devices = page.map((one) => ({
    UserName: user?.name,
    SerialNumber: one.serial,
    EnableDate: new Date(one.enabled ?? 0),
  }));
  return { MFADevices: devices, ...rest };
}

export const mfaDevices: Actions = {
  CreateVirtualMFADevice: { needs: onNewMfa, run: create },
  EnableMFADevice: { needs: onUser, run: enable },
  ResyncMFADevice: {
    needs: onUser,
    run(call) {
      const device = owned(call, call.userToChange(call.parameters.text('UserName')));
      const lastStep = checkedStep(call, device);
      call.change((state) => (the(state.mfa, device.serial).lastStep = lastStep));
      return undefined;
    },
  },
  DeactivateMFADevice: { needs: onUser, run: deactivate },
  DeleteVirtualMFADevice: { needs: onMfa, run: deleteVirtual },
  ListMFADevices: {
    needs: (call) => {
      const user = call.parameters.raw('UserName') === undefined ? holderOf(call.seen, call.principal) : undefined;
      if (user !== undefined) return [{ resource: arnOf(call.account.id, user) }];
      return call.parameters.raw('UserName') === undefined ? anything(call) : onUser(call);
    },
    run: list,
  },
  ListVirtualMFADevices: { needs: anything, run: listVirtual },
};
