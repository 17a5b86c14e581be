// Rows as int8 codes, and bounds of their products, in plain JavaScript: as assembly/quantized.ts.

import { CodeParam } from "../../../assembly/params.js";
import type { Ptr } from "../kernel.js";

/** See Quantizer.encodeRows. */
export function encodeRows(buffer: ArrayBufferLike, params: Ptr): void {
  const { u32, floats } = block(buffer, params);
  const [rowCount, codeStride, dim] = [u32(CodeParam.rowCount), u32(CodeParam.codeStride), u32(CodeParam.dim)];
  const [rows, stride] = [u32(CodeParam.rows), u32(CodeParam.stride)];
  const norms = floats(CodeParam.norms);
  const scales = floats(CodeParam.scales);
  const errors = floats(CodeParam.errors);
  for (let r = 0; r < rowCount; r++) {
    const norm = norms[r];
    const isKnown = norm >= 1e-15 && norm <= 1e15;
    const row = new Float32Array(buffer, rows + r * stride, dim);
    const largest = row.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    const step = isKnown ? largest / norm / 127 : Number.NaN;
    const rowCodes = new Int8Array(buffer, u32(CodeParam.codes) + r * codeStride, codeStride).fill(0);
    let squares = 0;
    if (isKnown) {
      row.forEach((x, d) => {
        rowCodes[d] = Math.round((x / largest) * 127);
        squares += (x / norm - step * rowCodes[d]) ** 2;
      });
    }
    scales[r] = step;
    errors[r] = isKnown ? Math.sqrt(squares) : Number.NaN;
  }
}

/** See Quantizer.boundRows. */
export function boundRows(buffer: ArrayBufferLike, params: Ptr): void {
  const { u32, f32, floats } = block(buffer, params);
  const [rowCount, codeStride] = [u32(CodeParam.rowCount), u32(CodeParam.codeStride)];
  const [scale, norm, slack] = [f32(CodeParam.scale), f32(CodeParam.norm), f32(CodeParam.slack)];
  const query = new Int16Array(buffer, u32(CodeParam.query), codeStride);
  const codes = new Int8Array(buffer, u32(CodeParam.codes), rowCount * codeStride);
  const scales = floats(CodeParam.scales);
  const errors = floats(CodeParam.errors);
  const bounds = floats(CodeParam.bounds);
  for (let r = 0; r < rowCount; r++) {
    let product = 0;
    for (let d = 0, i = r * codeStride; d < codeStride; d++, i++) product += query[d] * codes[i];
    bounds[r] = scale * scales[r] * product + norm * errors[r] + slack;
  }
}

/** What a block says. */
function block(buffer: ArrayBufferLike, params: Ptr) {
  const view = new DataView(buffer, params, CodeParam.size);
  const u32 = (offset: CodeParam) => view.getUint32(offset, true);
  return {
    u32,
    f32: (offset: CodeParam) => view.getFloat32(offset, true),
    /** f32[rowCount] that a parameter points to */
    floats: (offset: CodeParam) => new Float32Array(buffer, u32(offset), u32(CodeParam.rowCount)),
  };
}
