// Who trains: the engines, and which of them is chosen.

import type { Settings } from "../options/settings.js";
import type { Engine, EnginePlan, Extent, Resources } from "./engine.js";
import { grid } from "./grid-engine.js";
import { hogwild } from "./hogwild-engine.js";
import { single } from "./single-engine.js";

/** The first that fits trains; the last fits everywhere. */
export const ENGINES = [grid, hogwild, single] as const satisfies readonly Engine[];

/**
 * How threads work together: there is one only; all update one memory without locks; or they train the cells of a grid, with the
 * same result whatever their number, shared memory or not.
 */
export type ParallelMode = (typeof ENGINES)[number]["name"];

/** The engine that trains, and what it uses. */
export interface ExecutionPlan extends EnginePlan {
  engine: (typeof ENGINES)[number];
}

/** @param before the name of the engine of a training that is resumed */
export function planExecution(
  options: Settings,
  resources: Resources,
  extent: Extent,
  before?: ParallelMode,
): ExecutionPlan {
  const engine = ENGINES.find((one: Engine) => one.fits(options, resources, before && engineNamed(before)))!;
  return { engine, ...engine.plan(options, resources, extent) };
}

/** @throws RangeError if none has this name */
export function engineNamed(name: ParallelMode): Engine {
  const engine = ENGINES.find((one) => one.name === name);
  if (engine) return engine;
  throw new RangeError(
    `expected an engine, one of ${ENGINES.map((one) => one.name).join(", ")}, got "${name}": use the wasm2vec that has it`,
  );
}
