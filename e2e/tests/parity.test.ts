// SPDX-License-Identifier: Apache-2.0
import { flows, timeLimits } from '../parity/flows/index.ts';
import { testFlows, testFlowsTogether } from '../parity/run-flows.ts';

testFlows(flows);
// Half a minute of waiting has passed by now: these have played beside the others.
testFlowsTogether(timeLimits);
