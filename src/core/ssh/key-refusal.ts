/**
 * Why a line is refused as a public key: every reason by its stable name, with what to say and what to do.
 *
 * What a person pasted is never repeated here: it may be a private key.
 */

/** The stable names; a finding or a script may rely on them. */
export type KeyRefusalReason = keyof typeof REASONS;

export interface KeyRefusal {
  readonly ok: false;
  readonly reason: KeyRefusalReason;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** What to do instead, as a sentence. */
  readonly suggestion: string;
}

const MAKE_ONE = 'Make one with `ssh-keygen -t ed25519` and give its .pub file.';
const CONVERT = 'Convert it: `ssh-keygen -i -m RFC4716 -f FILE` (-m PKCS8 or PEM for those) prints the line.';

/** For each reason what is wrong and what to do. */
const REASONS = {
  empty: ['There is no key on this line.', 'Give one line: type, base64, comment.'],
  'too-long': ['This line is longer than any public key.', 'Give one public key line, as in a .pub file.'],
  characters: [
    'A public key is one line of printable ASCII; here is a control character, a line end or a letter beyond ASCII.',
    'Copy the line again from the .pub file, with LF line ends and a comment in ASCII.',
  ],
  'private-key': [
    'This is a private key, or a part of one.',
    'Give the .pub file beside it. Where the private key has been shown to anybody, replace it.',
  ],
  'putty-format': [
    'This is a PuTTY file, which holds the private key as well.',
    'Give the line that PuTTYgen shows as "Public key for pasting into OpenSSH authorized_keys file".',
  ],
  'rfc4716-format': ['This is the RFC 4716 (SSH2) form of a public key.', CONVERT],
  'pem-format': ['This is the PEM form of a public key.', CONVERT],
  certificate: [
    'This is a certificate. keyward goes by keys: a certificate lasts as long as whoever signed it says.',
    'Give the plain public key that it was made for.',
  ],
  dsa: ['DSA keys are broken and no longer taken by OpenSSH.', MAKE_ONE],
  options: [
    'Options stand in front of this key. What a key may do is said in the policy and nowhere else.',
    'Give the line without them, from its type on.',
  ],
  type: [
    'This is no type of public key that keyward takes.',
    'Taken: ssh-ed25519, ecdsa-sha2-nistp256, -nistp384, -nistp521, ssh-rsa from 3072 bits, and the sk- ones.',
  ],
  malformed: ['This is not a whole public key.', 'Copy the line again from the .pub file.'],
  'low-order': ['Anybody can sign for this Ed25519 key: its point has low order.', MAKE_ONE],
  'non-canonical': ['This key is a second spelling of another: a coordinate is not below the field.', MAKE_ONE],
  'off-curve': ['This key is no point of its curve; no private key belongs to it.', MAKE_ONE],
  compressed: ['The point of this ECDSA key is compressed, which OpenSSH does not read.', MAKE_ONE],
  'rsa-short': ['This RSA key is too short.', MAKE_ONE],
  'rsa-long': ['This RSA key is longer than sshd takes.', MAKE_ONE],
  'rsa-exponent': ['The public exponent of this RSA key is even, below 3 or over 64 bits.', MAKE_ONE],
  'rsa-modulus': ['The modulus of this RSA key is even, so it is no product of two large primes.', MAKE_ONE],
  application: [
    'This security key was made for a web site, not for SSH: its application does not begin with "ssh:".',
    'Make one with `ssh-keygen -t ed25519-sk` and give its .pub file.',
  ],
} as const;

export function refuse(reason: KeyRefusalReason, message?: string): KeyRefusal {
  const [usual, suggestion] = REASONS[reason];
  return { ok: false, reason, message: message ?? usual, suggestion };
}

/** What can be told from the text alone, cheapest first: nothing is split or decoded before the length is known. */
export function refuseText(text: string, longest: number): KeyRefusal | undefined {
  const head = text.slice(0, longest);
  // Told by name even where it is too long or has several lines, since that is how these are pasted.
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(head)) return refuse('private-key');
  if (head.startsWith('PuTTY-User-Key-File-')) return refuse('putty-format');
  if (head.startsWith('---- BEGIN SSH2 ')) return refuse('rfc4716-format');
  if (head.startsWith('-----BEGIN ')) return refuse('pem-format');
  if (text.length > longest) return refuse('too-long');
  if (/[^ -~]/.test(text)) return refuse('characters');
  if (text.trim() === '') return refuse('empty');
  // The base64 of "openssh-key-v1", with which every OpenSSH private key begins.
  if (text.includes('b3BlbnNzaC1rZXktdjE')) return refuse('private-key');
  return undefined;
}

/** Which name to give to a line whose first word is no type that is let in. */
export function refuseType(type: string, line: string): KeyRefusal {
  if (type === '') return refuse('malformed', 'A blank stands in front of the type.');
  if (type === 'ssh-dss') return refuse('dsa');
  if (/^[a-z0-9-]+-cert-v0[01]@openssh\.com$/.test(type)) return refuse('certificate');
  const keyInside = /(?:^|[ \t])(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)[a-z0-9@.-]+ +AAAA/;
  if (!/^(?:ssh|ecdsa|sk)-/.test(type) && keyInside.test(line)) return refuse('options');
  if (/^(?:ssh|ecdsa|sk)-[a-z0-9@.-]{1,64}$/.test(type))
    return refuse('type', `keyward takes no keys of the type ${type}.`);
  return refuse('type');
}
