// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { plainAddress } from './local-address.ts';
import { sourceKey } from './source-key.ts';
import type { Maxima } from './transport-settings.ts';

/** Connections that peers hold open to one listener, in all and by source. */
export class ConnectionQuota {
  readonly #maxima: Pick<Maxima, 'connections' | 'perSource'>;
  readonly #bySource = new Map<string, number>();
  readonly #sockets = new Set<Socket>();

  constructor(maxima: Pick<Maxima, 'connections' | 'perSource'>) {
    this.#maxima = maxima;
  }

  /** Counts the socket until it closes; where it is one too many, says of what. */
  enter(socket: Socket): 'connections' | 'source-connections' | undefined {
    const source = sourceKey(plainAddress(socket.remoteAddress ?? ''));
    const own = this.#bySource.get(source) ?? 0;
    if (this.#sockets.size >= this.#maxima.connections) return 'connections';
    if (own >= this.#maxima.perSource) return 'source-connections';
    this.#sockets.add(socket);
    this.#bySource.set(source, own + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#leave(source);
    });
    return undefined;
  }

  /** Also those whose handshake goes on: a server that closes would wait for them. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #leave(source: string): void {
    const left = (this.#bySource.get(source) ?? 1) - 1;
    if (left === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, left);
  }
}
