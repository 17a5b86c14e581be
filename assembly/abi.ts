// Which agreement a binary was built for.

import { Abi } from "./params";

/** The version of params.ts that the binary was built with. */
export function abi(): u32 {
  return Abi.version;
}
