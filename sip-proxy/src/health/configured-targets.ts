// SPDX-License-Identifier: Apache-2.0
import { targetAddress, type TargetPlace } from '@trunkline/crds';
import type { ConfigIndex } from '../config/config-index.ts';

/** Every place that calls of this edge can be sent to, by its address: gateways of carriers, origination URIs of trunks. */
export const configuredTargets = (config: ConfigIndex, edge: string): Map<string, TargetPlace> => {
  const places = new Map<string, TargetPlace>();
  const add = ({ host, port, transport }: TargetPlace): void => {
    const place = { host, port, transport };
    places.set(targetAddress(place), place);
  };
  for (const { gateways } of config.global.carriers) for (const gateway of gateways) add(gateway);
  for (const { originationTargets } of config.trunks()) {
    for (const target of originationTargets) {
      // What leaves from another edge is that edge's to watch.
      if (target.edge === undefined || target.edge === edge) add(target);
    }
  }
  return places;
};
