// SPDX-License-Identifier: Apache-2.0
import type Srf from 'drachtio-srf';

interface InDialogRequest {
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

interface ByeOptions {
  headers?: Record<string, string>;
  auth?: { username: string; password: string };
}

/**
 * drachtio-srf's Dialog as it behaves: its own declarations ask `request` for a whole request, and do not tell of the promise of
 * `destroy`, of the id, or of the reason that comes with the `destroy` event.
 */
export interface AppDialog {
  readonly id: string;
  request(
    options: InDialogRequest,
    callback?: (error: unknown, response: Srf.SrfResponse) => void,
  ): Promise<Srf.SrfResponse>;
  /** Resolves with the peer's SDP. */
  modify(sdp: string): Promise<string>;
  /** Resolves with the final response to the BYE. */
  destroy(options?: ByeOptions): Promise<unknown>;
  on(event: 'destroy', listener: (request: Srf.SrfRequest, reason: string) => void): this;
  on(event: string, listener: (request: Srf.SrfRequest, response: Srf.SrfResponse) => void): this;
  once(event: string, listener: (request: Srf.SrfRequest) => void): this;
}

export function asAppDialog(dialog: Srf.Dialog): AppDialog {
  return dialog as unknown as AppDialog;
}
