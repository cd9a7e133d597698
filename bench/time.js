// Measures how long ONNX Runtime takes for a model.
//
//   node time.js PEERS MODEL.onnx THREADS SECONDS
//
// PEERS is the folder in which `npm install onnxruntime-node` was run. After two runs to warm up
// the model runs for about SECONDS, at least three times. Standard output gets a line of JSON:
// median_ms, min_ms, runs, load_ms.
'use strict';
const path = require('path');

const [peers, model, threads, seconds] = process.argv.slice(2);
if (!seconds) {
  console.error('usage: node time.js PEERS MODEL.onnx THREADS SECONDS');
  process.exit(2);
}
const ort = require(path.resolve(peers, 'node_modules', 'onnxruntime-node'));

const now = () => Number(process.hrtime.bigint()) / 1e6; // milliseconds

async function main() {
  const begin = now();
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
  const loaded = now();
  const { name, shape } = session.inputMetadata[0];
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 0.6180339887498949) % 1);
  const feeds = { [name]: new ort.Tensor('float32', values, shape) };
  for (let i = 0; i < 2; i++) await session.run(feeds);

  const times = [];
  const end = now() + 1000 * Number(seconds);
  while (times.length < 3 || now() < end) {
    const start = now();
    await session.run(feeds);
    times.push(now() - start);
  }
  times.sort((a, b) => a - b);
  const n = times.length;
  console.log(JSON.stringify({
    version: ort.env.versions.node,
    median_ms: (times[(n - 1) >> 1] + times[n >> 1]) / 2,
    min_ms: times[0],
    runs: n,
    load_ms: loaded - begin,
  }));
}

main().catch((err) => {
  console.error(String(err));
  process.exit(1);
});
