// Rounds: several parts of a text are trained at once and yet the result does not depend on who trains which part, or when.
// A part trains on copies of the rows that its words meet (gather). Noise words it draws from the hot words, of which all
// parts have copies, and from a stripe that no other part has in this round; those without a copy it trains where they lie. Then the copies' changes are added to the
// model's rows, part by part in their order, row by row by one thread (countUpdates, merge). See docs/math.md, section 9.

import { Loss, Mark, Param, Part } from "./params";
import { random } from "./random";
import { addDifference, addScaled, copyRow, touch } from "./rows";
import { expMinusAbs } from "./sigmoid";

/**
 * Thins out the batch, u32[length] at params.ids, copies the rows that its words meet, and replaces the words by the
 * places of their copies. Leaves its length in the part's block.
 */
export function gather(params: usize, length: u32): void {
  const part: usize = load<u32>(params, Param.part);
  const thresholds: usize = load<u32>(params, Param.keepThresholds);
  const ids: usize = load<u32>(params, Param.ids);
  store<u32>(part, 0, Part.inputCount);
  store<u32>(part, 0, Part.outputCount);
  let to = ids;
  for (let id = ids, end = ids + (<usize>length << 2); id < end; id += 4) {
    const word = load<u32>(id);
    if (word == Mark.sentenceEnd) {
      store<u32>(to, word);
      to += 4;
      continue;
    }
    const threshold = load<u32>(thresholds + (<usize>word << 2));
    if (threshold != 0xffffffff && random(params + Param.randomState) >= threshold) continue;
    store<u32>(to, place(part, word, Part.inputList, Part.inputCount, Part.inputPlaces));
    to += 4;
  }
  const loss = load<u32>(params, Param.loss);
  if (loss == Loss.negativeSampling) listTargets(part);
  else if (loss == Loss.hierarchicalSoftmax) listNodes(params, part);
  else listAll(part, load<u32>(params, Param.vocabularySize), <u32>((to - ids) >> 2));
  const stride: usize = load<u32>(params, Param.stride);
  const inputCopies: usize = load<u32>(part, Part.inputCopies);
  const outputCopies: usize = load<u32>(part, Part.outputCopies);
  const outputCount = load<u32>(part, Part.outputCount);
  const steady = min(load<u32>(part, Part.firstOld), outputCount);
  copyRows(load<u32>(part, Part.inputList), load<u32>(part, Part.inputCount), load<u32>(part, Part.inputs), inputCopies, 0, stride);
  copyRows(load<u32>(part, Part.outputList), steady, load<u32>(part, Part.outputs), outputCopies, 0, stride);
  copyRows(
    load<u32>(part, Part.outputList) + (steady << 3), outputCount - steady, load<u32>(part, Part.outputs),
    outputCopies + <usize>steady * stride, load<u32>(part, Part.oldOutputs), stride,
  );
  store<u32>(part, <u32>((to - ids) >> 2), Part.length);
}

/** The place of a row's copy, which is made if there is none; counts an update. */
function place(part: usize, row: u32, list: u32, count: u32, places: u32): u32 {
  const at = <usize>load<u32>(part + places) + (<usize>row << 2);
  let own = load<u32>(at);
  if (own == 0) {
    own = load<u32>(part + count) + 1;
    store<u32>(part + count, own);
    store<u32>(at, own);
    const entry = <usize>load<u32>(part + list) + (<usize>(own - 1) << 3);
    store<u32>(entry, row);
    store<u32>(entry, 0, 4);
  }
  const updates = <usize>load<u32>(part + list) + (<usize>(own - 1) << 3);
  store<u32>(updates, load<u32>(updates, 4) + 1, 4);
  return own - 1;
}

/** Output rows of the hot words, in their order, then of the other words. */
function listTargets(part: usize): void {
  const hot = load<u32>(part, Part.hot);
  const list: usize = load<u32>(part, Part.outputList);
  for (let word: u32 = 0; word < hot; word++) {
    store<u32>(list + (<usize>word << 3), word);
    store<u32>(list + (<usize>word << 3), 0, 4);
    store<u32>(load<u32>(part, Part.outputPlaces) + (<usize>word << 2), word + 1);
  }
  store<u32>(part, hot, Part.outputCount);
  const count = load<u32>(part, Part.inputCount);
  let entry: usize = load<u32>(part, Part.inputList);
  for (const end = entry + (<usize>count << 3); entry < end; entry += 8) {
    place(part, load<u32>(entry), Part.outputList, Part.outputCount, Part.outputPlaces);
  }
}

