// SPDX-License-Identifier: Apache-2.0

/** Thrown inside this folder only: `parseOriginationUri` turns it into a result. */
export class UriRefusal extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
