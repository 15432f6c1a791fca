// SPDX-License-Identifier: Apache-2.0
import type { AppDirectory, AppLink } from '../dialog/app-link.ts';

interface Turn {
  links: AppLink[];
  next: number;
}

/**
 * Which app wants which verb; new requests go round robin over them. A verb asked for twice counts once (drachtio-srf asks for
 * all its verbs again whenever it adds one).
 */
export class RouteTable implements AppDirectory {
  private readonly verbs = new Map<string, Turn>();

  add(verb: string, link: AppLink): void {
    const turn = this.verbs.get(verb.toLowerCase());
    if (turn === undefined) this.verbs.set(verb.toLowerCase(), { links: [link], next: 0 });
    else if (!turn.links.includes(link)) turn.links.push(link);
  }

  remove(verb: string, link: AppLink): void {
    const key = verb.toLowerCase();
    const turn = this.verbs.get(key);
    const place = turn?.links.indexOf(link) ?? -1;
    if (turn === undefined || place === -1) return;
    turn.links.splice(place, 1);
    if (place < turn.next) turn.next--;
    if (turn.links.length === 0) this.verbs.delete(key);
  }

  /** Everything that `link` asked for. */
  removeAll(link: AppLink): void {
    for (const verb of [...this.verbs.keys()]) this.remove(verb, link);
  }

  pick(method: string): AppLink | undefined {
    const turn = this.verbs.get(method.toLowerCase());
    if (turn === undefined) return undefined;
    for (let tries = 0; tries < turn.links.length; tries++) {
      const link = turn.links[turn.next % turn.links.length];
      turn.next = (turn.next + 1) % turn.links.length;
      if (link?.live) return link;
    }
    return undefined;
  }
}
