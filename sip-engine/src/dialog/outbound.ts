// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from '../message/index.ts';
import type { ClientTransaction } from '../transaction/contract.ts';
import type { AppLink, CommandReply } from './app-link.ts';
import type { Dialog } from './dialog.ts';

/** A request of an app on its way, until its final response. */
export interface Outbound {
  link: AppLink;
  reply: CommandReply;
  /** False until the app has its OK: nothing else may reach it before. */
  replied: boolean;
  /** As composed; as sent once it went out. */
  request: SipRequest;
  transaction: ClientTransaction | undefined;
  /** The id that the app was given where no transaction was ever opened. */
  failedId: string;
  /** The dialog that it belongs to or, for a new INVITE, makes. */
  dialog: Dialog | undefined;
  /** Outside dialogs. */
  initial: boolean;
  cancelled: boolean;
  /** drachtio loses a re-INVITE that gets 18x: nothing more of it reaches the app. */
  lost: boolean;
  timer: NodeJS.Timeout | undefined;
}
