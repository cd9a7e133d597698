// Runs an ONNX model once in ONNX Runtime and writes its outputs, for comparison with ghostdark's.
//
//   node check.js PEERS MODEL.onnx FOLDER [INPUT.f32]
//
// PEERS is the folder in which `npm install onnxruntime-node` was run. Files hold little-endian
// float32 values. Without INPUT.f32 value i of the input is the fraction of i·0.6180339887498949.
// FOLDER gets a file NAME.f32 for each output; standard output, a line of JSON that lists them.
'use strict';
const fs = require('fs');
const path = require('path');

const [peers, model, folder, inputFile] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node check.js PEERS MODEL.onnx FOLDER [INPUT.f32]');
  process.exit(2);
}
const ort = require(path.resolve(peers, 'node_modules', 'onnxruntime-node'));

function inputValues(length) {
  if (inputFile) {
    const bytes = fs.readFileSync(inputFile);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
  }
  return Float32Array.from({ length }, (_, i) => (i * 0.6180339887498949) % 1);
}

async function main() {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const { name, shape } = session.inputMetadata[0];
  const input = new ort.Tensor('float32', inputValues(shape.reduce((a, b) => a * b, 1)), shape);
  const results = await session.run({ [name]: input });
  const outputs = session.outputNames.map((name) => {
    const { data, dims } = results[name];
    const file = path.join(folder, `${name}.f32`);
    fs.writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { name, dims, file };
  });
  console.log(JSON.stringify({ version: ort.env.versions.node, outputs }));
}

main().catch((err) => {
  console.error(String(err));
  process.exit(1);
});