/** All words, each of which every prediction updates. */
function listAll(part: usize, words: u32, updates: u32): void {
  let entry: usize = load<u32>(part, Part.outputList);
  for (let word: u32 = 0; word < words; word++, entry += 8) {
    store<u32>(entry, word);
    store<u32>(entry, updates, 4);
  }
  store<u32>(part, words, Part.outputCount);
}

/** The nodes on the words' paths, and the paths in places of their copies. */
function listNodes(params: usize, part: usize): void {
  const list: usize = load<u32>(part, Part.inputList);
  const starts: usize = load<u32>(part, Part.pathStarts);
  const paths: usize = load<u32>(part, Part.paths);
  const ownStarts: usize = load<u32>(params, Param.pathStarts);
  const ownPaths: usize = load<u32>(params, Param.paths);
  const count = load<u32>(part, Part.inputCount);
  let end: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const word = load<u32>(list + (<usize>i << 3));
    const updates = load<u32>(list + (<usize>i << 3), 4);
    const from = starts + (<usize>word << 2);
    store<u32>(ownStarts + (<usize>i << 2), end);
    for (let p = load<u32>(from); p < load<u32>(from, 4); p++, end++) {
      const entry = load<u32>(paths + (<usize>p << 2));
      const own = place(part, entry >> 1, Part.outputList, Part.outputCount, Part.outputPlaces);
      const at = <usize>load<u32>(part, Part.outputList) + (<usize>own << 3);
      store<u32>(at, load<u32>(at, 4) + updates - 1, 4);
      store<u32>(ownPaths + (<usize>end << 2), own << 1 | (entry & 1));
    }
  }
  store<u32>(ownStarts + (<usize>count << 2), end);
}

/** Rows read ahead: they come from far caches, and many loads under way together take hardly longer than one. */
const AHEAD: u32 = 16;

/** Copies rows; with old twice. */
function copyRows(list: usize, count: u32, rows: usize, copies: usize, old: usize, stride: usize): void {
  for (let from: u32 = 0; from < count; from += AHEAD) {
    const to = min<u32>(from + AHEAD, count);
    for (let i = from; i < to; i++) touch(rows + <usize>load<u32>(list + (<usize>i << 3)) * stride, stride);
    for (let i = from; i < to; i++, copies += stride) {
      const row = rows + <usize>load<u32>(list + (<usize>i << 3)) * stride;
      copyRow(row, copies, stride);
      if (old == 0) continue;
      copyRow(row, old, stride);
      old += stride;
    }
  }
}

/** Frees the places of a part's copies, once training is over. */
export function release(params: usize): void {
  const part: usize = load<u32>(params, Param.part);
  clearPlaces(load<u32>(part, Part.inputList), load<u32>(part, Part.inputCount), load<u32>(part, Part.inputPlaces));
  clearPlaces(load<u32>(part, Part.outputList), load<u32>(part, Part.outputCount), load<u32>(part, Part.outputPlaces));
}

function clearPlaces(list: usize, count: u32, places: usize): void {
  if (places == 0) return;
  for (let i: u32 = 0; i < count; i++) store<u32>(places + (<usize>load<u32>(list + (<usize>i << 3)) << 2), 0);
}

/**
 * Adds a part's updates to those of the round: tallies { updates u32, parts u32 }[2][vocabularySize], of input and output rows.
 * Only rows that the residue of their number gives to this thread: several threads do all rows between them.
 */
export function countUpdates(params: usize, tallies: usize, thread: u32, threads: u32): void {
  const part: usize = load<u32>(params, Param.part);
  const outputs = tallies + (<usize>load<u32>(params, Param.vocabularySize) << 3);
  tally(load<u32>(part, Part.inputList), load<u32>(part, Part.inputCount), tallies, thread, threads);
  tally(load<u32>(part, Part.outputList), load<u32>(part, Part.outputCount), outputs, thread, threads);
}

