// Runs ONNX models in ONNX Runtime and writes their outputs, for comparison with ghostdark's.
//
//   node check.js PEERS
//
// PEERS is the folder in which `npm install onnxruntime-node` was run. Each line of standard input is a
// job as JSON, and is answered by a line:
//
//   {"model": "FILE.onnx", "dims": [1, 3, 416, 416], "input": "FILE.f32", "folder": "FOLDER"}
//   {"outputs": [{"name": "yolo_16", "dims": [1, 255, 13, 13], "file": "FOLDER/yolo_16.f32"}]}
//
// or {"error": "…"}. Files hold little-endian float32 values.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [peers] = process.argv.slice(2);
if (!peers) {
  console.error('usage: node check.js PEERS');
  process.exit(2);
}
const ort = require(path.resolve(peers, 'node_modules', 'onnxruntime-node'));

async function run({ model, dims, input, folder }) {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const bytes = fs.readFileSync(input);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', values, dims) });
  const outputs = session.outputNames.map((name) => {
    const { data, dims } = results[name];
    const file = path.join(folder, `${name}.f32`);
    fs.writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { name, dims, file };
  });
  await session.release();
  return { outputs };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const answer = await run(JSON.parse(line)).catch((err) => ({ error: String(err) }));
    console.log(JSON.stringify(answer));
  }
}

main();
