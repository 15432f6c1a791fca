// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';

/** Whether somebody listens there now. */
export const reachable = ({ host, port }: { host: string; port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
