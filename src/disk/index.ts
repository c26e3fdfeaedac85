/**
 * The room disk: files and folders, the only room that has them.
 *
 * Belongs here: the policy repository (repository.ts, over paths.ts, atomic.ts and git.ts), where it is (find.ts), this
 * device's own settings and journal (settings.ts, journal-files.ts, in own-folders.ts), and private key files
 * (private-file.ts), a file named on the command line (given-file.ts). A write is on disk, file and folder, before it returns; killed anywhere, a file holds the old
 * bytes or the new ones. Only plain files are read, never more than a cap, never through a symbolic link.
 *
 * Does not: what any of the bytes mean. Policy, texts and events are read in the core; keys in private-keys/.
 */
export { openRepository } from './repository.ts';
export { findRepository } from './find.ts';
export { openSettings } from './settings.ts';
export { openJournals } from './journal-files.ts';
export { ownFolders } from './own-folders.ts';
export type { OwnFolders } from './own-folders.ts';
export { addToPrivateFile, mustBeFree, readPrivateFile, writePrivateFile } from './private-file.ts';
export { isThere, readGiven } from './given-file.ts';
export { withTemporaryFile } from './temporary-file.ts';
