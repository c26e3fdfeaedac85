/**
 * Signing certificates, two a user: API_UploadSigningCertificate.html, API_UpdateSigningCertificate.html,
 * API_ListSigningCertificates.html, API_DeleteSigningCertificate.html under
 * https://docs.aws.amazon.com/IAM/latest/APIReference/.
 */
import { X509Certificate } from 'node:crypto';
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { newId } from '../ids.ts';
import { paged } from '../paging.ts';
import { onUser } from '../resources.ts';
import { type SigningCertificate, the, type User } from '../state.ts';
import type { Answer } from '../xml.ts';

function answer(user: User, one: SigningCertificate): Record<string, Answer> {
  return {
    UserName: user.name,
    CertificateId: one.id,
    CertificateBody: one.body,
    Status: one.status,
    UploadDate: new Date(one.uploaded),
  };
}

function certificateOf(call: Call, user: User): SigningCertificate {
  const id = call.parameters.text('CertificateId', { min: 24, max: 128, pattern: /^\w+$/ });
  const found = user.certificates.find((one) => one.id === id);
  if (found === undefined) throw noSuch('Certificate', id);
  return found;
}

function parsed(body: string): X509Certificate {
  try {
    return new X509Certificate(body);
  } catch {
    throw new IamError('MalformedCertificate', 'Certificate is malformed.');
  }
}

function upload(call: Call): Answer {
  const { name } = call.userToChange();
  const body = call.parameters.text('CertificateBody', { min: 1, max: 16_384 });
  const certificate = parsed(body);
  must(Date.parse(certificate.validTo) > call.now, 'InvalidCertificate', 'Certificate has expired.');
  const fingerprint = certificate.fingerprint256;
  const all = [...call.latest.users.values()].flatMap((user) => user.certificates);
  must(!all.some((one) => one.fingerprint === fingerprint), 'DuplicateCertificate', 'Certificate is already in use.');
  call.quota('CertificatesPerUser', the(call.latest.users, name).certificates.length, 2);
  const [id, uploaded] = [`${newId('ASIA').slice(4)}${newId('ASIA').slice(4)}`.slice(0, 32), call.now];
  const make = (): SigningCertificate => ({ id, body, fingerprint, uploaded, status: 'Active' });
  call.change((state) => the(state.users, name).certificates.push(make()));
  return { Certificate: answer(the(call.latest.users, name), make()) };
}

export const signingCertificates: Actions = {
  UploadSigningCertificate: { needs: onUser, run: upload },
  ListSigningCertificates: {
    needs: onUser,
    run(call) {
      const user = call.user();
      const { page, rest } = paged(call, user.certificates, (one) => one.id);
      return { Certificates: page.map((one) => answer(user, one)), ...rest };
    },
  },
  UpdateSigningCertificate: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const { id } = certificateOf(call, user);
      const status = call.parameters.oneOf('Status', ['Active', 'Inactive']);
      must(status !== undefined, 'ValidationError', 'Status must not be null');
      call.change((state) => {
        for (const one of the(state.users, user.name).certificates) if (one.id === id) one.status = status;
      });
      return undefined;
    },
  },
  DeleteSigningCertificate: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const { id } = certificateOf(call, user);
      call.change((state) => {
        const list = the(state.users, user.name).certificates;
        list.splice(
          list.findIndex((one) => one.id === id),
          1,
        );
      });
      return undefined;
    },
  },
};