function tally(list: usize, count: u32, tallies: usize, thread: u32, threads: u32): void {
  for (const end = list + (<usize>count << 3); list < end; list += 8) {
    const row = load<u32>(list);
    if (row % threads != thread) continue;
    const at = tallies + (<usize>row << 3);
    store<u32>(at, load<u32>(at) + load<u32>(list, 4));
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
}

/**
 * Adds the changes of a part's copies to the model's rows, times f of (9.4). Where a row was trained by one part, f is 1.
 * rate: how far an update moves a row towards where all move it.
 */
export function merge(params: usize, tallies: usize, thread: u32, threads: u32, rate: f32): void {
  const part: usize = load<u32>(params, Param.part);
  const stride: usize = load<u32>(params, Param.stride);
  const outputs = tallies + (<usize>load<u32>(params, Param.vocabularySize) << 3);
  const list: usize = load<u32>(part, Part.outputList);
  const rows: usize = load<u32>(part, Part.outputs);
  const copies: usize = load<u32>(part, Part.outputCopies);
  const count = load<u32>(part, Part.outputCount);
  const steady = min(load<u32>(part, Part.firstOld), count);
  addChanges(load<u32>(part, Part.inputList), load<u32>(part, Part.inputCount), tallies, thread, threads, rate, load<u32>(params, Param.rates), load<u32>(part, Part.inputs), load<u32>(part, Part.inputCopies), 0, stride);
  addChanges(list, steady, outputs, thread, threads, rate, 0, rows, copies, 0, stride);
  addChanges(list + (steady << 3), count - steady, outputs, thread, threads, rate, 0, rows, copies + <usize>steady * stride, load<u32>(part, Part.oldOutputs), stride);
}

/** The tally of a row whose first change has been added. */
const BEGUN: u32 = 0x80000000;

/**
 * row += f (copy − old), but for words whose own rate is 0. Without old, the row itself is old until its first change: row = (1 − f P) row + f copy, then
 * row += f copy.
 */
function addChanges(list: usize, count: u32, tallies: usize, thread: u32, threads: u32, rate: f32, rates: usize, rows: usize, copies: usize, old: usize, stride: usize): void {
  for (let from: u32 = 0; from < count; from += AHEAD) {
    const to = min<u32>(from + AHEAD, count);
    for (let i = from; i < to; i++) {
      const number = load<u32>(list + (<usize>i << 3));
      if (number % threads == thread) touch(rows + <usize>number * stride, stride);
    }
    for (let i = from; i < to; i++, copies += stride) {
      const number = load<u32>(list + (<usize>i << 3));
      if (number % threads == thread && !(rates && load<f32>(rates + (<usize>number << 2)) == 0)) {
        const at = tallies + (<usize>number << 3);
        const row = rows + <usize>number * stride;
        const parts = load<u32>(at, 4);
        const f = share(load<u32>(at), parts & ~BEGUN, rate);
        if (old) addDifference(row, copies, old, f, stride);
        else addScaled(row, parts & BEGUN ? 1 : 1 - f * <f32>parts, copies, f, stride);
        store<u32>(at, parts | BEGUN, 4);
      }
      if (old) old += stride;
    }
  }
}

/** f = (1 − e^−cK) / (P (1 − e^−cK/P)) for K updates by P parts, c = rate: (9.4). */
function share(updates: u32, parts: u32, rate: f32): f32 {
  if (parts == 1) return 1;
  const all = rate * <f32>updates;
  const each = all / <f32>parts;
  // 1 − e^−x loses its digits for small x, where f is 1
  if (each < 1e-3) return 1;
  return (1 - expMinusAbs<f32>(all)) / (<f32>parts * (1 - expMinusAbs<f32>(each)));
}

/** Sets the tallies of a part's rows back to 0. */
export function clearUpdates(params: usize, tallies: usize, thread: u32, threads: u32): void {
  const part: usize = load<u32>(params, Param.part);
  const outputs = tallies + (<usize>load<u32>(params, Param.vocabularySize) << 3);
  clearTallies(load<u32>(part, Part.inputList), load<u32>(part, Part.inputCount), tallies, thread, threads);
  clearTallies(load<u32>(part, Part.outputList), load<u32>(part, Part.outputCount), outputs, thread, threads);
}

function clearTallies(list: usize, count: u32, tallies: usize, thread: u32, threads: u32): void {
  for (const end = list + (<usize>count << 3); list < end; list += 8) {
    const row = load<u32>(list);
    if (row % threads == thread) store<u64>(tallies + (<usize>row << 3), 0);
  }
}
